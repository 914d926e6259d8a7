# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.model import Config, Peer, check_applicable
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.connectivity import unreachable_pairs
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.ipam import assign
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.peers import KEEPALIVE, peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def network(topology="mesh", prefixes=("10.8.0.0/24",), **nodes):
    """Every node has a key, and its addresses in order, unless it says otherwise."""
    document = {name: {"public_key": key(name), **values} for name, values in nodes.items()}
    return assign(network_from_dict({"topology": topology, "prefixes": list(prefixes), "nodes": document}), {}, frozenset())


def at(number):
    return {"endpoint": f"203.0.113.{number}"}


def peer(name, *allowed_ips, endpoint=None, keepalive=0):
    return Peer(key(name), None, allowed_ips, endpoint and f"203.0.113.{endpoint}:51820", keepalive, name)


DUAL = ("10.8.0.0/24", "fd00:8::/64")


@pytest.mark.parametrize(
    ("net", "node", "expected"),
    [
        pytest.param(
            network(a=at(1), b=at(2), c=at(3)),
            "a",
            [peer("b", "10.8.0.2/32", endpoint=2), peer("c", "10.8.0.3/32", endpoint=3)],
            id="mesh",
        ),
        pytest.param(
            network(a=at(1), b=at(2), c={}),
            "c",
            [
                peer("a", "10.8.0.1/32", endpoint=1, keepalive=25),
                peer("b", "10.8.0.2/32", endpoint=2, keepalive=25),
            ],
            id="behind NAT: it dials, and keeps the mapping alive",
        ),
        pytest.param(
            network(a=at(1), b=at(2), c={}),
            "a",
            [peer("b", "10.8.0.2/32", endpoint=2), peer("c", "10.8.0.3/32")],
            id="the other side of NAT: it cannot dial",
        ),
        pytest.param(
            network(prefixes=DUAL, a={**at(1), "routes": ["172.20.1.0/24", "fd20::/64"]}, b=at(2), c=at(3)),
            "b",
            [
                peer("a", "10.8.0.1/32", "172.20.1.0/24", "fd00:8::1/128", "fd20::/64", endpoint=1),
                peer("c", "10.8.0.3/32", "fd00:8::3/128", endpoint=3),
            ],
            id="dual stack with routes",
        ),
        pytest.param(
            network(a={**at(1), "forward": True, "routes": "192.168.1.0/24"}, b={}, c={"routes": "172.20.3.0/24"}),
            "b",
            [peer("a", "10.8.0.0/24", "172.20.3.0/24", "192.168.1.0/24", endpoint=1, keepalive=25)],
            id="one peer only: all of the network",
        ),
        pytest.param(
            network(a={**at(1), "forward": True}, b={}, c={}, d=at(4)),
            "d",
            [peer("a", "10.8.0.1/32", endpoint=1), peer("b", "10.8.0.2/32"), peer("c", "10.8.0.3/32")],
            id="nodes that can dial need no forwarder",
        ),
        pytest.param(
            network(a=at(1), b={**at(2), "public_key": None}, c=at(3)),
            "a",
            [peer("c", "10.8.0.3/32", endpoint=3)],
            id="a pending node",
        ),
        pytest.param(
            network("star", h={**at(1), "hub": True, "public_key": None}, a={}, b={}), "a", [], id="the only peer is pending"
        ),
        pytest.param(network(a=at(1)), "a", [], id="alone"),
        pytest.param(
            network(a={**at(1), "keepalive": 15}, b={"keepalive": 0}, c=at(3)),
            "a",
            [peer("b", "10.8.0.2/32", keepalive=15), peer("c", "10.8.0.3/32", endpoint=3, keepalive=15)],
            id="a keepalive that is given",
        ),
        pytest.param(
            network(a={**at(1), "keepalive": 15}, b={"keepalive": 0}, c=at(3)),
            "b",
            [peer("a", "10.8.0.1/32", endpoint=1), peer("c", "10.8.0.3/32", endpoint=3)],
            id="a keepalive that is switched off",
        ),
        pytest.param(
            network("star", h={**at(1), "hub": True}, a={}, b={"routes": "172.20.2.0/24"}),
            "h",
            [peer("a", "10.8.0.1/32"), peer("b", "10.8.0.2/32", "172.20.2.0/24")],
            id="hub",
        ),
        pytest.param(network("star", h={**at(1), "hub": True}, a={}), "h", [peer("a", "10.8.0.1/32")], id="hub with one spoke"),
        pytest.param(
            network("star", h={**at(1), "hub": True}, a={}, b={"routes": "172.20.2.0/24"}),
            "a",
            [peer("h", "10.8.0.0/24", "172.20.2.0/24", endpoint=1, keepalive=25)],
            id="spoke",
        ),
        pytest.param(
            network("star", h={**at(1), "hub": True}, a={}, b={"routes": "172.20.2.0/24"}),
            "b",
            [peer("h", "10.8.0.0/24", endpoint=1, keepalive=25)],
            id="spoke: its own route is not behind the hub",
        ),
    ],
)
def test_whole_lists(net, node, expected):
    assert peers_of(net, node) == tuple(expected)


