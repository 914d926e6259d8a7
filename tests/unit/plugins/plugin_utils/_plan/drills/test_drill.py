# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.drills.drill import drill_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

SPOKES = {
    "a": {"addresses": ["10.8.0.3"]},
    "b": {"addresses": ["10.8.0.4"]},
    "phone": {"addresses": ["10.8.0.5"], "managed": False},
}
PAIR = {
    "addresses": ["10.8.0.1"], "hub": True, "endpoint": "203.0.113.10", "hosts": ["hub1", "hub2"],
    "vrrp_addresses": {"hub1": "203.0.113.1", "hub2": "203.0.113.2"},
    "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}],
}  # fmt: skip


def network(hubs, **values):
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "topology": "star", "nodes": {**hubs, **SPOKES}, **values})


def test_a_hub_by_itself():
    hubs = {
        name: {"addresses": [f"10.8.0.{n}"], "endpoint": f"203.0.113.{n}", "hub": True} for n, name in ((1, "hub1"), (2, "hub2"))
    }
    plain = network(hubs)
    assert drill_of([plain], "hub2") == {
        "network": "wireguard",
        "node": "hub2",
        "interfaces": ["wg0"],
        "link": None,
        "probes": {
            "a": {"sources": ["10.8.0.3"], "targets": ["10.8.0.4"]},
            "b": {"sources": ["10.8.0.4"], "targets": ["10.8.0.3"]},
        },
    }
    assert drill_of([network(hubs, failover="bgp")], "hub2")["interfaces"] == ["wg0", "wg0-hub1"]


def test_one_of_two_hosts():
    found = drill_of([network({"hub": PAIR}, failover="vrrp")], "hub2", ["172.20.7.20"])
    assert (found["node"], found["link"]) == ("hub", "eth0")
    assert found["probes"] == {
        "a": {"sources": ["10.8.0.3"], "targets": ["10.8.0.4", "10.8.0.1", "172.20.7.20"]},
        "b": {"sources": ["10.8.0.4"], "targets": ["10.8.0.3", "10.8.0.1", "172.20.7.20"]},
    }


@pytest.mark.parametrize(
    ("hub", "nodes", "message"),
    [
        ("hub9", {}, "host hub9: is in no network; correct drill_hub"),
        (
            "hub",
            {"a": None, "b": None},
            "network wireguard: no host is left to probe; a drill needs two managed nodes besides hubs",
        ),
    ],
)
def test_refused(hub, nodes, message):
    whole = {"hub": {"addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True}, **SPOKES}
    document = {"prefixes": ["10.8.0.0/24"], "topology": "star", "nodes": {n: v for n, v in whole.items() if n not in nodes}}
    with pytest.raises(PlanError) as caught:
        drill_of([network_from_dict(document)], hub)
    assert str(caught.value) == message
