# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WireGuard interfaces of a host, over which the roles loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, config_to_dict

from ..failover.bgp import bgp_configs, uses_bgp
from ..failover.vrrp import mark_of, silencing
from ..model.findings import PlanError, stop_at_errors
from ..model.network import Network, Node
from ..paths.exits import host_forwards
from ..secrets.preshared import Preshared
from ..topologies.topology import graph_of
from ..validation.clashes import clashes
from .isolation import isolation_of
from .peers import Peers


def interfaces_of(
    networks: Iterable[Network], host: str, preshared: Mapping[str, Preshared] | None = None
) -> list[dict[str, Any]]:
    """One entry per interface of the host, each JSON-ready.

    ``name`` of the interface, ``network``, ``node``, ``key`` (name of its private key's file, without ``.key``), ``make_key``
    (False if the host must not make a key, but gets that of another host), ``renews_key`` (whether the host makes the new key if
    one is requested for all of them), ``forward`` (whether the host must forward), ``needs`` (what else the host must have
    installed), ``inside`` (the namespace or container of the interface, if there is one), ``config`` (the configuration in the
    shape of the module's option ``config``, without the private key) and, on the network's first interface, ``isolation`` (the
    chains of the nftables table that isolates nodes, if there is one).

    :param preshared: network name -> source of its preshared keys; without it, peers have none.
    :raises PlanError: two networks of the host claim the same interface name or port.
    """
    members = [(network, node) for network in networks for node in network.nodes.values() if node.managed and host in node.hosts]
    stop_at_errors(clashes(host, members))
    keys = preshared or {}
    return [entry for network, node in members for entry in _interfaces(network, node, host, keys.get(network.name, Preshared()))]


def _interfaces(network: Network, node: Node, host: str, preshared: Preshared) -> Iterator[dict[str, Any]]:
    graph = graph_of(network)
    isolation, forwards = isolation_of(graph, node), host_forwards(graph, node)
    for name, plain in configs_of(Peers(graph), node):
        config = replace(plain, peers=preshared.of(network, node.name, plain.peers))
        wants = {
            "dns": bool(config.dns), "full_tunnel": config.full_tunnel, "vrrp": node.shared, "shared_key": node.shared,
            "bgp": uses_bgp(network), "firewall": isolation is not None,
        }  # fmt: skip
        yield {
            "name": name,
            "network": network.name,
            "node": node.name,
            "key": network.interface,
            "make_key": not node.shared or (node.pending and host == node.hosts[0]),
            "forward": forwards,
            "needs": [need for need, wanted in wants.items() if wanted],
            "config": config_to_dict(config),
            **({"isolation": isolation} if isolation and name == network.interface else {}),
            **({"renews_key": True} if node.shared and host == node.hosts[0] else {}),
            **({"inside": node.inside} if node.inside else {}),
        }


def configs_of(peers: Peers, node: Node) -> Iterator[tuple[str, Config]]:
    """The node's interfaces, name and configuration without the private key: one, or with BGP, one for each hub."""
    network = peers.graph.network
    if uses_bgp(network):
        yield from bgp_configs(network, node)
    else:
        yield network.interface, config_of(peers, node)


def config_of(peers: Peers, node: Node) -> Config:
    """The configuration of a node's interface, without the private key."""
    return Config(
        addresses=tuple(_with_prefix_length(peers.graph.network, node, address) for address in node.addresses),
        port=node.port or None,
        fwmark=mark_of(node) if node.shared else node.fwmark,
        mtu=node.set_mtu,
        table=node.table,
        dns=node.dns,
        hooks=silencing(node) if node.shared else node.hooks,
        peers=peers.of(node.name),
    )


def _with_prefix_length(network: Network, node: Node, address: str) -> str:
    prefix = network.prefix_of(address)
    if prefix is None:
        raise PlanError(f"network {network.name}: address {address} is in none of its prefixes")
    return f"{address}/{node.lengths.get(address, prefix.rpartition('/')[2])}"
