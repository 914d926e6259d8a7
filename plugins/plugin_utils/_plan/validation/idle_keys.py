# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that have no effect, because the network or the node lacks what they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model.findings import Finding, shown
from ..model.network import Network, Node

_OF_TOPOLOGIES = (
    ("hub", lambda node: node.hub, ("star",), "only makes a node forward"),
    ("home", lambda node: node.home is not None, ("star", "tree"), "has no effect"),
    ("gateway", lambda node: node.gateway, ("sites",), "only makes a node forward"),
)
"""Key of a node, whether a node has it, the topologies that use it, and what it does in others."""
_OF_NODES: tuple[tuple[str, Callable[[Node], bool], str], ...] = (
    ("exit", lambda node: node.exit is not None and not node.allowed_ips, "wireguard_allowed_ips"),
    ("floating", lambda node: bool(node.floating) and not node.shared, "several hosts with the same wireguard_node"),
    ("vrrp_address", lambda node: bool(node.vrrp_addresses) and not node.shared, "several hosts with the same wireguard_node"),
)
"""Key of a node, whether a node has it without what it belongs to, and what that is."""


def idle_keys(network: Network) -> Iterator[Finding]:
    """One finding for each key, whatever the number of nodes that have it."""
    nodes = network.nodes.values()
    for key, has, topologies, what in _OF_TOPOLOGIES:
        if network.topology not in topologies:
            where = f"{what} in topology {network.topology}"
            remedy = f"remove it, or set wireguard_topology to {' or '.join(topologies)}"
            yield from _found(network, key, tuple(node.name for node in nodes if has(node)), where, remedy)
    for key, idle, needed in _OF_NODES:
        what = f"has no effect without {needed}"
        yield from _found(network, key, tuple(node.name for node in nodes if idle(node)), what, "remove it, or add that")
    if not network.container_prefixes:
        what = "has no effect without wireguard_container_prefixes"
        yield from _found(network, "containers", tuple(node.name for node in nodes if not node.containers), what, "remove it")
    if network.isolate_spokes and network.topology != "star":
        what = f"network {network.name}: wireguard_isolate_spokes has no effect in topology {network.topology}"
        yield Finding("no-effect", (), what, "remove it, or set wireguard_topology to star")


def _found(network: Network, key: str, names: tuple[str, ...], what: str, remedy: str) -> Iterator[Finding]:
    if names:
        yield Finding("no-effect", names, f"network {network.name}: wireguard_{key} {what} ({shown('node', names)})", remedy)
