# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hub lets through between its spokes, and out of the tunnel: the owner of a spoke can change the spoke's own AllowedIPs.

The hub's AllowedIPs bind the sender of a packet to its key, so that addresses can be trusted there, and nowhere else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import written

from ..failover.routed import interface_names
from ..model.network import Network, Node
from ..paths.exits import exit_of
from ..topologies.graph import Graph


def isolation_of(graph: Graph, node: Node) -> str | None:
    """The chains of the node's table of nftables; None where it has nothing to enforce."""
    rules = list(_rules(graph, node))
    if not rules:
        return None
    return chain("forward", "filter hook forward priority filter - 10", rules)


def keeps_apart(graph: Graph, name: str) -> bool:
    """Whether a node drops what isolated spokes send one another through it."""
    node = graph.network.nodes[name]
    return node.managed and node.hub and bool(graph.isolated)


def _rules(graph: Graph, node: Node) -> Iterator[str]:
    if not node.managed:
        return
    links = names_of(graph.network, node)
    apart, exits = keeps_apart(graph, node.name), entitled(graph, node.name)
    if apart:
        others = [prefix for other in graph.network.nodes.values() if other.name not in graph.isolated for prefix in own(other)]
        for version, prefixes in by_version(others):
            yield f"iifname {links} oifname {links} {version} saddr {prefixes} accept"
            yield f"iifname {links} oifname {links} {version} daddr {prefixes} accept"
        for link in graph.network.links:
            yield from _linked(graph, links, link.a, link.b) if not link.exclude else ()
        yield f"iifname {links} oifname {links} counter drop"
    if exits:
        yield f"iifname {links} oifname != {links} ct state established,related accept"
        for version, prefixes in by_version(exits):
            yield f"iifname {links} oifname != {links} {version} saddr {prefixes} accept"
        for version, prefixes in by_version(node.routes):
            yield f"iifname {links} oifname != {links} {version} daddr {prefixes} accept"
        yield f"iifname {links} oifname != {links} counter drop"


def _linked(graph: Graph, links: str, a: str, b: str) -> Iterator[str]:
    """Two nodes whose link is asked for may send one another packets by whatever way."""
    network = graph.network
    for one, other in ((a, b), (b, a)):
        if not {one, other} <= set(network.nodes):
            continue
        for version, sources in by_version(own(network.nodes[one])):
            for same, destinations in by_version(own(network.nodes[other])):
                if version == same:
                    yield f"iifname {links} oifname {links} {version} saddr {sources} {version} daddr {destinations} accept"


def entitled(graph: Graph, name: str) -> list[str]:
    """The addresses and routes of the nodes whose exit a node is."""
    nodes = graph.network.nodes.values()
    return [prefix for other in nodes if other.allowed_ips and exit_of(graph, other) == name for prefix in own(other)]


def own(node: Node) -> list[str]:
    """A node's addresses and routes."""
    return [*node.addresses, *node.routes]


def names_of(network: Network, node: Node) -> str:
    """The node's interfaces as a set of nftables."""
    return quoted(interface_names(network, node))


def quoted(interfaces: Iterable[str]) -> str:
    """Interfaces as a set of nftables: in quotes, in which nft knows no escapes, and takes a ``*`` for any characters."""
    return "{ " + ", ".join('"' + written(name, "interface", '"*\\', spaces=False) + '"' for name in interfaces) + " }"


def by_version(prefixes: Iterable[str]) -> list[tuple[str, str]]:
    """``ip`` and ``ip6``, each with its prefixes as a set of nftables, of those that there are. In a set none lies in another."""
    networks = [ipaddress.ip_network(prefix) for prefix in prefixes]
    found = []
    for version, word in ((4, "ip"), (6, "ip6")):
        some: list[Any] = [network for network in networks if network.version == version]
        whole = [str(network).removesuffix(f"/{network.max_prefixlen}") for network in ipaddress.collapse_addresses(some)]
        found += [(word, "{ " + ", ".join(whole) + " }")] if whole else []
    return found


def chain(name: str, kind: str, rules: Iterable[str]) -> str:
    """A chain of nftables."""
    lines = "".join(f"    {rule}\n" for rule in rules)
    return f"  chain {name} {{\n    type {kind}; policy accept;\n{lines}  }}\n"
