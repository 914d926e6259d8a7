# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether every node reaches every other node, and remedies if not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ..model.findings import Finding
from ..topologies.graph import Graph
from ..topologies.links import NO_COMMON_UNDERLAY, apart, are_apart


def unreachable_pairs(graph: Graph) -> Iterator[Finding]:
    """A finding for each two sets of nodes that cannot reach each other, with one pair of them."""
    names = tuple(graph.network.nodes)
    areas = _areas(graph)
    groups: dict[frozenset[str], list[str]] = {}
    for name in names:
        linked = graph.neighbours(name)
        if len(linked) == len(names) - 1:
            continue
        around = {areas[name]} if name in areas else {areas[other] for other in linked if other in areas}
        groups.setdefault(frozenset(around), []).append(name)
    ordered = list(groups.items())
    for index, (areas_a, members_a) in enumerate(ordered):
        for areas_b, members_b in ordered[index:]:
            if not areas_a & areas_b:
                pair = _pair_without_link(graph, members_a, members_b)
                if pair is not None:
                    yield _finding(graph, *sorted(pair))


def _areas(graph: Graph) -> dict[str, str]:
    """Forwarders, each with a name for the set of forwarders that it reaches through others."""
    area: dict[str, str] = {}
    for start in sorted(graph.forwarders):
        stack = [] if start in area else [start]
        while stack:
            name = stack.pop()
            if name not in area:
                area[name] = start
                stack.extend(other for other in graph.neighbours(name) if other in graph.forwarders)
    return area


def _pair_without_link(graph: Graph, some: list[str], others: list[str]) -> tuple[str, str] | None:
    for a in some:
        linked = set(graph.neighbours(a))
        for b in others:
            if a != b and b not in linked:
                return a, b
    return None


def _finding(graph: Graph, a: str, b: str) -> Finding:
    between = [name for name in _any_path(graph, a, b) if name not in graph.forwarders]
    if between:
        return Finding(
            "forwarding-off",
            tuple(sorted((a, b, *between))),
            f"nodes {a} and {b} cannot reach each other: {' and '.join(between)} between them does not forward",
            f"let it forward (wireguard_forward: true on {', '.join(between)}), or give {a} or {b} an endpoint that the other "
            "can dial (wireguard_endpoint)",
        )
    remedy = "give one of them an endpoint (wireguard_endpoint), or link both to a forwarding node (wireguard_forward: true)"
    if graph.network.topology == "sites":
        remedy = "set wireguard_gateway: true on a node of each site, one that has an endpoint or can dial another gateway"
    if graph.network.topology == "custom":
        remedy = "add a link to wireguard_links"
    first, second = graph.network.nodes[a], graph.network.nodes[b]
    neighbours = graph.network.topology == "mesh" or (graph.network.topology == "sites" and first.site == second.site)
    if neighbours and are_apart(first, second):
        what = f"nodes {a} and {b} cannot reach each other: neither can dial the other, {apart(first, second)}"
        return Finding("unreachable", (a, b), what, f"{NO_COMMON_UNDERLAY}, or link both to a forwarding node")
    what = f"nodes {a} and {b} cannot reach each other: no path of links connects them"
    return Finding("unreachable", (a, b), what, remedy)


def _any_path(graph: Graph, a: str, b: str) -> list[str]:
    """The inner nodes of a path with the fewest links, whether they forward or not; empty if there is none."""
    before: dict[str, str] = {a: a}
    queue = deque([a])
    while queue:
        name = queue.popleft()
        if name == b:
            break
        for other in graph.neighbours(name):
            if other not in before:
                before[other] = name
                queue.append(other)
    path = []
    name = before.get(b, a)
    while name != a:
        path.append(name)
        name = before[name]
    return path[::-1]
