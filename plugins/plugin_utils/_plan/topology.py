# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topologies: which nodes are linked, and who forwards. Everything after that is common to all topologies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .network import Network, Node, PlanError


@dataclass(frozen=True)
class Graph:
    """The links of a network. ``neighbours(name)`` gives the names of the nodes linked to a node, sorted."""

    network: Network
    neighbours: Callable[[str], tuple[str, ...]]
    forwarders: frozenset[str]


def can_link(a: Node, b: Node) -> bool:
    """One of the two has to be there to be dialled."""
    return a.endpoint is not None or b.endpoint is not None


def graph_of(network: Network) -> Graph:
    """The links of the network's topology.

    :raises PlanError: an unknown topology, or one whose conditions the nodes do not meet.
    """
    build = TOPOLOGIES.get(network.topology)
    if build is None:
        raise PlanError(
            f"network {network.name}: unknown topology '{network.topology}'; known are {', '.join(sorted(TOPOLOGIES))}"
        )
    return build(network)


def _mesh(network: Network) -> Graph:
    nodes = network.nodes
    reachable = tuple(name for name, node in nodes.items() if node.endpoint is not None)

    def neighbours(name: str) -> tuple[str, ...]:
        names = tuple(nodes) if nodes[name].endpoint is not None else reachable
        return tuple(other for other in names if other != name)

    return Graph(network, neighbours, frozenset(name for name, node in nodes.items() if node.forward))


def _star(network: Network) -> Graph:
    nodes = network.nodes
    hubs = tuple(name for name, node in nodes.items() if node.hub)
    if not hubs:
        raise PlanError(f"network {network.name}: a star needs a hub; set wireguard_hub: true on one node or more")
    homes = {name: _home(network.name, node, nodes, hubs) for name, node in nodes.items() if not node.hub}
    spokes: dict[str, list[str]] = {hub: [] for hub in hubs}
    for spoke, hub in homes.items():
        spokes[hub].append(spoke)

    def neighbours(name: str) -> tuple[str, ...]:
        if name in homes:
            return (homes[name],)
        others = [hub for hub in hubs if hub != name and can_link(nodes[hub], nodes[name])]
        return tuple(sorted(others + spokes[name]))

    return Graph(network, neighbours, frozenset(hubs) | {name for name, node in nodes.items() if node.forward})


def _home(network: str, spoke: Node, nodes: Mapping[str, Node], hubs: tuple[str, ...]) -> str:
    if spoke.home is not None:
        if spoke.home not in hubs:
            raise PlanError(f"node {spoke.name}: its home '{spoke.home}' is not a hub of network {network}")
        candidates: tuple[str, ...] = (spoke.home,)
    else:
        candidates = hubs
    possible = [hub for hub in candidates if can_link(nodes[hub], spoke)]
    if not possible:
        raise PlanError(f"node {spoke.name}: neither it nor hub {candidates[0]} has an endpoint; give the hub one")
    return max(possible, key=lambda hub: _rendezvous(spoke.name, hub))


def _rendezvous(spoke: str, hub: str) -> bytes:
    """Highest random weight: a spoke keeps its hub when others come, and only a lost hub's spokes move."""
    return hashlib.sha256(f"{spoke}\0{hub}".encode()).digest()


TOPOLOGIES: dict[str, Callable[[Network], Graph]] = {"mesh": _mesh, "star": _star}
