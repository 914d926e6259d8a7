# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failover with BGP: each spoke is linked to all hubs, with an interface for each, and BGP chooses the path.

A prefix belongs to one peer of an interface, so a prefix that may come over several peers needs as many interfaces. A hub has one
interface for all spokes, where AllowedIPs remain an access list, and one for each other hub.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import (
    Endpoint,
    parse_endpoint,
    sort_prefixes,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import KEEPALIVE
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import InvalidInterfaceName, parse_interface

from ..model.findings import Finding
from ..model.network import Network, Node, can_link, peer_from

BGP = "bgp"
LOOSE = "sysctl -q -w net/ipv4/conf/%i/rp_filter=2"
"""A packet may arrive at another interface than the one its answer leaves by."""
LONGEST_NAME = 15


def uses_bgp(network: Network) -> bool:
    """Whether the network's hubs fail over with BGP."""
    return network.failover == BGP


def bgp_findings(network: Network) -> Iterator[Finding]:
    """Mistakes that prevent failover with BGP."""
    if not uses_bgp(network) or not network.nodes:
        return
    title = f"network {network.name}: wireguard_failover is bgp"
    hubs = hubs_of(network)
    if network.topology != "star" or network.links:
        what = f"{title}, but it is not a plain star"
        yield Finding("bgp", (), what, "set wireguard_topology: star, without wireguard_links, or another wireguard_failover")
    if len(hubs) < 2:
        yield Finding(
            "bgp", tuple(hubs), f"{title}, but it has fewer than two hubs", "set wireguard_hub: true on two nodes or more"
        )
    for name in hubs:
        hub = network.nodes[name]
        others = [node for node in network.nodes.values() if node is not hub]
        away = [node.name for node in others if not (can_link(hub, node) if node.hub else hub.endpoint_from(node))]
        if not hub.dialled_outside or hub.port == 0:
            what = f"node {name}: spokes dial all hubs, but this hub has no endpoint or no fixed port"
            yield Finding("bgp", (name,), what, "set wireguard_endpoint, and a port other than 0")
        elif away:
            what = (
                f"node {name}: all nodes are linked to all hubs, but {', '.join(away)} cannot dial it on any of their underlays"
            )
            yield Finding(
                "bgp", tuple(sorted((name, *away))), what, "correct wireguard_underlays, or give the hub more wireguard_endpoints"
            )
    for name, node in network.nodes.items():
        if any(route.endswith("/0") for route in node.routes):
            what = f"node {name}: its route of length 0 would capture the traffic to the hubs"
            yield Finding("bgp", (name,), what, "use full tunnels only in networks without wireguard_failover: bgp")
    numbers: dict[int, str] = {}
    for name in network.nodes:
        other = numbers.setdefault(as_number(name), name)
        if other != name:
            what = f"nodes {other} and {name} have names that give the same BGP number"
            yield Finding("bgp", (other, name), what, "rename one of them (wireguard_node)")


def hubs_of(network: Network) -> list[str]:
    """The names of the hubs, sorted."""
    return [name for name, node in network.nodes.items() if node.hub]


def towards(network: Network, name: str) -> str:
    """Name of the interface that leads to a hub: ``wg0-hub1``, or with a digest if that is not a valid interface name."""
    plain = f"{network.interface}-{name}"
    try:
        return parse_interface(plain, "interface")
    except InvalidInterfaceName:
        return f"{network.interface[: LONGEST_NAME - 7]}-{_digest(name).hex()[:6]}"


def interface_towards(network: Network, other: str) -> str:
    """Name of the interface of its neighbours that leads to a node."""
    return towards(network, other) if uses_bgp(network) and network.nodes[other].hub else network.interface


def port_towards(network: Network, node: Node, hub: str) -> int:
    """UDP port of that interface: the ports after the node's own, in the order of the hubs' names."""
    return node.port + 1 + hubs_of(network).index(hub) if node.port else 0


def link_local(name: str) -> str:
    """The node's address on all these interfaces, for BGP and BFD: packets to it can take no other path."""
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + _digest(name)[:8]))


