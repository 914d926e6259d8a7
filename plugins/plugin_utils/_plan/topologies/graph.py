# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of a network, whatever topology they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from ..model.network import Network


@dataclass(frozen=True)
class Graph:
    """The links of a network. ``neighbours(name)`` gives the names of the nodes linked to a node, sorted.

    ``forwarders`` carry packets between their peers. ``weights`` has the links that do not weigh 1, by their two names in
    sorted order. Of two ``isolated`` nodes, only those that are linked reach each other.
    """

    network: Network
    neighbours: Callable[[str], tuple[str, ...]]
    forwarders: frozenset[str] = frozenset()
    weights: Mapping[tuple[str, str], int] = field(default_factory=dict)
    isolated: frozenset[str] = frozenset()

    @cached_property
    def onward(self) -> Callable[[str], tuple[str, ...]]:
        """``neighbours``, and remembers: for forwarders, over which the paths of all nodes lead."""
        return cache(self.neighbours)

    def weight(self, a: str, b: str) -> int:
        """What it costs to go over the link between two nodes, 1 or more."""
        return self.weights.get((a, b) if a < b else (b, a), 1) if self.weights else 1
