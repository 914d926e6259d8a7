# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links that the user adds or excludes, on top of those of the topology."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from ..model.findings import refuse
from ..model.network import Link, Network, Node, can_link
from .graph import Graph

NO_COMMON_UNDERLAY = (
    "correct wireguard_underlays, or give one of them an endpoint on an underlay of the other (wireguard_endpoints)"
)
"""The remedy for nodes that are apart."""


def with_links(base: Graph) -> Graph:
    """The graph with the network's own links. Later entries win.

    :raises PlanError: a name that is neither a node nor a group, or a link that cannot be.
    """
    network = base.network
    if not network.links:
        return base
    wanted: dict[tuple[str, str], Link] = {}
    for link in network.links:
        for pair in _pairs(network, link):
            wanted[pair] = link
    added: dict[str, set[str]] = {}
    removed: dict[str, set[str]] = {}
    for (a, b), link in wanted.items():
        for one, other in ((a, b), (b, a)):
            (removed if link.exclude else added).setdefault(one, set()).add(other)

    def neighbours(name: str) -> tuple[str, ...]:
        linked = base.neighbours(name)
        if name not in added and name not in removed:
            return linked
        return tuple(sorted((added.get(name, set()).union(linked)) - removed.get(name, set())))

    weights = {pair: link.weight for pair, link in wanted.items() if link.weight != 1 and not link.exclude}
    return Graph(network, neighbours, base.forwarders, {**base.weights, **weights}, base.isolated)


def _pairs(network: Network, link: Link) -> Iterator[tuple[str, str]]:
    """The pairs of nodes that a link stands for, each in sorted order. For groups, only pairs that can be linked."""
    some, others = members(network, link.a), members(network, link.b)
    if link.a == link.b and link.a in network.nodes:
        what = f"network {network.name}: a link is between {link.a} and itself"
        raise refuse("self-link", (link.a,), what, "correct wireguard_links")
    for a, b in product(some, others):
        if a == b:
            continue
        possible = link.exclude or can_link(network.nodes[a], network.nodes[b])
        if not possible and link.a in network.nodes and link.b in network.nodes:
            raise undialable(f"the link {a} - {b} of network {network.name}", network.nodes[a], network.nodes[b])
        if possible:
            yield (a, b) if a < b else (b, a)


def undialable(what: str, a: Node, b: Node) -> Exception:
    """The error for a link neither end of which can dial the other."""
    why, remedy = f"neither {a.name} nor {b.name} can be dialled", "give one of them an endpoint (wireguard_endpoint)"
    if are_apart(a, b):
        why, remedy = f"neither can dial the other, {apart(a, b)}", NO_COMMON_UNDERLAY
    return refuse("undialable-link", (a.name, b.name), f"{what}: {why}", remedy)


def are_apart(a: Node, b: Node) -> bool:
    """Whether only their ``underlays`` keep two nodes from dialling each other."""
    return not can_link(a, b) and can_link(replace(a, underlays=()), replace(b, underlays=()))


def apart(a: Node, b: Node) -> str:
    """Their endpoints and underlays, for a message."""
    return " and ".join(f"{node.name} {_underlays(node)}" for node in (a, b))


def _underlays(node: Node) -> str:
    there = ", ".join(underlay or "every underlay but lan" for underlay in node.dialled_at)
    dials = f" and dials on {', '.join(node.underlays)}" if node.underlays else ""
    return f"(has {f'endpoints on {there}' if there else 'no endpoint'}{dials})"


def members(network: Network, name: str) -> tuple[str, ...]:
    """The nodes that a name in a link stands for.

    :raises PlanError: it is neither a node nor a group.
    """
    if name in network.nodes:
        return (name,)
    if name not in network.groups:
        raise refuse(
            "unknown-node",
            (),
            f"network {network.name}: a link names '{name}', which is neither a node nor a group of the inventory",
            "correct wireguard_links",
        )
    return tuple(member for member in network.groups[name] if member in network.nodes)
