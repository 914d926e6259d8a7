# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIRD's settings on a host: its neighbours, the prefixes that it accepts from them, and those that it announces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import PORT, TABLE

from ..model.network import Network, Node
from ..topologies.star import home_of
from .bgp import as_number, hubs_of, interface_names, link_local, own_prefixes, towards, uses_bgp

HOME, OTHER = 200, 100
"""A spoke's preference for its primary hub, and for other hubs."""


def bird_of(networks: Iterable[Network], host: str) -> list[dict[str, Any]]:
    """One entry for each network of the host that uses BGP, JSON-ready.

    ``interface`` (the network's), ``interfaces``, ``table``, ``number`` (of the autonomous system), ``link_local``, ``sources``
    (the host's overlay addresses), ``own`` (prefixes that it announces as its own), ``forwards`` (IP versions that it forwards
    for others) and ``sessions``: ``name``, ``interface``, ``neighbor``, ``number``, ``preference``, ``accepts`` (prefixes
    accepted from it) and ``announces`` (prefixes announced to it besides the host's own).
    """
    return [
        _routing(network, node)
        for network in networks
        for node in network.nodes.values()
        if uses_bgp(network) and node.managed and host in node.hosts
    ]


def _routing(network: Network, node: Node) -> dict[str, Any]:
    others = [network.nodes[name] for name in hubs_of(network) if name != node.name]
    sessions = [_with_hub(network, node, hub) for hub in others]
    if node.hub:
        sessions += [_with_spoke(network, spoke) for spoke in network.nodes.values() if not spoke.hub]
    return {
        "interface": network.interface,
        "interfaces": interface_names(network, node),
        "table": TABLE + (node.port or PORT),
        "number": as_number(node.name),
        "link_local": link_local(node.name),
        "sources": list(node.addresses),
        "own": list(own_prefixes(node)),
        "forwards": sorted({6 if ":" in prefix else 4 for prefix in network.prefixes}) if node.hub else [],
        "sessions": [session for session in sessions if session is not None],
    }


def _with_hub(network: Network, node: Node, hub: Node) -> dict[str, Any] | None:
    if hub.pending:
        return None
    preference = HOME if not node.hub and home_of(network, node) == hub.name else OTHER
    announces = _all_prefixes(network) if node.hub else ()
    accepts = [prefix for prefix in _reached_prefixes(network, node) if prefix not in own_prefixes(node)]
    return _session(hub, towards(network, hub.name), preference, accepts, announces)


def _with_spoke(network: Network, spoke: Node) -> dict[str, Any] | None:
    if spoke.pending:
        return None
    announces = _reached_prefixes(network, spoke)
    return _session(spoke, network.interface, OTHER, own_prefixes(spoke), [p for p in announces if p not in own_prefixes(spoke)])


def _session(other: Node, interface: str, preference: int, accepts: Iterable[str], announces: Iterable[str]) -> dict[str, Any]:
    return {
        "name": other.name,
        "interface": interface,
        "neighbor": link_local(other.name),
        "number": as_number(other.name),
        "preference": preference,
        "accepts": list(accepts),
        "announces": list(announces),
    }


def _all_prefixes(network: Network) -> list[str]:
    return [prefix for node in network.nodes.values() for prefix in own_prefixes(node)]


def _reached_prefixes(network: Network, node: Node) -> list[str]:
    """The prefixes of other nodes that the node may reach."""
    hubs_alone = network.isolate_spokes and not node.hub
    others = [other for other in network.nodes.values() if other.name != node.name and (other.hub or not hubs_alone)]
    return [prefix for other in others for prefix in own_prefixes(other)]