TWO_HUBS = {
    "h": {**at(1), "hub": True},
    "i": {**at(2), "hub": True, "routes": "192.168.9.0/24"},
    "a": {"home": "h", "routes": "172.20.1.0/24"},
    "b": {"home": "h"},
    "c": {"home": "i", "public_key": None},
    "d": {"home": "i"},
}  # a .1, b .2, c .3, d .4, h .5, i .6


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            "h",
            [
                peer("a", "10.8.0.1/32", "172.20.1.0/24"),
                peer("b", "10.8.0.2/32"),
                peer("i", "10.8.0.3/32", "10.8.0.4/32", "10.8.0.6/32", "192.168.9.0/24", endpoint=2),
            ],
        ),
        (
            "i",
            [
                peer("d", "10.8.0.4/32"),
                peer("h", "10.8.0.1/32", "10.8.0.2/32", "10.8.0.5/32", "172.20.1.0/24", endpoint=1),
            ],
        ),
        ("a", [peer("h", "10.8.0.0/24", "192.168.9.0/24", endpoint=1, keepalive=25)]),
        ("b", [peer("h", "10.8.0.0/24", "172.20.1.0/24", "192.168.9.0/24", endpoint=1, keepalive=25)]),
        ("d", [peer("i", "10.8.0.0/24", "172.20.1.0/24", "192.168.9.0/24", endpoint=2, keepalive=25)]),
    ],
)
def test_star_with_two_hubs(node, expected):
    assert peers_of(network("star", **TWO_HUBS), node) == tuple(expected)


def test_an_unknown_node():
    with pytest.raises(PlanError) as caught:
        peers_of(network(a=at(1), b=at(2)), "c")
    assert str(caught.value) == "network wireguard: has no node 'c'; it has a, b"


def test_a_spoke_that_comes_changes_no_other_spoke():
    before, after = network("star", **TWO_HUBS), network("star", **TWO_HUBS, z={})
    changed = [name for name in before.nodes if peers_of(before, name) != peers_of(after, name)]
    assert set(changed) <= {"h", "i"}


def test_peers_are_accepted_by_wg():
    for name in network("star", **TWO_HUBS).nodes:
        check_applicable(Config(peers=peers_of(network("star", **TWO_HUBS), name)), key(name))


# -- the packet walk ---------------------------------------------------------------------------------------------------


def match(table, address):
    """The peer whose prefix is the longest that holds the address; None where no prefix does."""
    holding = [(prefix.prefixlen, name) for prefix, name in table if prefix.version == address.version and address in prefix]
    return max(holding)[1] if holding else None


def tables_of(net):
    """Node -> its AllowedIPs as (prefix, peer), which are its routing table and its access list."""
    found = {}
    for name in net.nodes:
        entries = [(ipaddress.ip_network(p), peer.name) for peer in peers_of(net, name) for p in peer.allowed_ips]
        assert len({prefix for prefix, _peer in entries}) == len(entries), f"{name} has a prefix on two peers"
        found[name] = entries
    return found


