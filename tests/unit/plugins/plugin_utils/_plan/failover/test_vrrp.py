# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Hooks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.vrrp import (
    awaited,
    mark_of,
    silencing,
    vrrp_of,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.unit.support import key

FLOATING = [{"address": "203.0.113.10/24", "interface": "eth0"}, {"address": "172.20.7.10/24", "interface": "lan0"}]
OWN = {"hub1": "203.0.113.11", "hub2": "203.0.113.12"}
HUB = {
    "addresses": ["10.8.0.1", "fd00:8::1"], "endpoint": "203.0.113.10", "hub": True, "hosts": ["hub1", "hub2"],
    "vrrp_addresses": OWN, "floating": FLOATING,
}  # fmt: skip
SPOKE = {"addresses": ["10.8.0.2", "fd00:8::2"], "public_key": key("spoke")}


def network(hub=None, **values):
    nodes = {"hub": {**HUB, **(hub or {})}, "spoke": SPOKE}
    document = {"topology": "star", "failover": "vrrp", "prefixes": ["10.8.0.0/24", "fd00:8::/64"], "nodes": nodes}
    return network_from_dict({**document, **values})


def test_what_a_host_has_to_know():
    first = {
        "interface": "wg0", "address": "203.0.113.11", "peers": ["203.0.113.12"], "floating": FLOATING, "mark": 0x6D00CA6C,
        "port": 41820, "forwards": [4, 6], "priority": 150,
    }  # fmt: skip
    second = {**first, "address": "203.0.113.12", "peers": ["203.0.113.11"], "priority": 149}
    assert vrrp_of([network()], "hub1") == [first]
    assert vrrp_of([network()], "hub2") == [second]
    assert vrrp_of([network()], "spoke") == []
    assert vrrp_of([network(hub={"port": 1000})], "hub1")[0]["port"] == 11000


def test_hosts_of_one_node_have_the_same_interface_but_for_who_makes_the_key():
    pending = [interfaces_of([network()], host)[0] for host in OWN]
    assert [entry.pop("make_key") for entry in pending] == [True, False]
    assert [entry.pop("renews_key", None) for entry in pending] == [True, None]
    assert pending[0] == pending[1]
    assert pending[0]["needs"] == ["vrrp", "shared_key"]
    assert pending[0]["config"]["fwmark"] == 0x6D00CA6C
    known = [interfaces_of([network(hub={"public_key": key("hub")})], host)[0]["make_key"] for host in OWN]
    assert known == [False, False]


def test_nothing_of_a_host_that_stands_by_leaves():
    node = network(hub={"hooks": {"pre_up": ["mine"], "post_down": ["mine too"]}}).nodes["hub"]
    rules = [
        f"ip -{version} rule {{}} priority {rule} || true"
        for version in (4, 6)
        for rule in ("5181 fwmark 1828768364 lookup 1828768364", "5182 fwmark 1828768364 unreachable")
    ]
    assert silencing(node) == Hooks(
        pre_up=(*(rule.format("add") for rule in rules), "mine"),
        post_down=("mine too", *(rule.format("delete") for rule in rules)),
    )
    assert mark_of(network(hub={"fwmark": 7}).nodes["hub"]) == 7


K, OTHER = key("hub"), key("other")


@pytest.mark.parametrize(
    ("public", "seen", "expected"),
    [
        pytest.param(K, {"hub1": K, "hub2": K}, {}, id="both have it"),
        pytest.param(K, {"hub1": K, "hub2": None}, {"hub2": ["hub1"]}, id="a new host"),
        pytest.param(K, {"hub1": None, "hub2": K}, {"hub1": ["hub2"]}, id="the first one was made new"),
        pytest.param(K, {"hub1": K, "hub2": OTHER}, {"hub2": ["hub1"]}, id="a host that was a node of its own"),
        pytest.param(K, {"hub2": None}, {"hub2": ["hub1"]}, id="the other is not in this run"),
        pytest.param(None, {"hub2": None}, {"hub2": ["hub1"]}, id="there is none yet"),
        pytest.param(K, {}, {}, id="nobody was asked"),
    ],
)
def test_awaited_keys(public, seen, expected):
    found = awaited([network(hub={"public_key": public} if public else None)], {(host, "wg0"): key for host, key in seen.items()})
    entry = {"key": "wg0", "public_key": public, "next": False}
    assert found == {host: [{**entry, "source": source}] for host, (source,) in expected.items()}


