# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import settings_from
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.host_names import names_on
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import Interfaces
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

HUBS = {
    "hub1": {"addresses": ["10.8.0.1", "fd00:8::1"], "endpoint": "203.0.113.1", "hub": True},
    "hub2": {"addresses": ["10.8.0.2", "fd00:8::2"], "endpoint": "203.0.113.2", "hub": True},
}
SPOKES = {
    "s1.example.net": {"addresses": ["10.8.0.3", "fd00:8::3"], "home": "hub2"},
    "phone": {"addresses": ["10.8.0.4"], "managed": False, "home": "hub1"},
}
HOSTS = {
    "hub1.wireguard.internal": ["10.8.0.1", "fd00:8::1"],
    "hub2.wireguard.internal": ["10.8.0.2", "fd00:8::2"],
    "phone.wireguard.internal": ["10.8.0.4"],
    "s1.wireguard.internal": ["10.8.0.3", "fd00:8::3"],
}
ZONES = ["0.0.0.0.0.0.0.0.8.0.0.0.0.0.d.f.ip6.arpa", "0.8.10.in-addr.arpa"]
IN_TURNS = ["10.8.0.1", "10.8.0.2", "fd00:8::1", "fd00:8::2"]
HOME_FIRST = ["10.8.0.2", "10.8.0.1", "fd00:8::2", "fd00:8::1"]
BASE = {"domain": "wireguard.internal", "interfaces": ["wg0"], "hosts": HOSTS, "zones": [], "servers": {}, "serves": []}


def star(nodes=None, **more):
    nodes = {**HUBS, **SPOKES} if nodes is None else nodes
    described = {
        name: {"public_key": key(name), "hosts": [name] if node.get("managed", True) else [], **node}
        for name, node in nodes.items()
    }
    prefixes = ["10.8.0.0/24", "fd00:8::/64"]
    return network_from_dict({"topology": "star", "prefixes": prefixes, "nodes": described, **more})


def names(network, host, way):
    found = names_on(Interfaces([network]), host, way)
    assert found is None or settings_from(found)
    return found


@pytest.mark.parametrize("way", ["hosts", "resolved"])
def test_all_names(way):
    assert names(star(), "s1.example.net", way) == {"way": way, "networks": {"wireguard": BASE}}
    assert names(star(), "hub1", "none") is None
    assert names(star(), "elsewhere", way) == {"way": way, "networks": {}}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("s1.example.net", {"hosts": {}, "servers": {"wg0": HOME_FIRST}}),
        ("hub1", {"servers": {"wg0": IN_TURNS}, "serves": ["10.8.0.1", "fd00:8::1"]}),
        ("hub2", {"servers": {"wg0": HOME_FIRST}, "serves": ["10.8.0.2", "fd00:8::2"]}),
    ],
)
def test_resolvers(host, expected):
    assert names(star(), host, "resolver")["networks"]["wireguard"] == {**BASE, "zones": ZONES, **expected}


@pytest.mark.parametrize(
    ("host", "interfaces", "servers"),
    [
        (
            "s1.example.net",
            ["wg0-hub1", "wg0-hub2"],
            {"wg0-hub1": ["10.8.0.1", "fd00:8::1"], "wg0-hub2": ["10.8.0.2", "fd00:8::2"]},
        ),
        ("hub1", ["wg0", "wg0-hub2"], {"wg0": ["10.8.0.1", "fd00:8::1"], "wg0-hub2": ["10.8.0.2", "fd00:8::2"]}),
    ],
)
def test_resolvers_with_bgp(host, interfaces, servers):
    spokes = {"s1.example.net": {"addresses": ["10.8.0.3", "fd00:8::3"]}}
    found = names(star({**HUBS, **spokes}, failover="bgp"), host, "resolver")["networks"]["wireguard"]
    assert (found["interfaces"], found["servers"]) == (interfaces, servers)


def test_hubs_that_cannot_resolve():
    inside = {**HUBS["hub1"], "netns": "lab"}
    network = star({**HUBS, **SPOKES, "hub1": inside})
    assert names(network, "s1.example.net", "resolver")["networks"]["wireguard"]["servers"] == {"wg0": ["10.8.0.2", "fd00:8::2"]}
    assert names(network, "hub1", "resolver") == {"way": "resolver", "networks": {}}


WITH_DNS = HUBS | {"hub1": {**HUBS["hub1"], "dns": ["192.0.2.53"]}}
BOTH = (
    "node hub1: has both wireguard_dns and wireguard_names: hosts; remove wireguard_dns, which gives all lookups to its servers, "
    "or set wireguard_names: none"
)
WITH_NAME = HUBS | {"hub1": {**HUBS["hub1"], "endpoint": "hub.wireguard.internal:51820"}}
HIDDEN = (
    "node hub1: its endpoint hub.wireguard.internal:51820 is a name in wireguard.internal, which the nodes then look up in the "
    "tunnel; set wireguard_domain to another domain"
)
NO_HUBS = {name: {**node, "hub": False} for name, node in HUBS.items()}
NO_HUB = (
    "network wireguard: has no hub that could resolve names; set wireguard_hub: true on one that Ansible manages, or "
    "wireguard_names: hosts"
)


@pytest.mark.parametrize(
    ("network", "way", "message"),
    [
        (star(), "dns", "wireguard_names: 'dns' is not one of none, hosts, resolved, resolver"),
        (star(WITH_DNS), "hosts", BOTH),
        (star(WITH_NAME), "hosts", HIDDEN),
        (star(WITH_NAME), "resolver", HIDDEN),
        (star(NO_HUBS, topology="mesh"), "resolver", NO_HUB),
        (star(name="a_b"), "hosts", "network a_b: 'a_b.internal' is no DNS domain; set wireguard_domain"),
    ],
)
def test_what_is_refused(network, way, message):
    assert outcome(names, network, "hub1", way) == f"refused: {message}"
