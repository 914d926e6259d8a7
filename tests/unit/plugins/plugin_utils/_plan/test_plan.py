# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the whole planner promises, for random networks."""

from __future__ import annotations

import ipaddress
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, check_applicable
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import check_network, network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.trace import Place, State, walk
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.views import planned
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.ipam import assign
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import TOPOLOGIES, graph_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.validation.connectivity import unreachable_pairs
from ansible_collections.meshwork.wireguard.tests.unit.graphs import reachable
from ansible_collections.meshwork.wireguard.tests.unit.support import key
from ansible_collections.meshwork.wireguard.tests.unit.walking import Table, Walker, number_of

# Prefixes that nest in each other, some in the overlay's, and one that is everything.
ROUTES = ["172.20.0.0/16", "172.20.1.0/24", "172.20.1.128/25", "172.20.2.0/25", "172.20.2.128/25", "192.168.0.0/16",
          "192.168.7.0/24", "10.8.0.192/26", "10.8.0.0/16", "10.0.0.0/8", "fd20::/48", "fd20:0:0:1::/64", "fd20::/64",
          "fd00:8::/64", "fd00:8::8000/113", "0.0.0.0/0"]  # fmt: skip
PREFIXES = [["10.8.0.0/24"], ["10.8.0.0/24", "fd00:8::/64"], ["fd00:8::/120"], ["10.8.0.0/25", "10.8.0.128/25"]]
INSIDE = ["10.8.0.192/28", "10.8.0.208/29", "fd00:8::8000/113", "fd00:8::4000/114"]


@st.composite
def documents(draw, most=14, topologies=tuple(TOPOLOGIES), routes=tuple(ROUTES)):
    """A network document in which everything that routing depends on is drawn."""
    topology = draw(st.sampled_from(topologies))
    names = [f"n{number:02}" for number in range(draw(st.integers(2, most)))]
    sites = draw(st.sampled_from([[None], ["x"], ["x", "y"], ["x", "y", "z", None]]))
    chosen = draw(st.lists(st.sampled_from(routes), unique=True, max_size=8))
    owners = {route: draw(st.sampled_from(names)) for route in chosen}
    nodes = {}
    for number, name in enumerate(names):
        dialled = topology in ("ring", "chain", "tree") or draw(st.integers(0, 2)) > 0
        site = draw(st.sampled_from(sites))
        nodes[name] = {
            "public_key": key(name),
            "routes": [route for route in chosen if owners[route] == name],
            "forward": draw(st.integers(0, 3)) == 0,
            "hub": topology == "star" and (number == 0 or draw(st.integers(0, 3)) == 0),
            "gateway": draw(st.integers(0, 3)) == 0,
            **({"site": site} if site else {}),
            **({"addresses": "none"} if draw(st.integers(0, 6)) == 0 else {}),
            **({"endpoint": f"198.18.0.{number + 1}"} if dialled else {}),
            **({"site_endpoint": f"198.18.1.{number + 1}"} if site and draw(st.booleans()) else {}),
        }
        if topology == "tree" and number:
            nodes[name]["home"] = draw(st.sampled_from(names[:number]))
    if topology == "star" and draw(st.booleans()):
        nodes[names[0]]["endpoint"] = "198.18.0.1"
    links = []
    if topology == "custom" or draw(st.integers(0, 2)) == 0:
        pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(["all", "some"])), max_size=4))
        links += [list(pair) for pair in pairs]
        few = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)
        for pair in draw(st.lists(few, max_size=6)):
            if any("endpoint" in nodes[name] for name in pair):
                excluded = draw(st.integers(0, 4)) == 0
                links.append({"nodes": pair, **({"exclude": True} if excluded else {"weight": draw(st.integers(1, 4))})})
    return {
        "topology": topology,
        "prefixes": draw(st.sampled_from(PREFIXES)),
        "isolate_spokes": draw(st.booleans()),
        "links": links,
        "groups": {"all": names, "some": names[::3]},
        "nodes": nodes,
    }


