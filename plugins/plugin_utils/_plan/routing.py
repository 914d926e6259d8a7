# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Next hops by one symmetric rule: the path from A to B is always the path from B to A, read backwards.

A node accepts a packet only from the peer behind which its own AllowedIPs place the packet's source. So next hops that were
chosen for each direction by itself lose packets wherever two paths are equally long. Here every link has a weight of its own
below the real one, made from the two names in sorted order: no two paths are equally long, and the shortest is the same in
both directions.
"""

from __future__ import annotations

import hashlib
import heapq

from .network import PlanError
from .topology import Graph


def _tie(a: str, b: str) -> int:
    low, high = sorted((a, b))
    return int.from_bytes(hashlib.blake2b(f"{low}\0{high}".encode(), digest_size=8).digest(), "big")


def next_hops(graph: Graph, source: str) -> dict[str, str]:
    """For every node that ``source`` can reach: the neighbour through which. Only forwarders carry others' packets."""
    first: dict[str, str] = {}
    heap: list[tuple[int, int, str, str]] = [(0, 0, source, source)]
    while heap:
        links, tie, name, via = heapq.heappop(heap)
        if name in first:
            continue
        first[name] = via
        if name != source and name not in graph.forwarders:
            continue
        for other in graph.neighbours(name):
            if other not in first:
                hop = other if name == source else via
                heapq.heappush(heap, (links + 1, tie + _tie(name, other), other, hop))
    del first[source]
    return first


def check_connected(graph: Graph) -> None:
    """Every node has to reach every other.

    :raises PlanError: naming the first pair that has no path.
    """
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
                _check_pairs(graph, members_a, members_b)


def _areas(graph: Graph) -> dict[str, str]:
    """Forwarders that reach one another through forwarders, each set named by one of its members."""
    area: dict[str, str] = {}
    for start in sorted(graph.forwarders):
        stack = [] if start in area else [start]
        while stack:
            name = stack.pop()
            if name not in area:
                area[name] = start
                stack.extend(other for other in graph.neighbours(name) if other in graph.forwarders)
    return area


def _check_pairs(graph: Graph, some: list[str], others: list[str]) -> None:
    for a in some:
        linked = set(graph.neighbours(a))
        for b in others:
            if a != b and b not in linked:
                raise PlanError(
                    f"nodes {a} and {b} cannot reach each other: no link and no node that forwards between them; "
                    f"give one of them an endpoint (wireguard_endpoint), or let a node that both are linked to "
                    f"forward (wireguard_forward: true)"
                )
