# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topologies: which nodes are linked, and which forward. Everything after that is the same for all topologies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

from ..model.findings import refuse
from ..model.network import Network, can_link
from .graph import Graph
from .links import undialable, with_links
from .sites import sites, without
from .star import star


def graph_of(network: Network) -> Graph:
    """The links of the network's topology, with those that the user adds or excludes.

    :raises PlanError: an unknown topology, or one whose conditions the nodes do not meet.
    """
    build = TOPOLOGIES.get(network.topology)
    if build is None:
        known = ", ".join(sorted(TOPOLOGIES))
        raise refuse("topology", (), f"network {network.name}: unknown topology '{network.topology}'", f"known are {known}")
    base = build(network)
    chosen = {name for name, node in network.nodes.items() if node.forward or node.hub or node.gateway}
    return with_links(replace(base, forwarders=base.forwarders | chosen))


def _mesh(network: Network) -> Graph:
    """All pairs in which one node can dial the other."""
    nodes = network.nodes
    names = tuple(nodes)
    dialled = tuple(name for name, node in nodes.items() if node.dialled_outside)
    choosing = any(node.underlays for node in nodes.values())
    mates: dict[str, list[str]] = {}
    for name, node in nodes.items():
        if node.site is not None:
            mates.setdefault(node.site, []).append(name)

    def neighbours(name: str) -> tuple[str, ...]:
        node = nodes[name]
        if choosing:
            return tuple(other for other in names if other != name and can_link(node, nodes[other]))
        if node.dialled_outside:
            return without(name, names)
        near = {other for other in mates.get(node.site or "", ()) if can_link(node, nodes[other])}
        return tuple(sorted(near.union(dialled) - {name})) if near else dialled

    return Graph(network, neighbours)


def _ring(network: Network) -> Graph:
    names = _in_order(network)
    return _of_pairs(network, pairwise([*names, *names[:1]] if len(names) > 2 else names), names)


def _chain(network: Network) -> Graph:
    names = _in_order(network)
    return _of_pairs(network, pairwise(names), names[1:-1])


def _tree(network: Network) -> Graph:
    """``home`` is a node's parent; the one node without is the root."""
    nodes = network.nodes
    roots = [name for name, node in nodes.items() if node.home is None]
    if len(roots) != 1 and nodes:
        which = f"{', '.join(roots)} have none" if roots else "all have one"
        what = f"network {network.name}: in a tree, every node except the root has a parent, but here {which}"
        raise refuse("topology", roots, what, "set wireguard_home on all nodes but one")
    pairs = [(node.home, name) for name, node in nodes.items() if node.home is not None]
    for home, name in pairs:
        if home not in nodes or home == name:
            what = f"node {name}: its parent '{home}' is not another node of network {network.name}"
            raise refuse("unknown-node", (name,), what, "correct wireguard_home")
    return _of_pairs(network, pairs, [home for home, _name in pairs])


def _custom(network: Network) -> Graph:
    """Only the links in ``links``."""
    return Graph(network, lambda _name: ())


def _of_pairs(network: Network, pairs: Iterable[tuple[str, str]], forwarders: Iterable[str]) -> Graph:
    linked: dict[str, set[str]] = {name: set() for name in network.nodes}
    for a, b in pairs:
        if not can_link(network.nodes[a], network.nodes[b]):
            raise undialable(
                f"network {network.name}: neighbours in the {network.topology}", *(network.nodes[end] for end in sorted((a, b)))
            )
        linked[a].add(b)
        linked[b].add(a)
    ordered = {name: tuple(sorted(others)) for name, others in linked.items()}
    return Graph(network, ordered.__getitem__, frozenset(forwarders))


def _in_order(network: Network) -> list[str]:
    """Sorted by name, with numbers by their value: n2 before n10."""

    def parts(name: str) -> list[tuple[int, int, str]]:
        return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"([0-9]+)", name) if part]

    return sorted(network.nodes, key=parts)


TOPOLOGIES: dict[str, Callable[[Network], Graph]] = {
    "mesh": _mesh,
    "star": star,
    "sites": sites,
    "ring": _ring,
    "chain": _chain,
    "tree": _tree,
    "custom": _custom,
}
