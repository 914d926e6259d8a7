# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host measures for Prometheus: its interfaces, and the nodes behind the keys of their peers."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import PROBED

from ..diagnosis.pairs import Pair
from ..hosts.interfaces import Interfaces
from ..model.findings import PlanError
from ..model.network import Network, Node


def measured(interfaces: Interfaces, host: str, probed: str = PROBED[0]) -> dict[str, dict[str, Any]]:
    """Interface -> what the host measures of it, JSON-ready, as ``MetricsSettings`` has it. A node's next key stands for the same
    node.

    :param probed: one of ``PROBED``: the peers that get a packet.
    :raises PlanError: another value.
    """
    if probed not in PROBED:
        raise PlanError(f"wireguard_metrics_peers: '{probed}' is not one of {', '.join(PROBED)}")
    return {
        name: {
            "network": network.name,
            "node": node.name,
            "key": network.interface,
            "inside": bool(node.inside),
            "peers": _peers(network, node, config, probed),
        }
        for network, node, name, config in interfaces.configs(host)
    }


def _peers(network: Network, node: Node, config: Config, probed: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for peer in config.peers:
        other = network.nodes[str(peer.name)]
        entry = found.setdefault(other.name, {"keys": [], "address": _address(network, node, other, probed)})
        entry["keys"].append(peer.public_key)
    return found


def _address(network: Network, node: Node, other: Node, probed: str) -> str | None:
    """The address that gets a packet; None if the peer gets none."""
    if probed == "none" or (probed == "managed" and not other.managed):
        return None
    return Pair(network, *sorted((node.name, other.name))).address_from(node.name)
