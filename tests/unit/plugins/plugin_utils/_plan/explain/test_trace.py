# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E501 - the results are tables, whole and one to a line

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.trace import trace
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def network(**values):
    """Two spokes of one hub; a LAN behind b."""
    nodes = {
        "a": {"public_key": key("a"), "addresses": ["10.8.0.1", "fd00:8::1"]},
        "b": {"public_key": key("b"), "addresses": ["10.8.0.2"], "routes": ["172.20.2.0/24"]},
        "h": {"public_key": key("h"), "addresses": ["10.8.0.9", "fd00:8::9"], "hub": True, "endpoint": "198.18.0.9"},
    }
    document = {"topology": "star", "prefixes": ["10.8.0.0/24", "fd00:8::/64"], "nodes": nodes, **values}
    return network_from_dict(document)


ROUTES = ("10.8.0.0/24", "172.20.2.0/24", "fd00:8::/64")


def peer(name, *prefixes, endpoint="198.18.0.1:51820", handshake=3):
    """A peer as a host reports it."""
    return {"public_key": key(name), "allowed_ips": list(prefixes), "endpoint": endpoint, "handshake_age": handshake}


def report(*peers, own="h", interface="wg0", forwarding=True, addresses=("10.8.0.9/24", "fd00:8::9/64"), routes=ROUTES):
    """What a host says; peers as (name, AllowedIPs)."""
    found = [peer(*item) if isinstance(item, tuple) else item for item in peers]
    entry = {"name": interface, "public_key": key(own), "addresses": addresses, "routes": routes, "peers": found}
    return {"forwarding": {"ipv4": forwarding, "ipv6": forwarding}, "interfaces": [entry]}


HUB = report(("a", "10.8.0.1/32", "fd00:8::1/128"), ("b", "10.8.0.2/32", "172.20.2.0/24"))


def test_whole_result():
    assert trace([network()], "a", "172.20.2.7") == {
        "network": "wireguard",
        "arrives": True,
        "traces": [
            {
                "source": {"what": "10.8.0.1", "node": "a"},
                "destination": {"what": "172.20.2.7", "node": "b"},
                "arrives": True,
                "there": {
                    "outcome": "leaves",
                    "at": "b",
                    "reason": "172.20.2.0/24 lies behind b",
                    "path": ["a", "h", "b"],
                    "hops": [
                        {"node": "a", "peer": "h", "entry": "172.20.2.0/24", "accepted_by": "10.8.0.1/32", "handshake": None},
                        {"node": "h", "peer": "b", "entry": "172.20.2.0/24", "accepted_by": "10.8.0.0/24", "handshake": None},
                    ],
                },
                "back": {
                    "outcome": "delivered",
                    "at": "a",
                    "reason": "",
                    "path": ["b", "h", "a"],
                    "hops": [
                        {"node": "b", "peer": "h", "entry": "10.8.0.0/24", "accepted_by": "172.20.2.0/24", "handshake": None},
                        {"node": "h", "peer": "a", "entry": "10.8.0.1/32", "accepted_by": "172.20.2.0/24", "handshake": None},
                    ],
                },
            }
        ],
        "differences": [],
        "pending": [],
        "not_asked": [],
        "text": [
            "a (10.8.0.1) -> b (172.20.2.7):",
            "  a sends it to h: AllowedIPs 172.20.2.0/24",
            "  h accepts it from a: AllowedIPs 10.8.0.1/32",
            "  h sends it to b: AllowedIPs 172.20.2.0/24",
            "  b accepts it from h: AllowedIPs 10.8.0.0/24",
            "  b forwards it: 172.20.2.0/24 lies behind b",
            "b (172.20.2.7) -> a (10.8.0.1), the path back:",
            "  b sends it to h: AllowedIPs 10.8.0.0/24",
            "  h accepts it from b: AllowedIPs 172.20.2.0/24",
            "  h sends it to a: AllowedIPs 10.8.0.1/32",
            "  a accepts it from h: AllowedIPs 172.20.2.0/24",
            "  a has it",
        ],
    }


