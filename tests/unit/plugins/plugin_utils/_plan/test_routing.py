# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.network import Network, Node, PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.routing import check_connected, next_hops
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topology import Graph


def graph_from(names, links, forwarders):
    around = {name: tuple(sorted({b for a, b in links if a == name} | {a for a, b in links if b == name})) for name in names}
    return Graph(Network(nodes={name: Node(name) for name in sorted(names)}), around.__getitem__, frozenset(forwarders))


@st.composite
def graphs(draw, most=40, sparse=True):
    names = [f"n{number:02}" for number in range(draw(st.integers(1, most)))]
    pairs = list(combinations(names, 2))
    links = set(draw(st.lists(st.sampled_from(pairs), max_size=3 * len(names)))) if pairs else set()
    if sparse and draw(st.booleans()):  # a ring has two equal paths for every second pair
        links |= {(names[i], names[(i + 1) % len(names)]) for i in range(len(names)) if len(names) > 2}
    forwarders = set(draw(st.lists(st.sampled_from(names)))) if draw(st.booleans()) else set(names)
    return graph_from(names, {tuple(sorted(link)) for link in links}, forwarders)


def walk(hops, source, destination):
    """The nodes that a packet passes when each of them uses its own next hops."""
    path = [source]
    while path[-1] != destination:
        path.append(hops[path[-1]][destination])
        assert len(path) <= len(hops), f"a loop: {path}"
    return path


def reachable(graph, source):
    """Brute force: whoever a breadth-first search finds that goes on from the source and from forwarders only."""
    seen, edge = {source}, [source]
    while edge:
        found = {other for name in edge for other in graph.neighbours(name)} - seen
        seen |= found
        edge = [name for name in found if name in graph.forwarders]
    return seen - {source}


@given(graphs())
def test_next_hops_walk_arrives_and_comes_back_the_same_way(graph):
    names = tuple(graph.network.nodes)
    hops = {name: next_hops(graph, name) for name in names}
    for source in names:
        assert set(hops[source]) == reachable(graph, source)
        assert set(hops[source].values()) <= set(graph.neighbours(source))
        for destination in hops[source]:
            path = walk(hops, source, destination)
            back = walk(hops, source=destination, destination=source)
            assert path == back[::-1]
            assert set(path[1:-1]) <= graph.forwarders


@given(graphs())
def test_paths_are_shortest(graph):
    names = tuple(graph.network.nodes)
    hops = {name: next_hops(graph, name) for name in names}
    for source in names:
        distance, edge, steps = {source: 0}, [source], 0
        while edge:
            steps += 1
            edge = [o for name in edge for o in graph.neighbours(name) if name == source or name in graph.forwarders]
            edge = sorted(set(edge) - set(distance))
            distance.update(dict.fromkeys(edge, steps))
        for destination in hops[source]:
            assert len(walk(hops, source, destination)) - 1 == distance[destination]


def test_a_square_needs_the_symmetric_rule():
    """Two equal paths between opposite corners: both ends have to choose the same one."""
    graph = graph_from("abcd", ["ab", "bc", "cd", "ad"], "abcd")
    hops = {name: next_hops(graph, name) for name in "abcd"}
    assert {"".join(walk(hops, *pair)) for pair in ("ac", "bd")} == {
        "".join(reversed(walk(hops, *pair))) for pair in ("ca", "db")
    }


def connected(graph):
    try:
        check_connected(graph)
    except PlanError:
        return False
    return True


@given(graphs(most=9) | graphs(most=9, sparse=False))
def test_check_connected_agrees_with_brute_force(graph):
    names = set(graph.network.nodes)
    expected = all(reachable(graph, name) == names - {name} for name in names)
    assert connected(graph) is expected


@given(graphs(most=9))
def test_the_pair_that_is_named_has_no_path(graph):
    try:
        check_connected(graph)
    except PlanError as error:
        first, second = str(error).partition(" cannot ")[0][len("nodes ") :].split(" and ")
        assert second not in reachable(graph, first)


@pytest.mark.parametrize(
    ("names", "links", "forwarders", "pair"),
    [
        ("ab", [], "", "ab"),
        ("abc", ["ab", "ac"], "", "bc"),
        ("abc", ["ab", "ac"], "b", "bc"),
        ("abcd", ["ab", "cd"], "abcd", "ac"),
    ],
)
def test_not_connected(names, links, forwarders, pair):
    with pytest.raises(PlanError) as caught:
        check_connected(graph_from(names, links, forwarders))
    assert str(caught.value) == (
        f"nodes {pair[0]} and {pair[1]} cannot reach each other: no link and no node that forwards between them; "
        "give one of them an endpoint (wireguard_endpoint), or let a node that both are linked to forward "
        "(wireguard_forward: true)"
    )


@pytest.mark.parametrize(
    ("names", "links", "forwarders"),
    [("", [], ""), ("a", [], ""), ("ab", ["ab"], ""), ("abc", ["ab", "ac"], "a"), ("abcd", ["ab", "bc", "cd"], "bc")],
)
def test_connected(names, links, forwarders):
    assert check_connected(graph_from(names, links, forwarders)) is None
