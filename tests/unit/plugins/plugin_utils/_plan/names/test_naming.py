# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.names.naming import domain_of, name_findings, named


def network(*names, **more):
    nodes = {name: {"addresses": [f"10.8.0.{number}"]} for number, name in enumerate(names, start=1)}
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": {**nodes, **more.pop("nodes", {})}, **more})


@pytest.mark.parametrize(
    ("names", "more", "expected"),
    [
        (["alpha", "Beta"], {}, {"alpha": "alpha.wireguard.internal", "Beta": "beta.wireguard.internal"}),
        (["alpha.example.net"], {"name": "Office.1"}, {"alpha.example.net": "alpha.office.1.internal"}),
        (["web"], {"domain": "VPN.example.net"}, {"web": "web.vpn.example.net"}),
        (["web.fra", "web.nue", "db.fra"], {"domain": "vpn"}, {"db.fra": "db.vpn"}),
        (["web", "WEB"], {}, {}),
        (["my_host", "user@host", "x-"], {}, {}),
        (["192.0.2.1", "7"], {}, {"7": "7.wireguard.internal"}),
        (["a" * 63, "b" * 64], {}, {"a" * 63: "a" * 63 + ".wireguard.internal"}),
        (
            ["a"],
            {"nodes": {"b": {"addresses": "none"}, "c": {"addresses": ["10.8.0.9"], "revoked": True}}},
            {"a": "a.wireguard.internal"},
        ),
    ],
)
def test_names(names, more, expected):
    assert named(network(*names, **more)) == expected


def test_a_node_without_an_address_takes_no_name():
    nodes = {"web.fra": {"addresses": "none"}, "web.nue": {"addresses": ["10.8.0.9"]}}
    assert named(network(nodes=nodes)) == {"web.nue": "web.wireguard.internal"}


@pytest.mark.parametrize("name", ["my_net", "a..b", "net.", "n" * 190])
def test_a_network_whose_name_is_no_domain(name):
    net = network("a", name=name)
    with pytest.raises(PlanError, match="is no DNS domain; set wireguard_domain"):
        domain_of(net)
    assert [(finding.code, finding.nodes) for finding in name_findings(net)] == [("no-dns-name", ())]


@pytest.mark.parametrize("endpoint", ["hub.wireguard.internal.example:51820", "hubwireguard.internal:51820", "192.0.2.1:51820"])
def test_endpoints_outside_the_domain(endpoint):
    assert [*name_findings(network(nodes={"a": {"addresses": ["10.8.0.1"], "endpoint": endpoint}}))] == []
