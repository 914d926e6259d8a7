# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of a network, for all topologies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from ..model.network import Network


@dataclass(frozen=True)
class Graph:
    """The links of a network. ``neighbours(name)`` gives the names of the nodes linked to a node, sorted.

    ``forwarders`` are the nodes that forward packets between their peers. ``weights`` has the links whose weight is not 1, by
    their two names in sorted order. Two ``isolated`` nodes reach each other only if they are linked.
    """

    network: Network
    neighbours: Callable[[str], tuple[str, ...]]
    forwarders: frozenset[str] = frozenset()
    weights: Mapping[tuple[str, str], int] = field(default_factory=dict)
    isolated: frozenset[str] = frozenset()

    @cached_property
    def onward(self) -> Callable[[str], tuple[str, ...]]:
        """``neighbours`` with a cache, for forwarders, because the paths of all nodes lead over these."""
        return cache(self.neighbours)

    def weight(self, a: str, b: str) -> int:
        """The weight of the link between two nodes, 1 or more."""
        return self.weights.get((a, b) if a < b else (b, a), 1) if self.weights else 1