def deliver(net, tables, forwarders, source, destination):
    """Send a packet, as WireGuard does, and say at which node it ends and why."""
    (at_node, sender), (target, receiver) = source, destination
    for _hop in range(len(net.nodes) + 1):
        if at_node == target:
            return "arrived"
        out = match(tables[at_node], receiver)
        if out is None:
            return f"no peer for {receiver} at {at_node}"
        if match(tables[out], sender) != at_node:
            return f"{out} does not accept {sender} from {at_node}"
        if out != target and out not in forwarders:
            return f"{out} does not forward"
        at_node = out
    return "a loop"


def addresses_of(node):
    """One address of everything that a node stands for."""
    networks = [ipaddress.ip_network(text) for text in (*node.addresses, *node.routes)]
    return [network[-1] for network in networks]


def lost(net):
    """Every packet between two nodes that does not arrive."""
    tables = tables_of(net)
    forwarders = graph_of(net).forwarders
    # Where routes nest, the address belongs to the node with the longest of them.
    owners = [(ipaddress.ip_network(text), name) for name, node in net.nodes.items() for text in (*node.addresses, *node.routes)]
    places = sorted({(match(owners, a), a) for node in net.nodes.values() for a in addresses_of(node)}, key=str)
    return [
        (str(sender), str(receiver), said)
        for (source, sender), (target, receiver) in permutations(places, 2)
        if sender.version == receiver.version and source != target
        for said in [deliver(net, tables, forwarders, (source, sender), (target, receiver))]
        if said != "arrived"
    ]


# Prefixes that nest in each other, and one that is everything.
ROUTES = ["172.20.0.0/16", "172.20.1.0/24", "172.20.1.128/25", "172.20.2.0/25", "172.20.2.128/25", "192.168.0.0/16",
          "192.168.7.0/24", "fd20::/48", "fd20:0:0:1::/64", "fd20::/64", "0.0.0.0/0"]  # fmt: skip


@st.composite
def networks(draw, topology):
    count = draw(st.integers(2, 9))
    names = [f"n{number}" for number in range(count)]
    routes = draw(st.lists(st.sampled_from(ROUTES), unique=True, max_size=7))
    owners = {route: draw(st.sampled_from(names)) for route in routes}
    hubs = [name for name in names if draw(st.booleans())] or names[:1]
    nodes = {}
    for number, name in enumerate(names):
        nodes[name] = {
            "routes": [route for route in routes if owners[route] == name],
            "forward": draw(st.booleans()),
            "hub": name in hubs,
            **(at(number + 1) if draw(st.booleans()) or (topology == "star" and name in hubs) else {}),
        }
        if topology == "star" and name not in hubs and draw(st.booleans()):
            nodes[name]["home"] = draw(st.sampled_from(hubs))
    prefixes = draw(st.sampled_from([["10.8.0.0/28"], ["10.8.0.0/24", "fd00:8::/64"], ["fd00:8::/120"]]))
    return network(topology, prefixes, **nodes)


@given(networks("mesh") | networks("star"))
def test_every_packet_between_any_two_nodes_arrives(net):
    assume(not list(unreachable_pairs(graph_of(net))))
    assert lost(net) == []


@given(networks("mesh") | networks("star"))
def test_nothing_that_wg_refuses_is_planned(net):
    for name in net.nodes:
        check_applicable(Config(peers=peers_of(net, name)), key(name))


def test_a_route_inside_a_route_of_another_peer():
    """Everything behind hub i is not only `0.0.0.0/0`: d's subnet is part of a's, and must not go there."""
    net = network(
        "star",
        h={**at(1), "hub": True},
        i={**at(2), "hub": True, "routes": "0.0.0.0/0"},
        a={"home": "h", "routes": "172.20.0.0/16"},
        d={"home": "i", "routes": "172.20.4.0/24"},
    )
    assert lost(net) == []


def test_keepalive_is_below_what_nat_forgets():
    assert KEEPALIVE < 30
