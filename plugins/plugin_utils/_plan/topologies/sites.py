# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sites: the nodes of a site are linked to each other, and the gateways of all sites are linked."""

from __future__ import annotations

from bisect import bisect_left

from ..model.network import Network, can_link
from .graph import Graph


def sites(network: Network) -> Graph:
    """Nodes without a site are linked to the gateways."""
    nodes = network.nodes
    members: dict[str, list[str]] = {}
    for name, node in nodes.items():
        if node.site is not None:
            members.setdefault(node.site, []).append(name)
    all_of = {site: tuple(names) for site, names in members.items()}
    dialled_of = {site: tuple(n for n in names if nodes[n].dialled_at) for site, names in members.items()}
    choosing = any(node.underlays for node in nodes.values())
    gateways = tuple(name for name, node in nodes.items() if node.gateway)
    siteless = tuple(name for name, node in nodes.items() if node.site is None and not node.gateway)

    def neighbours(name: str) -> tuple[str, ...]:
        node = nodes[name]
        near: tuple[str, ...] = ()
        if node.site is not None:
            near = without(name, (all_of if node.dialled_at else dialled_of)[node.site])
            near = tuple(other for other in near if can_link(node, nodes[other])) if choosing else near
        if node.site is not None and not node.gateway:
            return near
        far = {other for other in (*gateways, *(siteless if node.gateway else ())) if can_link(node, nodes[other])}
        return tuple(sorted(far.union(near) - {name}))

    return Graph(network, neighbours, frozenset(gateways))


def without(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The sorted names without one of them."""
    index = bisect_left(names, name)
    return names[:index] + names[index + 1 :] if index < len(names) and names[index] == name else names
