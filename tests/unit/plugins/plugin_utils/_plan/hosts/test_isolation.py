# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hubs drop: whole tables, and that they, the traces and the documents agree."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.trace import trace
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.isolation import isolation_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.nftables import by_version
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NODES = {
    "hub": {"hub": True, "endpoint": "203.0.113.1", "addresses": ["10.8.0.1", "fd00:8::1"], "routes": ["172.20.1.0/24"]},
    "till": {"addresses": ["10.8.0.2", "fd00:8::2"], "routes": ["172.20.2.0/24"]},
    "desk": {"addresses": ["10.8.0.3", "fd00:8::3"]},
    "phone": {"addresses": ["10.8.0.4"], "managed": False},
}


def network(values=(), **nodes):
    whole = {name: {"public_key": key(name), **node, **nodes.get(name, {})} for name, node in NODES.items()}
    head = {"topology": "star", "prefixes": ["10.8.0.0/24", "fd00:8::/64"], "isolate_spokes": True}
    return network_from_dict({**head, **dict(values), "nodes": whole})


def lines(net, name="hub"):
    found = isolation_of(graph_of(net), net.nodes[name])
    return found and [line.strip() for line in found.splitlines()]


HEAD = ["chain forward {", "type filter hook forward priority filter - 10; policy accept;"]
TUNNEL = 'iifname { "wg0" } oifname { "wg0" }'
OUT = 'iifname { "wg0" } oifname != { "wg0" }'
HUBS = [
    f"{TUNNEL} ip saddr {{ 10.8.0.1, 172.20.1.0/24 }} accept",
    f"{TUNNEL} ip daddr {{ 10.8.0.1, 172.20.1.0/24 }} accept",
    f"{TUNNEL} ip6 saddr {{ fd00:8::1 }} accept",
    f"{TUNNEL} ip6 daddr {{ fd00:8::1 }} accept",
]
EXIT = [
    f"{OUT} ct state established,related accept",
    f"{OUT} ip saddr {{ 10.8.0.4 }} accept",
    f"{OUT} ip daddr {{ 172.20.1.0/24 }} accept",
    f"{OUT} counter drop",
]
ASKED = [
    f"{TUNNEL} ip saddr {{ 10.8.0.3 }} ip daddr {{ 10.8.0.2, 172.20.2.0/24 }} accept",
    f"{TUNNEL} ip6 saddr {{ fd00:8::3 }} ip6 daddr {{ fd00:8::2 }} accept",
    f"{TUNNEL} ip saddr {{ 10.8.0.2, 172.20.2.0/24 }} ip daddr {{ 10.8.0.3 }} accept",
    f"{TUNNEL} ip6 saddr {{ fd00:8::2 }} ip6 daddr {{ fd00:8::3 }} accept",
]
FULL = {"allowed_ips": ["0.0.0.0/0"]}


@pytest.mark.parametrize(
    ("net", "name", "expected"),
    [
        (network(), "hub", [*HEAD, *HUBS, f"{TUNNEL} counter drop", "}"]),
        (network(), "till", None),
        (network({"isolate_spokes": False}), "hub", None),
        (network({"isolate_spokes": False}, phone=FULL), "hub", [*HEAD, *EXIT, "}"]),
        (network(phone=FULL), "hub", [*HEAD, *HUBS, f"{TUNNEL} counter drop", *EXIT, "}"]),
        (network(hub={"managed": False}), "hub", None),
        (
            network({"links": [["till", "desk"]]}, till={"endpoint": "203.0.113.2"}),
            "hub",
            [
                *HEAD,
                *HUBS,
                *ASKED,
                f"{TUNNEL} counter drop",
                "}",
            ],
        ),
    ],
    ids=["a hub", "a spoke", "not isolated", "an exit", "both", "not managed", "a link that is asked for"],
)
def test_tables(net, name, expected):
    assert lines(net, name) == expected


@pytest.mark.parametrize(
    ("links", "accepted"),
    [
        ([["tills", "desks"]], ASKED),
        ([{"nodes": ["tills", "desks"], "weight": 5}], ASKED),
        ([["till", "desk"], {"nodes": ["till", "desks"], "exclude": True}], []),
        ([["till", "hub"]], []),
    ],
    ids=["between groups", "that weighs more than the way over the hub", "excluded again", "with a hub"],
)
def test_links_that_are_asked_for(links, accepted):
    groups = {"tills": ["till"], "desks": ["desk"]}
    net = network({"links": links, "groups": groups}, till={"endpoint": "203.0.113.2"})
    assert lines(net) == [*HEAD, *HUBS, *accepted, f"{TUNNEL} counter drop", "}"]


@pytest.mark.parametrize(
    ("till", "keeps"),
    [({}, True), ({"routes": []}, False), ({"routes": [], "forward": True}, True), ({"managed": False}, False)],
)
def test_a_spoke_that_others_are_linked_to_is_no_way_between_them(till, keeps):
    net = network({"links": [["till", "desk"], ["till", "phone"]]}, till={"endpoint": "203.0.113.2", **till})
    assert (lines(net, "till") or ["", ""])[-2] == (f"{TUNNEL} counter drop" if keeps else "")
    assert lines(net, "desk") is None


def test_a_spoke_that_is_an_exit_is_no_way_between_spokes():
    """Its host forwards, and two others are linked to it."""
    wanted = {"allowed_ips": ["9.9.9.9/32"], "exit": "till"}
    links = {"links": [["till", "desk"], ["till", "phone"]]}
    net = network(links, till={"endpoint": "203.0.113.2", "routes": []}, desk=wanted)
    assert f"{TUNNEL} counter drop" in lines(net, "till")


def test_an_interface_for_each_hub():
    second = {"hub": True, "endpoint": "203.0.113.2"}
    net = network({"failover": "bgp"}, hub={"routes": []}, till={**second, "routes": []})
    assert lines(net)[-2] == 'iifname { "wg0", "wg0-till" } oifname { "wg0", "wg0-till" } counter drop'
    found = {entry["name"]: "isolation" in entry for entry in interfaces_of([net], "hub")}
    assert found == {"wg0": True, "wg0-till": False}


def test_what_the_host_needs_for_it():
    (hub,), (spoke,) = (interfaces_of([network()], host) for host in ("hub", "till"))
    assert (hub["needs"], hub["isolation"]) == (["firewall"], isolation_of(graph_of(network()), network().nodes["hub"]))
    assert (spoke["needs"], spoke.get("isolation")) == ([], None)


@pytest.mark.parametrize(
    ("hub", "arrives", "reason"),
    [
        ({}, False, "hub: spokes are isolated from each other (table inet meshwork_isolation_wg0)"),
        ({"managed": False}, True, ""),
    ],
)
def test_a_trace_knows_what_the_hub_drops(hub, arrives, reason):
    """Both send everything to the hub, so AllowedIPs alone would let it through."""
    everything = {"allowed_ips": ["0.0.0.0/0", "::/0"]}
    found = trace([network(hub=hub, till=everything, desk=everything)], "till", "desk")
    assert (found["arrives"], found["traces"][0]["there"]["reason"]) == (arrives, reason)


@pytest.mark.parametrize(
    ("prefixes", "sets"),
    [
        ([], []),
        (["10.8.0.2", "10.8.0.0/24", "10.8.1.0/24"], [("ip", "{ 10.8.0.0/23 }")]),
        (["fd00::1", "10.8.0.1", "fd00::1"], [("ip", "{ 10.8.0.1 }"), ("ip6", "{ fd00::1 }")]),
    ],
)
def test_sets_without_overlaps(prefixes, sets):
    assert by_version(prefixes) == sets
