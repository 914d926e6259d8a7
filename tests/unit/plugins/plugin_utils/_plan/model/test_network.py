# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Link, Network, Node, without

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
