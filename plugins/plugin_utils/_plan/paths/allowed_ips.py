# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AllowedIPs: the prefixes of each peer of a node."""

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
    """The AllowedIPs of all nodes of a graph, computed node by node. Common parts are computed once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._own: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> dict[str, tuple[str, ...]]:
        """Neighbour -> the AllowedIPs that the node has for it, sorted; neighbours sorted by name."""
        node = self.graph.network.nodes[name]
        allowed = self._in_network(name)
        exit_ = exit_of(self.graph, node) if node.allowed_ips else None
        if exit_ is not None:
            others = {prefix for other, prefixes in allowed.items() if other != exit_ for prefix in prefixes}
            allowed[exit_] = sort_prefixes((*allowed[exit_], *(prefix for prefix in outgoing(node) if prefix not in others)))
        return allowed

    def _in_network(self, name: str) -> dict[str, tuple[str, ...]]:
        """The prefixes of the network's own nodes, by peers."""
        linked = self.graph.neighbours(name)
        linked_to_all = len(linked) == len(self.graph.network.nodes) - 1 and len(linked) > 1
        forwarders = [] if linked_to_all else [other for other in linked if other in self.graph.forwarders]
        if self._depends_on_paths(name, linked, linked_to_all, forwarders):
            return self._by_next_hops(name, linked)
        behind = {forwarder: self._behind(name, forwarder, linked) for forwarder in forwarders}
        if self._nested:
            return self._by_longest_match(name, linked, behind)
        return {other: self._alone(name, other, behind[other]) if other in behind else self.own(other) for other in linked}

    def _depends_on_paths(self, name: str, linked: tuple[str, ...], linked_to_all: bool, forwarders: list[str]) -> bool:
        """Whether next hops decide: others' paths go through the node, its own may go over several peers, or the network's
        prefixes cannot stand for the nodes behind a peer.
        """
        is_between = name in self.graph.forwarders and not linked_to_all and not self._is_leaf(name, linked)
        has_choice = len(linked) > 1 and (bool(self.graph.weights) or len(forwarders) > 1)
        return is_between or has_choice or (bool(forwarders) and not self._coverable)

    def _by_longest_match(
        self, name: str, linked: tuple[str, ...], behind: Mapping[str, Iterable[Coded]]
    ) -> dict[str, tuple[str, ...]]:
        """One table for all peers, in which a peer's own prefixes win over those behind another."""
        table = {coded: forwarder for forwarder, covering in behind.items() for coded in covering}
        table.update((coded, other) for other in linked for coded in _codes(self.graph.network.nodes[other]))
        return self._aggregated(name, linked, table)

    def _alone(self, name: str, forwarder: str, covering: Iterable[Coded]) -> tuple[str, ...]:
        """The own prefixes of a forwarding peer and those behind it. Other peers' prefixes are longer, so they win."""
        table = dict.fromkeys([*covering, *_codes(self.graph.network.nodes[forwarder])], forwarder)
        return self._aggregated(name, (forwarder,), table)[forwarder]

    def _is_leaf(self, name: str, linked: tuple[str, ...]) -> bool:
        """Whether the node has only one link, to a node that has others or, as a hub, may get them. That node lists the leaf's
        own prefixes, so nothing is sent back and forth.
        """
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
        """Whether one prefix of the network is inside another: joining two prefixes may then change the owner of a third."""
        network = self.graph.network
        own = {coded for node in network.nodes.values() for coded in map(code, node.routes)}
        addresses = {code(address) for node in network.nodes.values() for address in node.addresses}
        return is_nested(own | addresses) or is_nested(own | {code(prefix) for prefix in network.prefixes})

    @cached_property
    def _coverable(self) -> bool:
        """Whether the network's prefixes can stand for all other nodes: none of them is a route."""
        prefixes = {code(prefix) for prefix in self.graph.network.prefixes}
        return not any(code(route) in prefixes for node in self.graph.network.nodes.values() for route in node.routes)

    @cached_property
    def _outside(self) -> tuple[tuple[Coded, str], ...]:
        """The routes outside the network's prefixes, with their owners."""
        network = self.graph.network
        prefixes = [code(prefix) for prefix in network.prefixes]
        return tuple(
            (coded, node.name)
            for node in network.nodes.values()
            for coded in map(code, node.routes)
            if not any(_covers(prefix, coded) for prefix in prefixes)
        )

    def _behind(self, name: str, forwarder: str, linked: tuple[str, ...]) -> Iterable[Coded]:
        """The prefixes for all nodes behind the only peer that forwards.

        These are the network's prefixes, so that nothing changes here when a node is added or removed. An isolated node lists
        the nodes that it may reach instead.
        """
        if name in self.graph.isolated:
            return self._not_isolated
        covering = [code(prefix) for prefix in self.graph.network.prefixes]
        if self._nested or len(linked) > 1:
            near = {name, *linked} - {forwarder}
            return covering + [coded for coded, owner in self._outside if owner not in near]
        outside = set(self._joined_outside)
        for coded in map(code, self.graph.network.nodes[name].routes):
            _cut(outside, coded)
        return [*covering, *outside]

    @cached_property
    def _not_isolated(self) -> list[Coded]:
        isolated = self.graph.isolated
        nodes = (node for node in self.graph.network.nodes.values() if node.name not in isolated)
        codes = dict.fromkeys((coded for node in nodes for coded in _codes(node)), True)
        return list(codes if self._nested else aggregate(codes, False))

    @cached_property
    def _joined_outside(self) -> frozenset[Coded]:
        """The outside routes that all spokes list, apart from their own routes; joined once for all of them."""
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
        """The table by peers. The node's own prefixes take part when prefixes are joined, but are not in the result."""
        own = dict.fromkeys(_codes(self.graph.network.nodes[name]))
        by_peer: dict[str, list[str]] = {other: [] for other in linked}
        for coded, other in aggregate({**table, **own}, None).items():
            if other is not None:
                by_peer[other].append(text(coded))
        return {other: tuple(prefixes) for other, prefixes in by_peer.items()}


def _codes(node: Node) -> list[Coded]:
    return [code(prefix) for prefix in (*node.addresses, *node.routes)]


def _covers(outer: Coded, inner: Coded) -> bool:
    return outer[0] == inner[0] and outer[1] <= inner[1] and outer[2] == inner[2] >> (inner[1] - outer[1])


def _cut(prefixes: set[Coded], hole: Coded) -> None:
    """Cut a prefix out of the one that contains it; the other halves stay."""
    version, length, bits = hole
    while (version, length, bits) not in prefixes:
        prefixes.add((version, length, bits ^ 1))
        length, bits = length - 1, bits >> 1
    prefixes.remove((version, length, bits))