def plan(document):
    """The network and its graph; None where the network is refused."""
    network = None
    try:
        network = assign(network_from_dict(document), {}, frozenset())
        check_network(network)
        return network, graph_of(network)
    except PlanError as error:
        refused = error
    assert refused.findings, refused
    return network, None


def places_of(network):
    """(address as text, as numbers, the node it belongs to): an address of everything that the nodes stand for."""
    owners = [(own, name) for name, node in network.nodes.items() for own in (*node.addresses, *node.routes)]
    table = Table(owners)
    found = {str(ipaddress.ip_network(own)[-1]) for own, _name in owners}
    numbered = {address: number_of(address)[:2] for address in sorted(found)}
    return [(address, numbers, table.match(*numbers)) for address, numbers in numbered.items()]


def nobodys(network):
    """(sender, an address of the network's prefixes that nobody has, the sender's node), as numbers."""
    table = Table([(own, name) for name, node in network.nodes.items() for own in (*node.addresses, *node.routes)])
    for prefix in map(ipaddress.ip_network, network.prefixes):
        receiver = number_of(str(prefix[100]))[:2]
        for name, node in network.nodes.items():
            if table.match(*receiver) is None and node.addresses:
                yield number_of(node.addresses[0])[:2], receiver, name


def linked_or_not_isolated(graph, a, b):
    return not {a, b} <= graph.isolated or b in graph.neighbours(a)


def check_packets(network, graph):
    """Every packet between two places arrives exactly where the graph connects them, and the trace says the same."""
    peers = Peers(graph)
    lists = {name: [(peer.name, peer.allowed_ips) for peer in peers.of(name)] for name in network.nodes}
    walker = Walker(network.nodes, lists, graph.forwarders)
    plan = planned(graph)
    state = State(graph, plan, plan)
    reached = {name: reachable(graph, name) for name in network.nodes}
    refused = list(unreachable_pairs(graph))
    paths = {}
    for (source, sender, at), (target, receiver, where) in permutations(places_of(network), 2):
        if sender[0] != receiver[0] or at == where:
            continue
        path, said = walker.send(at, sender, receiver)
        connected = where in reached[at] and linked_or_not_isolated(graph, at, where)
        assert said != "a loop" or refused, (source, target, path)
        assert (said in ("arrived", "left") and path[-1] == where) is connected, (source, target, path, said)
        if connected:
            paths[source, target] = path
        way = walk(state, Place(source, at), Place(target, where))
        assert way.arrives is connected, (source, target, way)
        if said != "a loop":
            passed = [hop.node for hop in way.hops]
            assert (passed if said == "not accepted" else [*passed, way.at]) == path, (source, target, way)
    for sender, receiver, at in [] if refused else nobodys(network):
        assert walker.send(at, sender, receiver)[1] != "a loop", (at, receiver)
    for (source, target), path in paths.items():
        assert paths[target, source] == path[::-1]


@given(documents())
def test_every_packet_arrives_where_the_graph_leads(document):
    network, graph = plan(document)
    if graph is not None:
        check_packets(network, graph)