@pytest.mark.parametrize(
    ("seen", "upcoming", "expected"),
    [
        ({"hub1": "old", "hub2": "old"}, {"hub1": "new", "hub2": "new"}, {}),
        ({"hub1": "old", "hub2": "old"}, {"hub1": "new", "hub2": None}, {"hub2": [("new", True, "hub1")]}),
        ({"hub1": "old", "hub2": "old"}, {"hub1": "other", "hub2": "new"}, {"hub1": [("new", True, "hub2")]}),
        ({"hub1": "old", "hub2": "old"}, {"hub1": None, "hub2": None}, {}),
        ({"hub1": "old", "hub2": "new"}, {"hub1": "new"}, {"hub2": [("old", False, "hub1"), ("new", True, "hub1")]}),
    ],
    ids=["both have it", "one lacks it", "another one", "nobody has it", "one uses it already"],
)
def test_awaited_next_keys(seen, upcoming, expected):
    net = network(hub={"public_key": key("old"), "next_public_key": key("new")})
    answers = [{(host, "wg0"): its and key(its) for host, its in of.items()} for of in (seen, upcoming)]
    shown = {
        host: [{"key": "wg0", "public_key": key(its), "next": later, "source": source} for its, later, source in entries]
        for host, entries in expected.items()
    }
    assert awaited([net], *answers) == shown


@pytest.mark.parametrize(
    ("hub", "values", "message"),
    [
        ({}, {"failover": "none"}, "set wireguard_failover: vrrp, or give each host its own wireguard_node"),
        ({"hosts": ["hub1"]}, {}, "give the hosts of a hub the same wireguard_node"),
        ({"floating": []}, {}, "set wireguard_floating: [{address: 203.0.113.10/24, interface: eth0}]"),
        ({"vrrp_addresses": {"hub1": "203.0.113.11"}}, {}, "set wireguard_vrrp_address to the host's own address"),
        (
            {"vrrp_addresses": {**OWN, "hub2": "2001:db8::12"}},
            {},
            "put an address of the same IP version first in wireguard_floating",
        ),
        ({"managed": False}, {}, "remove wireguard_managed: false"),
        ({"floating": [{"address": "203.0.113.10", "interface": "eth0"}]}, {}, "has no prefix length"),
        ({}, {"failover": "carp"}, "is not one of none, vrrp, bgp"),
        ({}, {"failover": "routed"}, "'routed' is now called bgp; write bgp"),
    ],
)
def test_refused(hub, values, message):
    with pytest.raises(PlanError) as caught:
        network(hub=hub, **values)
    assert message in str(caught.value)


COMMON = {"wireguard_node": "hub", "wireguard_endpoint": "203.0.113.10", "wireguard_prefixes": ["10.8.0.0/24"]}


def inventory(**hub2):
    hosts = {
        "hub1": {**COMMON, "wireguard_vrrp_address": "203.0.113.11"},
        "hub2": {**COMMON, "wireguard_vrrp_address": "203.0.113.12", **hub2},
        "spoke": {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_links": [["spoke", "hubs"]]},
    }
    for values in hosts.values():
        values["wireguard_links"] = [["spoke", "hubs"]]
    return Inventory(hosts, {"wireguard": list(hosts), "hubs": ["hub1", "hub2"]}, {})


def test_hosts_name_their_node_in_the_inventory():
    found = documents(inventory(), ["spoke"])["wireguard"]
    assert found["nodes"] == {
        "hub": {"endpoint": "203.0.113.10", "hosts": ["hub1", "hub2"], "vrrp_addresses": OWN},
        "spoke": {},
    }
    assert found["groups"] == {"hubs": ["hub"]}


def test_hosts_of_a_node_say_the_same():
    with pytest.raises(PlanError) as caught:
        documents(inventory(wireguard_endpoint="203.0.113.99"), ["spoke"])
    assert str(caught.value) == (
        "network wireguard: wireguard_endpoint of node hub is '203.0.113.10' on hub1 and '203.0.113.99' on hub2; "
        "a value of a node must be the same on all its hosts: set it in group_vars"
    )