def as_number(name: str) -> int:
    """The node's autonomous system, one of those for private use (RFC 6996)."""
    return 4200000000 + int.from_bytes(_digest(name)[:8], "big") % 94967295


def interface_names(network: Network, node: Node) -> list[str]:
    """The node's interfaces."""
    if not uses_bgp(network):
        return [network.interface]
    others = [towards(network, hub) for hub in hubs_of(network) if hub != node.name]
    return [network.interface, *others] if node.hub else others


def ports_of(network: Network, node: Node) -> list[int]:
    """The UDP ports on which the node listens."""
    if not uses_bgp(network):
        return [node.port]
    others = [port_towards(network, node, hub) for hub in hubs_of(network) if hub != node.name]
    return [node.port, *others] if node.hub else others


def bgp_configs(network: Network, node: Node) -> Iterator[tuple[str, Config]]:
    """The node's interfaces, name and configuration without the private key."""
    nodes = network.nodes
    if node.hub:
        spokes = [other for other in nodes.values() if not other.hub]
        yield network.interface, _config(node, node.port, [_spoke_peer(node, spoke) for spoke in spokes if spoke.public_key])
    for name in hubs_of(network):
        hub = nodes[name]
        if name != node.name:
            peers = [_hub_peer(network, node, hub)] if hub.public_key else []
            yield towards(network, name), _config(node, port_towards(network, node, name), peers)


def _config(node: Node, port: int, peers: list[Peer]) -> Config:
    own = node.hooks
    return Config(
        addresses=(*own_addresses(node), f"{link_local(node.name)}/64"),
        port=port or None,
        fwmark=node.fwmark,
        mtu=node.set_mtu,
        table="off",
        dns=node.dns,
        hooks=Hooks(own.pre_up, (LOOSE, *own.post_up), own.pre_down, own.post_down),
        peers=tuple(peers),
    )


def _spoke_peer(hub: Node, spoke: Node) -> Peer:
    """A spoke as a peer of a hub: it may send from its own prefixes, and is not dialled."""
    prefixes = sort_prefixes([*own_prefixes(spoke), f"{link_local(spoke.name)}/128"])
    return peer_from(spoke, allowed_ips=prefixes, endpoint=None, keepalive=hub.keepalive or 0)


def _hub_peer(network: Network, node: Node, hub: Node) -> Peer:
    """A hub as a peer: every node may be reached through it."""
    endpoint = hub.endpoint_from(node)
    keepalive = KEEPALIVE
    if endpoint is not None and node.hub:
        dialled = parse_endpoint(endpoint, hub.name)
        endpoint = str(Endpoint(dialled.host, port_towards(network, hub, node.name)))
        keepalive = 0
    prefixes = sort_prefixes([*reached(network, node), f"{link_local(hub.name)}/128"])
    keepalive = keepalive if node.keepalive is None else node.keepalive
    return peer_from(hub, allowed_ips=prefixes, endpoint=endpoint, keepalive=keepalive)


def own_addresses(node: Node) -> tuple[str, ...]:
    """Its overlay addresses as single hosts."""
    return tuple(f"{address}/{128 if ':' in address else 32}" for address in node.addresses)


def own_prefixes(node: Node) -> tuple[str, ...]:
    """The node's addresses and routes."""
    return sort_prefixes([*own_addresses(node), *node.routes])


def reached(network: Network, node: Node) -> tuple[str, ...]:
    """The prefixes that a node may reach through a hub. Isolated spokes reach only hubs."""
    others = [other for other in network.nodes.values() if other.name != node.name]
    if network.isolate_spokes and not node.hub:
        return sort_prefixes(prefix for other in others if other.hub for prefix in own_prefixes(other))
    return sort_prefixes([*network.prefixes, *(route for other in others for route in other.routes)])


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
