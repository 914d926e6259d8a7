# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The finished peers of a node: AllowedIPs, endpoint, keepalive."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import KEEPALIVE

from ..model.findings import PlanError
from ..model.network import Network, Node, peer_from
from ..paths.allowed_ips import AllowedIPs
from ..topologies.graph import Graph
from ..topologies.topology import graph_of


def peers_of(network: Network, name: str) -> tuple[Peer, ...]:
    """The peers of a node, sorted by name. Pending nodes keep their place on paths, but are not among the peers.

    :raises PlanError: the network has no such node.
    """
    return Peers(graph_of(network)).of(name)


class Peers:
    """The peers of all nodes of a graph, computed node by node."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._allowed_ips = AllowedIPs(graph)
        self._last: dict[tuple[str, str | None, int], Peer] = {}

    def of(self, name: str) -> tuple[Peer, ...]:
        """The peers of a node, sorted by name. Peers that are equal for several nodes are mostly the same object.

        :raises PlanError: the network has no such node.
        """
        network = self.graph.network
        if name not in network.nodes:
            raise PlanError(f"network {network.name}: has no node '{name}'; it has {', '.join(network.nodes)}")
        return tuple(self._peers(network.nodes[name]))

    def _peers(self, node: Node) -> Iterator[Peer]:
        nodes = self.graph.network.nodes
        for name, prefixes in self._allowed_ips.of(node.name).items():
            other = nodes[name]
            if other.public_key is None:
                continue
            endpoint, seconds = other.endpoint_from(node), keepalive(node, other)
            kind = (name, endpoint, seconds)
            peer = self._last.get(kind)
            if peer is None or peer.allowed_ips != prefixes:
                peer = self._last[kind] = peer_from(other, allowed_ips=prefixes, endpoint=endpoint, keepalive=seconds)
            yield peer


def with_next_keys(network: Network, peers: tuple[Peer, ...]) -> tuple[Peer, ...]:
    """The peers, and after each one whose node has a next key a peer with that key, which follows it."""
    if not any(network.nodes[str(peer.name)].next_public_key for peer in peers):
        return peers
    found: list[Peer] = []
    for peer in peers:
        upcoming = network.nodes[str(peer.name)].next_public_key
        found.append(peer)
        if upcoming is not None:
            found.append(Peer(upcoming, endpoint=peer.endpoint, name=peer.name, follows=peer.public_key))
    return tuple(found)


def keepalive(node: Node, other: Node) -> int:
    """Seconds between a node's keepalives to another. By default it sends them if the other cannot dial it."""
    if node.keepalive is not None:
        return node.keepalive
    return 0 if node.endpoint_from(other) is not None else KEEPALIVE
