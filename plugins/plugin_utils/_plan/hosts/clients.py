# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations for clients: phones, laptops and foreign routers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config

from ..failover.bgp import uses_bgp
from ..model.findings import PlanError
from ..model.network import Network, Node
from ..secrets.preshared import Preshared
from ..topologies.topology import graph_of
from .interfaces import config_of
from .peers import Peers


def clients_of(network: Network) -> Iterator[Node]:
    """The nodes that Ansible does not configure, sorted by name."""
    return (node for node in network.nodes.values() if not node.managed and node.hosts)


def client_config(network: Network, name: str, private_key: str | None, preshared: Preshared) -> Config:
    """The configuration of a client's interface. A client without an endpoint listens on a random port.

    :raises PlanError: a peer's public key is not known yet, or the network uses BGP, which needs BIRD on every spoke.
    """
    if uses_bgp(network):
        raise PlanError(
            f"network {network.name}: with wireguard_failover: bgp, {name} would need BIRD; put clients in their own network"
        )
    graph = graph_of(network)
    unknown = [peer for peer in graph.neighbours(name) if network.nodes[peer].pending]
    if unknown:
        raise PlanError(
            f"client {name}: no run has seen the public key of {', '.join(unknown)} yet; run meshwork.wireguard.mesh first"
        )
    node = network.nodes[name]
    config = config_of(Peers(graph), node)
    port = config.port if node.dialled_at else None
    return replace(config, private_key=private_key, port=port, peers=preshared.of(network, name, config.peers))