@pytest.mark.parametrize(
    ("source", "destination", "paths"),
    [
        ("a", "b", [["a", "h", "b"]]),
        ("a", "h", [["a", "h"], ["a", "h"]]),
        ("10.8.0.1", "10.8.0.9", [["a", "h"]]),
        ("172.20.2.0/24", "fd00:8::1", None),
        ("172.20.2.0/25", "a", [["b", "h", "a"]]),
        ("a", "10.8.0.1", [["a"]]),
        ("a", "10.8.0.2/24", [["a", "h", "b"]]),
    ],
)
def test_names_addresses_and_prefixes(source, destination, paths):
    if paths is None:
        with pytest.raises(PlanError, match="have no IP version in common"):
            trace([network()], source, destination)
    else:
        assert [item["there"]["path"] for item in trace([network()], source, destination)["traces"]] == paths


ISOLATED = network(isolate_spokes=True)
CHANGED = report(("a", "10.8.0.1/32"), ("b", "10.8.0.7/32", "172.20.2.0/24"))


@pytest.mark.parametrize(
    ("net", "pair", "reports", "reason"),
    [
        (
            network(topology="custom", links=[["a", "h"]]), ("a", "b"), None,
            "h: no AllowedIPs entry contains 10.8.0.2; no path of links over forwarding nodes leads to b",
        ),
        (
            network(), ("a", "b"), {"h": report(("a", "10.8.0.1/32"), peer("b", "10.8.0.2/32", endpoint=None, handshake=None))},
            "h: AllowedIPs 10.8.0.2/32 chose peer b, which it cannot dial and which has not sent anything yet",
        ),
        (
            network(), ("a", "b"), {"h": report(own="changed")},
            "a: AllowedIPs 10.8.0.0/24 chose peer h, but h has another key than its peers expect",
        ),
        (
            network(), ("h", "a"), {"h": report(("a", "10.8.0.1/32"), own="changed")},
            "h: AllowedIPs 10.8.0.1/32 chose peer a, but h has another key than its peers expect",
        ),
        (network(), ("a", "10.8.0.77"), None, "h: no AllowedIPs entry contains 10.8.0.77; no node has it"),
        (
            ISOLATED, ("a", "b"), None,
            "a: no AllowedIPs entry contains 10.8.0.2; spokes are isolated from each other (wireguard_isolate_spokes)",
        ),
        (network(), ("a", "b"), {"h": CHANGED}, "h: no AllowedIPs entry contains 10.8.0.2"),
        (network(), ("b", "a"), {"h": CHANGED}, "h: no AllowedIPs entry of peer b contains the source 10.8.0.2"),
        (
            network(),
            ("b", "a"),
            {"h": report(("a", "10.8.0.0/30"), ("b", "172.20.2.0/24"))},
            "h: its AllowedIPs entry 10.8.0.0/30 expects the source 10.8.0.2 from peer a",
        ),
        (network(), ("b", "a"), {"h": report(("a", "10.8.0.1/32"))}, "h: b is not one of its peers"),
        (network(), ("a", "b"), {"h": report(interface="wg7")}, "h: has no interface wg0"),
        (network(), ("a", "b"), {"h": {**HUB, "forwarding": {}}}, "h: does not forward"),
        (
            network(),
            ("a", "b"),
            {"h": {**HUB, "interfaces": [{**HUB["interfaces"][0], "addresses": ["10.8.0.9/32"], "routes": []}]}},
            "h: its system has no route for 10.8.0.2 into the interface",
        ),
        (
            network(),
            ("a", "h"),
            {"a": report(("stranger", "10.8.0.0/24"), own="a", addresses=["10.8.0.1/24"])},
            f"a: AllowedIPs 10.8.0.0/24 belongs to the peer with key {key('stranger')}, which is not a node",
        ),
    ],
)  # fmt: skip
def test_where_it_is_dropped_and_why(net, pair, reports, reason):
    result = trace([net], *pair, reports)
    there = result["traces"][0]["there"]
    assert (there["outcome"], there["reason"]) == ("dropped", reason)
    assert result["arrives"] is False
    assert f"  DROPPED at {reason}" in result["text"]


def test_no_handshake_yet():
    found = trace([network()], "a", "b", {"h": report(("a", "10.8.0.1/32"), peer("b", "10.8.0.2/32", handshake=None))})
    assert found["arrives"] is True
    assert [hop["handshake"] for hop in found["traces"][0]["there"]["hops"]] == [None, False]
    assert found["text"][3] == "  h sends it to b: AllowedIPs 10.8.0.2/32 (no handshake between them yet)"


