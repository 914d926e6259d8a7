# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Star: each spoke is linked to one hub, and the hubs to each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ..model.findings import refuse
from ..model.network import Network, Node, can_link
from .graph import Graph
from .links import are_apart, undialable


def star(network: Network) -> Graph:
    """Spokes without a primary hub (``home``) are distributed over the hubs.

    :raises PlanError: no hub, a primary hub that is not a hub, or a spoke that cannot be linked to any hub.
    """
    nodes = network.nodes
    hubs = tuple(name for name, node in nodes.items() if node.hub)
    if network.failover == "bgp" and hubs:
        return _to_all(network, hubs)
    if not hubs:
        raise refuse(
            "topology", (), f"network {network.name}: a star needs at least one hub", "set wireguard_hub: true on a node"
        )
    homes = {name: _home(network.name, node, nodes, hubs) for name, node in nodes.items() if not node.hub}
    spokes: dict[str, list[str]] = {hub: [] for hub in hubs}
    for spoke, hub in homes.items():
        spokes[hub].append(spoke)

    def neighbours(name: str) -> tuple[str, ...]:
        if name in homes:
            return (homes[name],)
        others = [hub for hub in hubs if hub != name and can_link(nodes[hub], nodes[name])]
        return tuple(sorted(others + spokes[name]))

    return Graph(network, neighbours, frozenset(hubs), isolated=frozenset(homes) if network.isolate_spokes else frozenset())


def _to_all(network: Network, hubs: tuple[str, ...]) -> Graph:
    """With BGP, every spoke is linked to every hub."""
    spokes = tuple(name for name in network.nodes if name not in hubs)

    def neighbours(name: str) -> tuple[str, ...]:
        return hubs if name not in hubs else tuple(sorted({*hubs, *spokes} - {name}))

    return Graph(network, neighbours, frozenset(hubs), isolated=frozenset(spokes) if network.isolate_spokes else frozenset())


def home_of(network: Network, spoke: Node) -> str:
    """The hub that a spoke is linked to, or with BGP prefers.

    :raises PlanError: as :func:`star`.
    """
    return _home(network.name, spoke, network.nodes, tuple(name for name, node in network.nodes.items() if node.hub))


def _home(network: str, spoke: Node, nodes: Mapping[str, Node], hubs: tuple[str, ...]) -> str:
    if spoke.home is not None:
        if spoke.home not in hubs:
            what = f"node {spoke.name}: its primary hub '{spoke.home}' is not a hub of network {network}"
            raise refuse("unknown-node", (spoke.name,), what, "correct wireguard_home, or set wireguard_hub: true on that node")
        candidates: tuple[str, ...] = (spoke.home,)
    else:
        candidates = hubs
    possible = [hub for hub in candidates if can_link(nodes[hub], spoke)]
    if not possible and are_apart(spoke, nodes[candidates[0]]):
        raise undialable(f"node {spoke.name} and hub {candidates[0]}", spoke, nodes[candidates[0]])
    if not possible:
        what = f"node {spoke.name}: neither it nor hub {candidates[0]} has an endpoint"
        raise refuse("undialable-link", (spoke.name, candidates[0]), what, "give the hub one (wireguard_endpoint)")
    return max(possible, key=lambda hub: _rendezvous(spoke.name, hub))


def _rendezvous(spoke: str, hub: str) -> bytes:
    """Highest random weight: most spokes keep their hub when hubs are added, and only a removed hub's spokes move."""
    return hashlib.sha256(f"{spoke}\0{hub}".encode()).digest()
