# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a drill: which host is broken, and which hosts probe which addresses meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..failover.bgp import interface_names
from ..model.findings import PlanError
from ..model.network import Network, Node


def drill_of(networks: Iterable[Network], hub: str, targets: Iterable[str] = ()) -> dict[str, Any]:
    """The drill of one host, JSON-ready.

    ``network``, ``node``, ``interfaces`` (of the host), ``link`` (of the floating address, None if there is none) and
    ``probes``: host -> ``sources`` and ``targets``, addresses. All other nodes probe each other. If the broken host has a standby
    host, they probe its node, too.

    :param targets: additional addresses to probe, such as those of machines behind a hub.
    :raises PlanError: the host is in no network, or no host is left to probe.
    """
    network, node = _of_host(networks, hub)
    probes = _probes(network, node, tuple(targets))
    if not any(probe["targets"] for probe in probes.values()):
        raise PlanError(f"network {network.name}: no host is left to probe; a drill needs two managed nodes besides hubs")
    return {
        "network": network.name,
        "node": node.name,
        "interfaces": interface_names(network, node),
        "link": node.floating[0].interface if node.floating else None,
        "probes": probes,
    }


def _of_host(networks: Iterable[Network], host: str) -> tuple[Network, Node]:
    """The first network of a host, and the host's node in it."""
    for network in networks:
        for node in network.nodes.values():
            if host in node.hosts:
                return network, node
    raise PlanError(f"host {host}: is in no network; correct drill_hub")


def _probes(network: Network, broken: Node, targets: tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    others = [node for node in network.nodes.values() if node.name != broken.name and node.addresses]
    spokes = [node for node in others if node.managed and not node.hub]
    probed = {node.name: node.addresses[0] for node in (*spokes, *([broken] if broken.shared else []))}
    return {
        node.hosts[0]: {
            "sources": list(node.addresses),
            "targets": [*(address for name, address in probed.items() if name != node.name), *targets],
        }
        for node in spokes
        if not node.shared
    }
