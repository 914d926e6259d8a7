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
from .peers import Peers, with_next_keys
from .sections import Sections


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
    return Interfaces(networks).of(host, preshared)


class Interfaces:
    """The interfaces of all hosts of some networks. What their hosts have in common is computed once, on first use."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self.networks = tuple(networks)
        self._peers: dict[int, Peers] = {}
        self._sections = Sections()
        self._on: dict[str, list[tuple[int, Node]]] = {}
        for number, network in enumerate(self.networks):
            for node in network.nodes.values():
                for host in dict.fromkeys(node.hosts):
                    self._on.setdefault(host, []).append((number, node))

    def networks_of(self, host: str) -> list[str]:
        """The names of the networks of which the host runs a node, also one that it manages itself."""
        return list(dict.fromkeys(self.networks[number].name for number, _node in self._on.get(host, ())))

    def of(self, host: str, preshared: Mapping[str, Preshared] | None = None) -> list[dict[str, Any]]:
        """As :func:`interfaces_of`."""
        return [{**entry, "config": config_to_dict(config)} for entry, config in self._of(host, preshared)]

    def rendered(self, host: str, preshared: Mapping[str, Preshared] | None = None) -> list[tuple[dict[str, Any], str]]:
        """The interfaces of a host without ``config``, each with its configuration as text.

        :raises PlanError: as :func:`interfaces_of`.
        """
        return [(entry, self._sections.render(config)) for entry, config in self._of(host, preshared)]

    def configs(self, host: str) -> Iterator[tuple[Network, Node, str, Config]]:
        """Network, node, and name and configuration of each interface of a host, without private and preshared keys.

        :raises PlanError: as :func:`graph_of`.
        """
        for number, node in self._on.get(host, ()):
            for name, config in configs_of(self._peers_in(number), node) if node.managed else ():
                yield self.networks[number], node, name, config

    def _of(self, host: str, preshared: Mapping[str, Preshared] | None) -> list[tuple[dict[str, Any], Config]]:
        members = [(number, node) for number, node in self._on.get(host, ()) if node.managed]
        stop_at_errors(clashes(host, [(self.networks[number], node) for number, node in members]))
        keys = preshared or {}
        return [
            entry
            for number, node in members
            for entry in _interfaces(self._peers_in(number), node, host, keys.get(self.networks[number].name, Preshared()))
        ]

    def compute_common(self) -> None:
        """Compute now what hosts have in common, so that processes forked later have it.

        :raises PlanError: as :func:`graph_of`.
        """
        for number, network in enumerate(self.networks):
            for node in list(network.nodes.values())[:1]:
                for _name, config in configs_of(self._peers_in(number), node):
                    self._sections.render(config)

    def _peers_in(self, number: int) -> Peers:
        if number not in self._peers:
            self._peers[number] = Peers(graph_of(self.networks[number]))
        return self._peers[number]


def _interfaces(peers: Peers, node: Node, host: str, preshared: Preshared) -> Iterator[tuple[dict[str, Any], Config]]:
    graph, network = peers.graph, peers.graph.network
    isolation, forwards = isolation_of(graph, node), host_forwards(graph, node)
    for name, plain in configs_of(peers, node):
        config = replace(plain, peers=preshared.of(network, node.name, plain.peers))
        wants = {
            "dns": bool(config.dns), "full_tunnel": config.full_tunnel, "vrrp": node.shared, "shared_key": node.shared,
            "bgp": uses_bgp(network), "firewall": isolation is not None,
        }  # fmt: skip
        entry = {
            "name": name,
            "network": network.name,
            "node": node.name,
            "key": network.interface,
            "make_key": not node.shared or (node.pending and host == node.hosts[0]),
            "forward": forwards,
            "needs": [need for need, wanted in wants.items() if wanted],
            **({"isolation": isolation} if isolation and name == network.interface else {}),
            **({"renews_key": True} if node.shared and host == node.hosts[0] else {}),
            **({"inside": node.inside} if node.inside else {}),
        }
        yield entry, config


def configs_of(peers: Peers, node: Node) -> Iterator[tuple[str, Config]]:
    """The node's interfaces, name and configuration without the private key: one, or with BGP, one for each hub."""
    network = peers.graph.network
    configs = bgp_configs(network, node) if uses_bgp(network) else [(network.interface, config_of(peers, node))]
    for name, config in configs:
        yield name, replace(config, peers=with_next_keys(network, config.peers))


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