@settings(max_examples=settings().max_examples // 10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents(most=40))
def test_every_packet_arrives_in_larger_networks(document):
    network, graph = plan(document)
    if graph is not None:
        check_packets(network, graph)


@given(documents())
def test_nothing_that_wg_refuses_is_planned(document):
    network, graph = plan(document)
    for name in network.nodes if graph is not None else ():
        check_applicable(Config(peers=Peers(graph).of(name)), key(name))


@given(documents())
def test_links_are_mutual_and_can_be_dialled(document):
    network, graph = plan(document)
    for name in network.nodes if graph is not None else ():
        around = graph.neighbours(name)
        assert list(around) == sorted(set(around))
        assert name not in around
        for other in around:
            assert name in graph.neighbours(other)
            ends = network.nodes[name], network.nodes[other]
            assert ends[0].endpoint_from(ends[1]) or ends[1].endpoint_from(ends[0])


@given(documents(topologies=("star",), routes=INSIDE), st.data())
def test_a_spoke_that_comes_changes_no_other_spoke(document, data):
    """As long as its addresses and routes lie inside the network's prefixes."""
    document["links"] = []
    inside = [route for route in INSIDE if not any(route in node["routes"] for node in document["nodes"].values())]
    routes = [data.draw(st.sampled_from(inside))] if inside else []
    prefixes = [ipaddress.ip_network(prefix) for prefix in document["prefixes"]]
    held = [r for r in map(ipaddress.ip_network, routes) if any(r.version == p.version and r.subnet_of(p) for p in prefixes)]
    for node in document["nodes"].values():
        node["routes"] = []
    come = {"public_key": key("zz"), "endpoint": "198.18.2.1", "routes": [str(route) for route in held]}
    before, after = plan(document), plan({**document, "nodes": {**document["nodes"], "zz": come}})
    if before[1] is None:
        return
    for name, node in before[0].nodes.items():
        if not node.hub:
            assert Peers(before[1]).of(name) == Peers(after[1]).of(name)


@given(documents())
def test_pending_nodes_are_nobodys_peers_and_change_no_other_peer(document):
    network, graph = plan(document)
    if graph is None:
        return
    document["nodes"]["n00"] = {k: v for k, v in document["nodes"]["n00"].items() if k != "public_key"}
    other = plan(document)[1]
    for name in network.nodes:
        whole = [peer for peer in Peers(graph).of(name) if peer.name != "n00"]
        assert list(Peers(other).of(name)) == whole


@given(documents(topologies=("mesh", "star", "sites")), st.data())
def test_an_assigned_address_never_moves(document, data):
    """Whoever comes, goes, or is listed in another order."""
    document["isolate_spokes"] = False
    first = assign(network_from_dict(document), {}, frozenset())
    remembered = {name: node.addresses for name, node in first.nodes.items()}
    names = data.draw(st.lists(st.sampled_from(sorted(document["nodes"])), unique=True, min_size=1))
    comers = {f"a{number}": {} for number in range(data.draw(st.integers(0, 5)))}
    nodes = {**comers, **{name: document["nodes"][name] for name in names}}
    kept = {**document, "links": [], "nodes": nodes, "topology": "mesh"}
    gone = frozenset(a for name in set(remembered) - set(names) for a in remembered[name])
    second = assign(network_from_dict(kept), remembered, gone)
    assert {name: second.nodes[name].addresses for name in names} == {name: remembered[name] for name in names}
    given_out = [address for node in second.nodes.values() for address in node.addresses]
    assert len(set(given_out)) == len(given_out)
    assert not gone & {a for name in comers for a in second.nodes[name].addresses}


def test_a_route_inside_a_route_of_another_peer():
    """Everything behind hub i is not only `0.0.0.0/0`: d's subnet is part of a's, and must not go there."""
    nodes = {
        "h": {"hub": True, "endpoint": "198.18.0.1"},
        "i": {"hub": True, "endpoint": "198.18.0.2", "routes": ["0.0.0.0/0"]},
        "a": {"home": "h", "routes": ["172.20.0.0/16"]},
        "d": {"home": "i", "routes": ["172.20.4.0/24"]},
    }
    for name, node in nodes.items():
        node["public_key"] = key(name)
    check_packets(*plan({"topology": "star", "prefixes": ["10.8.0.0/24"], "nodes": nodes}))


@pytest.mark.parametrize("topology", sorted(TOPOLOGIES))
def test_the_drawn_networks_are_of_every_topology(topology):
    """Or the properties above would hold for nothing."""
    seen = []

    @settings(database=None, derandomize=True, max_examples=200)
    @given(documents(topologies=(topology,)))
    def look(document):
        network, graph = plan(document)
        if graph is not None and len(network.nodes) > 3 and all(len(reachable(graph, n)) > 2 for n in network.nodes):
            seen.append(document)

    look()
    assert len(seen) > 10
