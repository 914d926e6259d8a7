# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Isolation of spokes and of exits, enforced on the hub, because the owner of a spoke can change the spoke's own AllowedIPs.

A hub's AllowedIPs bind each source address to a key, so addresses can be trusted there, and only there.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..failover.bgp import interface_names
from ..model.network import Network, Node
from ..paths.exits import exit_of, host_forwards
from ..topologies.graph import Graph
from .nftables import by_version, chain, quoted_links


def isolation_of(graph: Graph, node: Node) -> str | None:
    """The chains of the node's nftables table; None if it has nothing to enforce."""
    rules = list(_rules(graph, node))
    if not rules:
        return None
    return chain("forward", "filter hook forward priority filter - 10", rules)


def keeps_apart(graph: Graph, name: str) -> bool:
    """Whether a node drops packets between isolated spokes: hubs do, and forwarding spokes to which several others are linked."""
    node = graph.network.nodes[name]
    if not node.managed or not graph.isolated:
        return False
    return node.hub or (len(graph.isolated.intersection(graph.neighbours(name))) > 1 and host_forwards(graph, node))


def linked_pairs(graph: Graph) -> Iterator[tuple[str, str]]:
    """The pairs of isolated nodes that are linked, and so may reach each other."""
    for name in sorted(graph.isolated):
        for other in graph.neighbours(name):
            if name < other and other in graph.isolated:
                yield name, other


def _rules(graph: Graph, node: Node) -> Iterator[str]:
    if not node.managed:
        return
    links = quoted_links(interface_names(graph.network, node))
    apart, exits = keeps_apart(graph, node.name), entitled(graph, node.name)
    if apart:
        others = [prefix for other in graph.network.nodes.values() if other.name not in graph.isolated for prefix in own(other)]
        for version, prefixes in by_version(others):
            yield f"iifname {links} oifname {links} {version} saddr {prefixes} accept"
            yield f"iifname {links} oifname {links} {version} daddr {prefixes} accept"
        for one, other in linked_pairs(graph):
            yield from _linked(graph.network, links, one, other)
        yield f"iifname {links} oifname {links} counter drop"
    if exits:
        yield f"iifname {links} oifname != {links} ct state established,related accept"
        for version, prefixes in by_version(exits):
            yield f"iifname {links} oifname != {links} {version} saddr {prefixes} accept"
        for version, prefixes in by_version(node.routes):
            yield f"iifname {links} oifname != {links} {version} daddr {prefixes} accept"
        yield f"iifname {links} oifname != {links} counter drop"


def _linked(network: Network, links: str, a: str, b: str) -> Iterator[str]:
    """Two linked nodes may reach each other on any path: their own link may weigh more than two links over this node."""
    for one, other in ((a, b), (b, a)):
        for version, sources in by_version(own(network.nodes[one])):
            for same, destinations in by_version(own(network.nodes[other])):
                if version == same:
                    yield f"iifname {links} oifname {links} {version} saddr {sources} {version} daddr {destinations} accept"


def entitled(graph: Graph, name: str) -> list[str]:
    """The addresses and routes of the nodes whose exit is this node."""
    nodes = graph.network.nodes.values()
    return [prefix for other in nodes if other.allowed_ips and exit_of(graph, other) == name for prefix in own(other)]


def own(node: Node) -> list[str]:
    """A node's addresses and routes."""
    return [*node.addresses, *node.routes]
