# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The finished peers of a node: AllowedIPs, endpoint, keepalive."""

from __future__ import annotations

import ipaddress

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.addresses import collapse, covers, sort_prefixes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.model import Peer

from .network import Network, Node, PlanError
from .routing import next_hops
from .topology import Graph, graph_of

KEEPALIVE = 25
"""Seconds: below the 30 s after which NAT boxes forget a UDP mapping (RFC 4787 REQ-5 asks for 2 minutes, many keep less)."""


def peers_of(network: Network, name: str) -> tuple[Peer, ...]:
    """The peers of a node, sorted by name. Pending nodes keep their place in the routing, but are not among them.

    :raises PlanError: the network has no such node.
    """
    return peers_in(graph_of(network), name)


def peers_in(graph: Graph, name: str) -> tuple[Peer, ...]:
    """As :func:`peers_of`, for a graph that is there already."""
    network = graph.network
    node = network.nodes.get(name)
    if node is None:
        raise PlanError(f"network {network.name}: has no node '{name}'; it has {', '.join(network.nodes)}")
    return tuple(
        _peer(node, network.nodes[other], key, prefixes)
        for other, prefixes in _allowed_ips(graph, node).items()
        if (key := network.nodes[other].public_key) is not None
    )


def _peer(node: Node, other: Node, public_key: str, allowed_ips: tuple[str, ...]) -> Peer:
    needed = 0 if node.endpoint is not None else KEEPALIVE
    return Peer(
        name=other.name,
        public_key=public_key,
        allowed_ips=allowed_ips,
        endpoint=other.endpoint,
        keepalive=needed if node.keepalive is None else node.keepalive,
    )


def _allowed_ips(graph: Graph, node: Node) -> dict[str, tuple[str, ...]]:
    linked = graph.neighbours(node.name)
    if len(linked) == 1 and node.name not in graph.forwarders:
        return {linked[0]: _covering(graph.network, node)}
    behind: dict[str, list[str]] = {other: [] for other in linked}
    for destination, hop in next_hops(graph, node.name).items():
        behind[hop].extend(_prefixes(graph.network.nodes[destination]))
    # Not collapsed: a prefix inside a wider one of the same peer may be a hole in one of another peer.
    return {other: sort_prefixes(prefixes) for other, prefixes in behind.items()}


def _covering(network: Network, node: Node) -> tuple[str, ...]:
    """All of the network through one peer: its prefixes, so that a node that comes or goes changes nothing here."""
    routes = [
        route
        for other in network.nodes.values()
        for route in other.routes
        if other is not node and not any(covers(prefix, route) for prefix in network.prefixes)
    ]
    return collapse([prefix for prefix in network.prefixes if prefix not in node.routes] + routes)


def _prefixes(node: Node) -> list[str]:
    return [str(ipaddress.ip_network(address)) for address in node.addresses] + list(node.routes)
