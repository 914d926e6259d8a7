# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exits: traffic to outside the network, all of it or all but a LAN, that a node sends to one of its peers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from ..model.findings import Finding
from ..model.network import Network, Node
from ..model.prefixes import cut
from ..topologies.graph import Graph


def outgoing(node: Node) -> tuple[str, ...]:
    """The fewest prefixes for ``allowed_ips`` without ``excluded_ips``, IPv4 first."""
    rest: list[Any] = [ipaddress.ip_network(prefix) for prefix in node.allowed_ips]
    for hole in map(ipaddress.ip_network, node.excluded_ips):
        rest = [piece for net in rest for piece in cut(net, hole)]
    prefixes: list[str] = []
    for version in (4, 6):
        prefixes += map(str, ipaddress.collapse_addresses(net for net in rest if net.version == version))
    return tuple(prefixes)


def exit_of(graph: Graph, node: Node) -> str | None:
    """The peer that takes the outgoing traffic; None if it is ambiguous."""
    linked = graph.neighbours(node.name)
    if node.exit is not None:
        return node.exit if node.exit in linked else None
    candidates = [name for name in linked if name in graph.forwarders] or list(linked)
    return candidates[0] if len(candidates) == 1 else None


def exits_of(graph: Graph) -> frozenset[str]:
    """The names of the nodes that take the outgoing traffic of others."""
    found = {exit_of(graph, node) for node in graph.network.nodes.values() if node.allowed_ips}
    return frozenset(name for name in found if name is not None)


def host_forwards(graph: Graph, node: Node) -> bool:
    """Whether the node's host has to forward packets: between its peers, to its routes, or as an exit."""
    return node.name in graph.forwarders or bool(node.routes) or node.name in exits_of(graph)


def exit_findings(network: Network, graph: Graph) -> Iterator[Finding]:
    """Nodes whose exit is ambiguous or missing."""
    for name, node in network.nodes.items():
        if node.allowed_ips and exit_of(graph, node) is None:
            linked = ", ".join(graph.neighbours(name)) or "none"
            what = f"node {name}: its allowed_ips need an exit, one of its peers ({linked})"
            what += f", but {node.exit} is not one of them" if node.exit else ""
            yield Finding("exit", (name,), what, "set wireguard_exit to one of them")
        elif node.excluded_ips and not node.allowed_ips:
            what = f"node {name}: has excluded_ips, but no allowed_ips to exclude them from"
            yield Finding("exit", (name,), what, "set wireguard_allowed_ips; ['0.0.0.0/0', '::/0'] means all traffic")
