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
from functools import lru_cache

from .graph import Graph


@lru_cache(maxsize=1 << 16)
def _tie(low: str, high: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{low}\0{high}".encode(), digest_size=8).digest(), "big")


def next_hops(graph: Graph, source: str) -> dict[str, str]:
    """For every node that ``source`` can reach: the neighbour through which. Only forwarders carry others' packets."""
    first: dict[str, str] = {}
    heap: list[tuple[int, int, str, str]] = [(0, 0, source, source)]
    while heap:
        cost, tie, name, via = heapq.heappop(heap)
        if name in first:
            continue
        first[name] = via
        if name != source and name not in graph.forwarders:
            continue
        for other in graph.neighbours(name):
            if other not in first:
                hop = other if name == source else via
                link = _tie(name, other) if name < other else _tie(other, name)
                heapq.heappush(heap, (cost + graph.weight(name, other), tie + link, other, hop))
    del first[source]
    return first
