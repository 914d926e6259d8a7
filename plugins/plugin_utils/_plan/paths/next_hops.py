# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Next hops by one symmetric rule: the path from A to B is always the path from B to A, read backwards.

A node accepts a packet only from the peer whose AllowedIPs contain the packet's source. If next hops were chosen for each
direction separately, packets would be lost wherever two paths are equally long. Therefore every link has an additional tiny
weight, made from its two names in sorted order: no two paths are equally long, and the shortest one is the same in both
directions.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ..topologies.graph import Graph


@lru_cache(maxsize=1 << 16)
def _tie(low: str, high: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{low}\0{high}".encode(), digest_size=8).digest(), "big")


def next_hops(graph: Graph, source: str) -> dict[str, str]:
    """Every node that ``source`` can reach -> the next hop to it. Only forwarders are passed.

    All nodes at one distance are settled together, so that the many links back to settled nodes are cheap.
    """
    hops: dict[str, str] = {}
    ahead: dict[int, dict[str, tuple[int, str]]] = {0: {source: (0, "")}}
    unsettled = set(graph.network.nodes)
    while ahead and unsettled:
        distance = min(ahead)
        settled = {name: best for name, best in ahead.pop(distance).items() if name in unsettled}
        unsettled.difference_update(settled)
        for name, (tie, hop) in settled.items():
            hops[name] = hop
            if name != source and name not in graph.forwarders:
                continue
            for other in graph.neighbours(name) if name == source else graph.onward(name):
                if other in unsettled:
                    path = (tie + (_tie(name, other) if name < other else _tie(other, name)), hop or other)
                    further = ahead.setdefault(distance + graph.weight(name, other), {})
                    further[other] = min(path, further.get(other, path))
    del hops[source]
    return hops
