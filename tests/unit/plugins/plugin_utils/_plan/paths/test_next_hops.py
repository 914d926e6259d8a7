# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.paths.next_hops import next_hops
from ansible_collections.meshwork.wireguard.tests.unit.graphs import graph_from, graphs, reachable


def walk(hops, source, destination):
    """The nodes that a packet passes when each of them uses its own next hops."""
    path = [source]
    while path[-1] != destination:
        path.append(hops[path[-1]][destination])
        assert len(path) <= len(hops), f"a loop: {path}"
    return path


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