def test_differences_from_the_plan():
    reports = {
        "h": report(
            ("a", "10.8.0.1/32"),
            ("x", "10.8.0.5/32"),
            own="new",
            addresses=["10.8.0.8/24", "fe80::1/64"],
            forwarding=False,
            routes=["10.8.0.0/30"],
        ),
        "a": report(interface="wg1"),
    }
    found = trace([network()], "a", "h", reports)
    assert found["differences"] == [
        "a: has no interface wg0",
        f"h: public key {key('new')}, planned {key('h')}",
        "h: addresses: 10.8.0.8, fe80::1, planned 10.8.0.9, fd00:8::9",
        f"h: peer {key('x')}: live, not planned",
        "h: AllowedIPs of peer a: 10.8.0.1/32, planned 10.8.0.1/32, fd00:8::1/128",
        "h: peer b: planned, missing",
        "h: no route into the interface for 10.8.0.5/32",
        "h: does not forward, planned to forward",
    ]
    assert found["not_asked"] == ["b"]


def test_as_planned_live():
    found = trace([network()], "a", "b", {"h": HUB})
    assert (found["arrives"], found["differences"]) == (True, [])


def test_pending_nodes_are_traced_as_they_will_be():
    nodes = {"h": {"hub": True, "endpoint": "198.18.0.9", "addresses": ["10.8.0.9"]}, "a": {"addresses": ["10.8.0.1"]}}
    net = network_from_dict({"topology": "star", "prefixes": ["10.8.0.0/24"], "nodes": nodes})
    found = trace([net], "a", "h")
    assert (found["arrives"], found["pending"]) == (True, ["a", "h"])
    alone = {"h": report(addresses=["10.8.0.9/24"])}
    reason = "h: no AllowedIPs entry contains 10.8.0.1; node a is pending: no run has seen its public key yet"
    assert trace([net], "h", "a", alone)["traces"][0]["there"]["reason"] == reason
    assert trace([net], "h", "a", alone)["differences"] == []


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("a", "nobody"), "'nobody' is neither a node nor an address or prefix of a network; networks: wireguard, office"),
        (
            ("a", "192.0.2.1/33"),
            "'192.0.2.1/33' is neither a node nor an address or prefix of a network; networks: wireguard, office",
        ),
        (("a", "z"), "a and z are in different networks (wireguard, office); networks are not connected"),
    ],
)
def test_errors(pair, message):
    office = network_from_dict({"name": "office", "prefixes": ["10.9.0.0/24"], "nodes": {"z": {"addresses": ["10.9.0.1"]}}})
    with pytest.raises(PlanError) as caught:
        trace([network(), office], *pair)
    assert str(caught.value) == message


# -- beyond the network ------------------------------------------------------------------------------------------------


def with_exit(prefixes=("10.8.0.0/24",), lap=None, **nodes):
    whole = {
        "gate": {"addresses": ["10.8.0.1", "fd00:8::1"], "endpoint": "203.0.113.9"},
        "box": {"addresses": ["10.8.0.2", "fd00:8::2"], "endpoint": "203.0.113.10", "routes": ["172.20.2.0/24"]},
        "lap": {"addresses": ["10.8.0.3", "fd00:8::3"], "allowed_ips": ["0.0.0.0/0", "::/0"], "exit": "gate", **(lap or {})},
        **nodes,
    }
    known = {name: {"public_key": key(name), **node} for name, node in whole.items()}
    for node in known.values():
        node["addresses"] = [a for a in node["addresses"] if ":" not in a or len(prefixes) > 1]
    return network_from_dict({"prefixes": list(prefixes), "nodes": known})


DUAL = ("10.8.0.0/24", "fd00:8::/64")


def test_the_way_to_the_exit_and_on():
    found = trace([with_exit()], "lap", "1.1.1.1")
    assert (found["arrives"], found["traces"][0]["there"]["outcome"], found["traces"][0]["there"]["path"]) == (
        True, "leaves", ["lap", "gate"],
    )  # fmt: skip
    assert found["traces"][0]["destination"] == {"what": "1.1.1.1", "node": None}
    assert found["text"] == [
        "lap (10.8.0.3) -> 1.1.1.1:",
        "  lap sends it to gate: AllowedIPs 0.0.0.0/0",
        "  gate accepts it from lap: AllowedIPs 10.8.0.3/32",
        "  gate forwards it: 1.1.1.1 leaves the network at gate, which must masquerade 10.8.0.3 (the role firewall does)",
        "1.1.1.1 -> lap (10.8.0.3), the path back:",
        "  gate sends it to lap: AllowedIPs 10.8.0.3/32",
        "  lap accepts it from gate: AllowedIPs 0.0.0.0/0",
        "  lap has it",
    ]


