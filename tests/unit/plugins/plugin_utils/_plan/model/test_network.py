# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import ANY, Link, Network, Node, without

ALPHA, BETA, GAMMA = (Node(name) for name in ("alpha", "beta", "gamma"))
AB, BC, GROUPS = Link("alpha", "beta"), Link("beta", "gamma", weight=5), Link("spokes", "alpha", exclude=True)
WHOLE = Network({"alpha": ALPHA, "beta": BETA, "gamma": GAMMA}, links=(AB, BC, GROUPS), groups={"spokes": ("beta",)})


@pytest.mark.parametrize(
    ("names", "nodes", "links"),
    [
        ([], ["alpha", "beta", "gamma"], (AB, BC, GROUPS)),
        (["omega"], ["alpha", "beta", "gamma"], (AB, BC, GROUPS)),
        (["beta"], ["alpha", "gamma"], (GROUPS,)),
        (["gamma", "omega"], ["alpha", "beta"], (AB, GROUPS)),
        ({"alpha", "beta", "gamma"}, [], ()),
    ],
)
def test_without(names, nodes, links):
    found = without(WHOLE, names)
    assert (list(found.nodes), found.links) == (nodes, links)
    assert list(WHOLE.nodes) == ["alpha", "beta", "gamma"]


V4, V6, NEAR, NAMED = "203.0.113.20:51820", "[2001:db8::20]:51820", "10.0.0.20:51820", "hub.example.org:51820"
BOTH = {"endpoints": {"ipv4": V4, "ipv6": V6}}
WHOLE_HUB = {"site": "fra", "endpoint": NAMED, "site_endpoint": NEAR, "endpoints": {"ipv6": V6}}


@pytest.mark.parametrize(
    ("dialled", "dialling", "underlay", "endpoint"),
    [
        ({}, {}, None, None),
        ({"endpoint": V4}, {}, ANY, V4),
        (BOTH, {}, "ipv4", V4),
        ({"endpoints": {"ipv6": V6, "ipv4": V4}}, {}, "ipv6", V6),
        (BOTH, {"underlays": ("ipv6",)}, "ipv6", V6),
        (BOTH, {"underlays": ("ipv6", "ipv4")}, "ipv6", V6),
        (BOTH, {"underlays": ("carrier", "ipv4")}, "ipv4", V4),
        (BOTH, {"underlays": ("carrier",)}, None, None),
        # One text is the endpoint for all underlays but those with their own, and but lan.
        ({"endpoint": V4}, {"underlays": ("ipv6",)}, ANY, V4),
        ({"endpoint": V4}, {"underlays": ("lan",)}, None, None),
        (WHOLE_HUB, {}, ANY, NAMED),
        (WHOLE_HUB, {"underlays": ("ipv6", "ipv4")}, "ipv6", V6),
        (WHOLE_HUB, {"underlays": ("ipv4", "ipv6")}, ANY, NAMED),
        # lan, in the same site only.
        (WHOLE_HUB, {"site": "fra"}, "lan", NEAR),
        (WHOLE_HUB, {"site": "nue"}, ANY, NAMED),
        (WHOLE_HUB, {"site": "fra", "underlays": ("ipv6", "lan")}, "ipv6", V6),
        (WHOLE_HUB, {"site": "fra", "underlays": ("lan", "ipv6")}, "lan", NEAR),
        (WHOLE_HUB, {"site": "nue", "underlays": ("lan", "ipv6")}, "ipv6", V6),
        (WHOLE_HUB, {"site": "fra", "underlays": ("ipv6",)}, "ipv6", V6),
        ({"site": "fra", "endpoints": {"ipv4": V4, "lan": NEAR}}, {"site": "fra"}, "lan", NEAR),
        ({"endpoints": {"lan": NEAR}}, {}, None, None),
    ],
)  # fmt: skip
def test_where_a_node_is_dialled(dialled, dialling, underlay, endpoint):
    one, other = Node("hub", **dialled), Node("spoke", **dialling)
    assert (one.underlay_from(other), one.endpoint_from(other)) == (underlay, endpoint)
