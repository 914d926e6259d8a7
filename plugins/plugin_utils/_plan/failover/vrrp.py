# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""VRRP pairs: one node on several hosts, which share its key and addresses. The active host holds the floating addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Hooks
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import RULE_PRIORITY, TABLE

from ..model.answers import Seen, answers_of
from ..model.findings import Finding
from ..model.network import Network, Node
from ..topologies.topology import graph_of

VRRP = "vrrp"


def vrrp_findings(network: Network) -> Iterator[Finding]:
    """Mistakes that prevent failover with VRRP."""
    shared = [node for node in network.nodes.values() if node.shared]
    if network.failover == VRRP and not shared and network.nodes:
        what = f"network {network.name}: wireguard_failover is vrrp, but no node is on several hosts"
        yield Finding("vrrp", (), what, "give the hosts of a hub the same wireguard_node")
    for node in shared:
        yield from _node_findings(network, node)


def _node_findings(network: Network, node: Node) -> Iterator[Finding]:
    title = f"node {node.name}: it is on hosts {', '.join(node.hosts)}"
    if network.failover != VRRP:
        yield Finding("vrrp", (node.name,), title, "set wireguard_failover: vrrp, or give each host its own wireguard_node")
        return
    if not node.floating:
        remedy = "set wireguard_floating: [{address: 203.0.113.10/24, interface: eth0}]"
        yield Finding("vrrp", (node.name,), f"{title}, but has no floating address", remedy)
    lacking = [host for host in node.hosts if host not in node.vrrp_addresses]
    if lacking:
        remedy = "set wireguard_vrrp_address to the host's own address, in the same subnet as the floating one"
        yield Finding("vrrp", (node.name,), f"{title}, but {', '.join(lacking)} has no underlay address of its own", remedy)
    versions = {ipaddress.ip_address(address).version for address in node.vrrp_addresses.values()}
    if node.floating:
        versions.add(ipaddress.ip_interface(node.floating[0].address).version)
    if len(versions) > 1:
        what = f"{title}, but their own addresses and the first floating one differ in IP version"
        yield Finding("vrrp", (node.name,), what, "put an address of the same IP version first in wireguard_floating")
    if not node.managed:
        yield Finding("vrrp", (node.name,), f"{title}, but is not managed", "remove wireguard_managed: false")


def mark_of(node: Node) -> int:
    """The mark of WireGuard's packets on the node's hosts, which is also the number of their routing table."""
    return node.fwmark or TABLE + node.port


def silencing(node: Node) -> Hooks:
    """Hooks that let WireGuard's packets leave only by their own routing table: on a standby host, none leave."""
    mark = mark_of(node)
    rules = [
        f"-{version} rule {{}} priority {priority} fwmark {mark} {words}"
        for version in (4, 6)
        for priority, words in ((RULE_PRIORITY, f"lookup {mark}"), (RULE_PRIORITY + 1, "unreachable"))
    ]
    own = node.hooks
    return Hooks(
        pre_up=(*(f"ip {rule.format('add')} || true" for rule in rules), *own.pre_up),
        post_up=own.post_up,
        pre_down=own.pre_down,
        post_down=(*own.post_down, *(f"ip {rule.format('delete')} || true" for rule in rules)),
    )


def awaited(networks: Iterable[Network], seen: Seen, upcoming: Seen = MappingProxyType({})) -> dict[str, list[dict[str, Any]]]:
    """Host -> keys that it lacks: the name (``key``), the ``public_key``, None while the node has none, ``source``, the host
    that has the key or must make it, and ``next``, whether it is the next key.

    :param upcoming: the next keys.
    """
    missing: dict[str, list[dict[str, Any]]] = {}
    for network in networks:
        for node in network.nodes.values():
            keys, following = (answers_of(node, network.interface, read) for read in (seen, upcoming))
            for host, key in keys.items() if node.shared and node.managed else ():
                entry = {"key": network.interface, "public_key": node.public_key, "next": False}
                if key is None or key != node.public_key:
                    others = [other for other in node.hosts if other != host]
                    having = [other for other in others if keys.get(other, "") == node.public_key]
                    missing.setdefault(host, []).append({**entry, "source": (having or others)[0]})
                having = [other for other, its in following.items() if its == node.next_public_key]
                if node.next_public_key and having and following.get(host) != node.next_public_key:
                    entry = {**entry, "public_key": node.next_public_key, "source": having[0], "next": True}
                    missing.setdefault(host, []).append(entry)
    return missing


def _forwards(network: Network, node: Node) -> list[int]:
    if node.name not in graph_of(network).forwarders and not node.routes:
        return []
    return sorted({ipaddress.ip_address(address).version for address in node.addresses})


def vrrp_of(networks: Iterable[Network], host: str) -> list[dict[str, Any]]:
    """The host's settings for VRRP, one entry for each node that it shares with other hosts, JSON-ready.

    ``interface`` of the network, ``address`` (the host's own on the underlay), ``peers`` (those of the other hosts),
    ``floating`` (``address``, ``interface``), ``mark``, ``port`` (UDP, for the messages between the hosts), ``forwards`` (IP
    versions that the hosts must forward) and ``priority`` (VRRP's; the first host has the highest).
    """
    members = [(network, node) for network in networks for node in network.nodes.values() if node.shared and host in node.hosts]
    return [
        {
            "interface": network.interface,
            "address": node.vrrp_addresses[host],
            "peers": [node.vrrp_addresses[other] for other in node.hosts if other != host],
            "floating": [{"address": item.address, "interface": item.interface} for item in node.floating],
            "mark": mark_of(node),
            "port": node.port + 10000 if node.port < 50000 else node.port - 10000,
            "forwards": _forwards(network, node),
            "priority": 150 - node.hosts.index(host),
        }
        for network, node in members
        if node.managed
    ]