def test_what_stays_outside_the_tunnel():
    found = trace([with_exit()], "box", "1.1.1.1")
    there, back = found["traces"][0]["there"], found["traces"][0]["back"]
    assert (found["arrives"], there["outcome"], there["at"], there["path"], back["outcome"]) == (
        False,
        "outside",
        "box",
        [],
        "outside",
    )
    assert found["text"] == [
        "box (10.8.0.2) -> 1.1.1.1:",
        "  it stays outside the tunnel: no AllowedIPs entry contains 1.1.1.1; box sends it by its own routes",
        "1.1.1.1 -> box (10.8.0.2), the path back:",
        "  it stays outside the tunnel: box gets the answer outside the tunnel, too",
    ]


OTHER = network_from_dict(
    {"name": "other", "interface": "wg1", "prefixes": ["10.9.0.0/24"], "nodes": {"lap": {"addresses": ["10.9.0.3"]}}}
)
LEAVES = "leaves the network at gate, which must masquerade"


@pytest.mark.parametrize(
    ("networks", "source", "destination", "outcome", "reason"),
    [
        ([with_exit(DUAL)], "lap", "2606:4700::1111", "leaves", f"2606:4700::1111 {LEAVES} fd00:8::3 (the role firewall does)"),
        ([with_exit()], "lap", "8.8.0.0/16", "leaves", f"8.8.0.0/16 {LEAVES} 10.8.0.3 (the role firewall does)"),
        ([with_exit()], "10.8.0.3", "1.1.1.1/32", "leaves", f"1.1.1.1 {LEAVES} 10.8.0.3 (the role firewall does)"),
        ([OTHER, with_exit()], "lap", "1.1.1.1", "leaves", f"1.1.1.1 {LEAVES} 10.8.0.3 (the role firewall does)"),
        ([with_exit()], "lap", "172.20.2.9", "leaves", "172.20.2.0/24 lies behind box"),
        ([OTHER], "lap", "1.1.1.1", "outside", "no AllowedIPs entry contains 1.1.1.1; lap sends it by its own routes"),
        ([with_exit(DUAL)], "box", "2606:4700::1", "outside", "no AllowedIPs entry contains 2606:4700::1; box sends it by its own routes"),
        ([with_exit(lap={"excluded_ips": ["192.168.0.0/16", "203.0.113.0/24"]})], "lap", "192.168.3.4", "outside",
         "wireguard_excluded_ips 192.168.0.0/16 contain it; lap sends it by its own routes"),
        ([with_exit(lap={"excluded_ips": ["192.168.0.0/16", "203.0.113.0/24"]})], "lap", "203.0.113.9", "outside",
         "wireguard_excluded_ips 203.0.113.0/24 contain it; lap sends it by its own routes"),
        ([with_exit(lap={"allowed_ips": ["8.8.8.0/24"]})], "lap", "8.8.8.8", "leaves", f"8.8.8.8 {LEAVES} 10.8.0.3 (the role firewall does)"),
        ([with_exit(lap={"allowed_ips": ["8.8.8.0/24"]})], "lap", "8.8.4.4", "outside",
         "no AllowedIPs entry contains 8.8.4.4; lap sends it by its own routes"),
        # A source of its own LAN goes the same way.
        ([with_exit(lap={"routes": ["172.20.3.0/24"]})], "172.20.3.7", "1.1.1.1", "leaves",
         f"1.1.1.1 {LEAVES} 172.20.3.7 (the role firewall does)"),
        # The exit of another's, and an exit that has one itself.
        ([with_exit()], "gate", "1.1.1.1", "outside", "no AllowedIPs entry contains 1.1.1.1; gate sends it by its own routes"),
        ([with_exit(box={"addresses": ["10.8.0.2"], "endpoint": "203.0.113.10", "allowed_ips": ["9.9.9.9/32"], "exit": "gate"})], "box",
         "9.9.9.9", "leaves", f"9.9.9.9 {LEAVES} 10.8.0.2 (the role firewall does)"),
        # Addresses of the network that nobody has are not beyond it.
        ([with_exit()], "lap", "10.8.0.77", "dropped", "gate: no AllowedIPs entry contains 10.8.0.77; no node has it"),
    ],
)  # fmt: skip
def test_destinations_beyond_the_network(networks, source, destination, outcome, reason):
    found = trace(networks, source, destination)["traces"]
    assert [(item["there"]["outcome"], item["there"]["reason"]) for item in found] == [(outcome, reason)]
    assert found[0]["arrives"] is (outcome == "leaves")
    back = "leaves" if source == "172.20.3.7" else "delivered"
    assert found[0]["back"]["outcome"] == {"leaves": back, "outside": "outside", "dropped": "dropped"}[outcome]


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        ("lap", "2606:4700::1",
         "lap has no IPv6 address in network wireguard, so no peer takes its packets to 2606:4700::1; give the network an IPv6 prefix"),
        ("lap", "0.0.0.0/0", "'0.0.0.0/0' is neither a node nor an address or prefix of a network; networks: wireguard"),
        ("1.1.1.1", "lap", "'1.1.1.1' is neither a node nor an address or prefix of a network; networks: wireguard"),
        ("1.1.1.1", "2.2.2.2", "'1.1.1.1' is neither a node nor an address or prefix of a network; networks: wireguard"),
        ("lap", "example.org", "'example.org' is neither a node nor an address or prefix of a network; networks: wireguard"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained(source, destination, message):
    with pytest.raises(PlanError) as refused:
        trace([with_exit()], source, destination)
    assert str(refused.value) == message


def test_a_prefix_of_which_only_a_part_goes_into_the_tunnel():
    with pytest.raises(PlanError) as refused:
        trace([with_exit(lap={"allowed_ips": ["8.8.8.0/24"]})], "lap", "8.8.0.0/16")
    assert str(refused.value) == "node lap: only parts of 8.8.0.0/16 go into the tunnel, such as 8.8.8.0/24; ask for an address"


GATE = {"own": "gate", "addresses": ("10.8.0.1/24",), "routes": ("10.8.0.0/24", "172.20.2.0/24")}
OF_GATE = (("box", "10.8.0.2/32", "172.20.2.0/24"), ("lap", "10.8.0.3/32"))


@pytest.mark.parametrize(
    ("reports", "outcome", "reason"),
    [
        ({"gate": report(*OF_GATE, **GATE)}, "leaves", f"1.1.1.1 {LEAVES} 10.8.0.3 (the role firewall does)"),
        ({"gate": report(*OF_GATE, **GATE, forwarding=False)}, "dropped", "gate: does not forward"),
        (
            {"lap": report(("gate", "10.8.0.1/32"), ("box", "0.0.0.0/0"), own="lap", addresses=("10.8.0.3/24",))},
            "dropped", "box: does not forward",
        ),
        (
            {"lap": report(("gate", "10.8.0.1/32"), ("box", "10.8.0.2/32"), own="lap", addresses=("10.8.0.3/24",))},
            "outside", "no AllowedIPs entry contains 1.1.1.1; lap sends it by its own routes",
        ),
        (
            {
                "lap": report(("gate", "10.8.0.1/32"), ("box", "0.0.0.0/0"), own="lap", addresses=("10.8.0.3/24",)),
                "box": report(("gate", "10.8.0.1/32"), ("lap", "10.8.0.3/32"), own="box", addresses=("10.8.0.2/24",)),
            },
            "dropped", "box: is not the exit of lap (wireguard_exit)",
        ),
        (
            {"gate": report(("lap", "10.8.0.9/32"), **GATE)}, "dropped",
            "gate: no AllowedIPs entry of peer lap contains the source 10.8.0.3",
        ),
    ],
)  # fmt: skip
def test_live_exits(reports, outcome, reason):
    (found,) = trace([with_exit()], "lap", "1.1.1.1", reports)["traces"]
    assert (found["there"]["outcome"], found["there"]["reason"]) == (outcome, reason)
    assert found["arrives"] is (outcome == "leaves")
