# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import settings_from
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.bgp import link_local
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import Interfaces
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.metrics.measured import measured
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

PHONE = {"addresses": ["10.8.0.9"], "public_key": key("phone"), "managed": False}


def node(name, number, **values):
    return {
        "addresses": [f"10.8.0.{number}", f"fd00:8::{number}"], "public_key": key(name), "endpoint": f"203.0.113.{number}",
        "hosts": [name], **values,
    }  # fmt: skip


def document(nodes, **values):
    return network_from_dict({"prefixes": ["10.8.0.0/24", "fd00:8::/64"], "nodes": nodes, **values})


MESH = {"alpha": node("alpha", 1), "beta": node("beta", 2, next_public_key=key("next")), "phone": PHONE}


def entry(name, address, *more):
    return {"keys": [key(name), *more], "address": address}


@pytest.mark.parametrize(
    ("probed", "beta", "phone"),
    [("managed", "10.8.0.2", None), ("all", "10.8.0.2", "10.8.0.9"), ("none", None, None)],
)
def test_who_gets_a_packet(probed, beta, phone):
    found = measured(Interfaces([document(MESH)]), "alpha", probed)
    peers = {"beta": entry("beta", beta, key("next")), "phone": entry("phone", phone)}
    assert found == {"wg0": {"network": "wireguard", "node": "alpha", "key": "wg0", "inside": False, "peers": peers}}
    assert settings_from({"interfaces": found}).interfaces["wg0"].peers["beta"].keys == (key("beta"), key("next"))


def test_another_word_is_refused():
    asked = outcome(measured, Interfaces([document(MESH)]), "alpha", "some")
    assert asked == "refused: wireguard_metrics_peers: 'some' is not one of managed, all, none"


def test_a_node_that_is_pending_is_no_peer_yet():
    nodes = {**MESH, "beta": {**MESH["beta"], "public_key": None, "next_public_key": None}}
    assert list(measured(Interfaces([document(nodes)]), "alpha")["wg0"]["peers"]) == ["phone"]


def test_ends_without_an_ip_version_in_common_and_a_namespace():
    nodes = {"alpha": node("alpha", 1, addresses=["10.8.0.1"], netns="lab"), "beta": node("beta", 2, addresses=["fd00:8::2"])}
    found = measured(Interfaces([document(nodes)]), "alpha")
    assert found["wg0"]["peers"] == {"beta": entry("beta", None)}
    assert found["wg0"]["inside"] is True


def test_two_networks_and_a_host_in_none():
    other = document({"a": node("alpha", 1), "c": node("gamma", 3)}, name="lab", interface="wg1")
    found = measured(Interfaces([document(MESH), other]), "alpha")
    assert {name: (its["network"], its["node"], its["key"], list(its["peers"])) for name, its in found.items()} == {
        "wg0": ("wireguard", "alpha", "wg0", ["beta", "phone"]),
        "wg1": ("lab", "a", "wg1", ["c"]),
    }
    assert measured(Interfaces([other]), "elsewhere") == {}


def test_one_interface_for_each_hub_with_bgp():
    hubs = {name: node(name, number, hub=True) for number, name in enumerate(("hub1", "hub2"), 1)}
    net = document({**hubs, "spoke": node("spoke", 3)}, topology="star", failover="bgp")
    found = measured(Interfaces([net]), "spoke")
    assert {name: (its["key"], its["peers"]) for name, its in found.items()} == {
        "wg0-hub1": ("wg0", {"hub1": entry("hub1", link_local("hub1"))}),
        "wg0-hub2": ("wg0", {"hub2": entry("hub2", link_local("hub2"))}),
    }
    assert list(measured(Interfaces([net]), "hub1")) == ["wg0", "wg0-hub2"]


def test_both_hosts_of_a_node_measure_the_same():
    hub = node(
        "hub", 1, hub=True, hosts=["one", "two"], vrrp_addresses={"one": "203.0.113.11", "two": "203.0.113.12"},
        floating=[{"address": "203.0.113.1/24", "interface": "eth0"}],
    )  # fmt: skip
    net = Interfaces([document({"hub": hub, "spoke": node("spoke", 3)}, topology="star", failover="vrrp")])
    assert measured(net, "one") == measured(net, "two")
    assert measured(net, "one")["wg0"]["peers"] == {"spoke": entry("spoke", "10.8.0.3")}
