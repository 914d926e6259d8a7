# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AllowedIPs: which prefixes stand on which link of a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import sort_prefixes

from ..model.network import Node
from ..model.prefixes import Coded, aggregate, code, is_nested, text
from ..topologies.graph import Graph
from .exits import exit_of, outgoing
from .next_hops import next_hops


class AllowedIPs:
    """The AllowedIPs of all nodes of a graph, computed node by node. What all nodes need is computed once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._own: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> dict[str, tuple[str, ...]]:
        """Neighbour -> its prefixes on the link from the node, sorted; neighbours sorted by name."""
        node = self.graph.network.nodes[name]
        found = self._inside(name)
        exit_ = exit_of(self.graph, node) if node.allowed_ips else None
        if exit_ is not None:
            others = {prefix for other, prefixes in found.items() if other != exit_ for prefix in prefixes}
            found[exit_] = sort_prefixes((*found[exit_], *(prefix for prefix in outgoing(node) if prefix not in others)))
        return found

    def _inside(self, name: str) -> dict[str, tuple[str, ...]]:
        graph = self.graph
        linked = graph.neighbours(name)
        complete = len(linked) == len(graph.network.nodes) - 1 and len(linked) > 1
        carriers = [] if complete else [other for other in linked if other in graph.forwarders]
        transit = name in graph.forwarders and not complete and not self._is_leaf(name, linked)
        several = len(linked) > 1 and (bool(graph.weights) or len(carriers) > 1)
        if transit or several or (carriers and not self._coverable):
            return self._by_next_hops(name, linked)
        behind = {carrier: self._behind(name, carrier, linked) for carrier in carriers}
        if self._nested:
            table = {coded: carrier for carrier, covering in behind.items() for coded in covering}
            table.update((coded, other) for other in linked for coded in _codes(graph.network.nodes[other]))
            return self._aggregated(name, linked, table)
        found = {other: self.own(other) for other in linked}
        for carrier, covering in behind.items():
            table = dict.fromkeys([*covering, *_codes(graph.network.nodes[carrier])], carrier)
            found.update(self._aggregated(name, (carrier,), table))
        return found

    def _is_leaf(self, name: str, linked: tuple[str, ...]) -> bool:
        """One link, to a node that has others or, as a hub, may get them: it lists what it carries and does not point back."""
        if len(linked) != 1:
            return False
        node, other = self.graph.network.nodes[name], self.graph.network.nodes[linked[0]]
        return len(self.graph.neighbours(other.name)) > 1 or (other.hub and not node.hub)

    def own(self, name: str) -> tuple[str, ...]:
        """A node's addresses and routes."""
        if name not in self._own:
            table = dict.fromkeys(_codes(self.graph.network.nodes[name]), name)
            self._own[name] = tuple(text(coded) for coded in aggregate(table, None))
        return self._own[name]

    @cached_property
    def _nested(self) -> bool:
        """One prefix of the network lies in another one: joining two may then change what is in a third."""
        network = self.graph.network
        own = {coded for node in network.nodes.values() for coded in map(code, node.routes)}
        addresses = {code(address) for node in network.nodes.values() for address in node.addresses}
        return is_nested(own | addresses) or is_nested(own | {code(prefix) for prefix in network.prefixes})

    @cached_property
    def _coverable(self) -> bool:
        """The network's prefixes are free to mean "all the others"."""
        prefixes = {code(prefix) for prefix in self.graph.network.prefixes}
        return not any(code(route) in prefixes for node in self.graph.network.nodes.values() for route in node.routes)

    @cached_property
    def _outside(self) -> tuple[tuple[Coded, str], ...]:
        """The routes that lie in none of the network's prefixes, and whose they are."""
        network = self.graph.network
        prefixes = [code(prefix) for prefix in network.prefixes]
        return tuple(
            (coded, node.name)
            for node in network.nodes.values()
            for coded in map(code, node.routes)
            if not any(_covers(prefix, coded) for prefix in prefixes)
        )

    def _behind(self, name: str, carrier: str, linked: tuple[str, ...]) -> Iterable[Coded]:
        """What stands for all nodes that are not linked to the node and lie behind the one link that carries.

        The network's prefixes do, so that a node that comes or goes changes nothing here; an isolated node lists the others.
        """
        if name in self.graph.isolated:
            return self._not_isolated
        covering = [code(prefix) for prefix in self.graph.network.prefixes]
        if self._nested or len(linked) > 1:
            near = {name, *linked} - {carrier}
            return covering + [coded for coded, owner in self._outside if owner not in near]
        outside = set(self._joined_outside)
        for coded in map(code, self.graph.network.nodes[name].routes):
            _cut(outside, coded)
        return [*covering, *outside]

    @cached_property
    def _not_isolated(self) -> list[Coded]:
        isolated = self.graph.isolated
        nodes = (node for node in self.graph.network.nodes.values() if node.name not in isolated)
        found = dict.fromkeys((coded for node in nodes for coded in _codes(node)), True)
        return list(found if self._nested else aggregate(found, False))

    @cached_property
    def _joined_outside(self) -> frozenset[Coded]:
        """What all spokes would list, were it not for their own routes: joined once, so that each has little left to join."""
        return frozenset(aggregate(dict.fromkeys((coded for coded, _owner in self._outside), True), False))

    def _by_next_hops(self, name: str, linked: Iterable[str]) -> dict[str, tuple[str, ...]]:
        graph = self.graph
        near = frozenset(linked)
        table: dict[Coded, str | None] = {}
        for destination, hop in next_hops(graph, name).items():
            if destination in near or name not in graph.isolated or destination not in graph.isolated:
                table.update((coded, hop) for coded in _codes(graph.network.nodes[destination]))
        return self._aggregated(name, linked, table)

    def _aggregated(self, name: str, linked: Iterable[str], table: Mapping[Coded, str | None]) -> dict[str, tuple[str, ...]]:
        """The table by peers. The node's own prefixes are in it while prefixes are joined, and not in the result."""
        own = dict.fromkeys(_codes(self.graph.network.nodes[name]))
        found: dict[str, list[str]] = {other: [] for other in linked}
        for coded, other in aggregate({**table, **own}, None).items():
            if other is not None:
                found[other].append(text(coded))
        return {other: tuple(prefixes) for other, prefixes in found.items()}


def _codes(node: Node) -> list[Coded]:
    return [code(prefix) for prefix in (*node.addresses, *node.routes)]


def _covers(outer: Coded, inner: Coded) -> bool:
    return outer[0] == inner[0] and outer[1] <= inner[1] and outer[2] == inner[2] >> (inner[1] - outer[1])


def _cut(prefixes: set[Coded], hole: Coded) -> None:
    """Take a prefix out of the one that holds it: the other halves stay."""
    version, length, bits = hole
    while (version, length, bits) not in prefixes:
        prefixes.add((version, length, bits ^ 1))
        length, bits = length - 1, bits >> 1
    prefixes.remove((version, length, bits))
