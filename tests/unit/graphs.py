# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs of networks for tests."""

from __future__ import annotations

from itertools import combinations

from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.graph import Graph


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


def reachable(graph, source):
    """Brute force: whoever a breadth-first search finds that goes on from the source and from forwarders only."""
    seen, edge = {source}, [source]
    while edge:
        found = {other for name in edge for other in graph.neighbours(name)} - seen
        seen |= found
        edge = [name for name in found if name in graph.forwarders]
    return seen - {source}
