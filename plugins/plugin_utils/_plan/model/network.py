# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network and its nodes as immutable values."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import PORT

WIREGUARD_OVERHEAD = 80
"""Bytes around a packet: outer IPv6 header 40, UDP 8, WireGuard 32 (WireGuard paper, 5.4.6)."""

AUTO_MTU = 0
"""An MTU that the program chooses that brings the interface up."""
LAN = "lan"
"""The underlay on which only the nodes of one site dial each other."""
ANY = ""
"""Stands for every underlay but :data:`LAN`."""


@dataclass(frozen=True)
class Floating:
    """An address with prefix length, ``203.0.113.10/24``, that moves between hosts, and its network interface."""

    address: str
    interface: str


@dataclass(frozen=True)
class Node:
    """A member of a network.

    ``addresses`` are overlay addresses without prefix length; ``lengths`` are those of addresses that do not have the length
    of the network's prefix; a node that is not ``numbered`` has none. ``endpoint`` and ``site_endpoint`` are ``host:port`` on
    the underlay, and so are the ``endpoints``, by underlays. ``underlays`` are those on which the node dials others, the
    preferred one first; empty if it may use all. ``routes`` are prefixes behind the node, including its
    ``container_subnets``. ``mtu`` (see :data:`AUTO_MTU`) and ``underlay_mtu`` are bytes, ``keepalive`` is seconds (None: only
    to peers that cannot dial the node). ``home`` is a spoke's primary hub, or the parent in a tree. ``hosts`` are the
    inventory names of the node's hosts; several hosts fail over, each with its own underlay address in ``vrrp_addresses``,
    and the active one holds the ``floating`` addresses. ``management`` is the address at which Ansible reaches it.
    ``allowed_ips`` without ``excluded_ips`` are the prefixes outside the network that the node sends to its ``exit``. From
    the day ``expires`` on, or if it is ``revoked``, it is not a peer of any node. ``preshared_id`` stands for the node where
    preshared keys are derived, if that is not its public key. ``next_public_key`` is the one to which it changes next: its peers
    know it already. ``preshared_secret_id`` is the id of the secret that all its preshared keys come from, and
    ``next_preshared_secret_id`` that of the one for its next key, as long as the network changes to a new secret.
    """

    name: str
    public_key: str | None = None
    addresses: tuple[str, ...] = ()
    endpoint: str | None = None
    site: str | None = None
    site_endpoint: str | None = None
    routes: tuple[str, ...] = ()
    hub: bool = False
    home: str | None = None
    gateway: bool = False
    forward: bool = False
    port: int = PORT
    keepalive: int | None = None
    mtu: int | None = None
    underlay_mtu: int = 1500
    table: str = "auto"
    fwmark: int | None = None
    dns: tuple[str, ...] = ()
    hooks: Hooks = NO_HOOKS
    hosts: tuple[str, ...] = ()
    vrrp_addresses: Mapping[str, str] = field(default_factory=dict)
    floating: tuple[Floating, ...] = ()
    management: str | None = None
    managed: bool = True
    allowed_ips: tuple[str, ...] = ()
    excluded_ips: tuple[str, ...] = ()
    exit: str | None = None
    expires: str | None = None
    revoked: bool = False
    container_subnets: tuple[str, ...] = ()
    containers: bool = True
    netns: str | None = None
    container: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    underlays: tuple[str, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    numbered: bool = True
    preshared_id: str | None = None
    next_public_key: str | None = None
    preshared_secret_id: str | None = None
    next_preshared_secret_id: str | None = None

    @property
    def shared(self) -> bool:
        """True for a node on several hosts, which share its key and addresses."""
        return len(self.hosts) > 1

    @property
    def inside(self) -> dict[str, str]:
        """The namespace or container that the interface is in, as ``{"netns": NAME}`` or ``{"container": NAME}``; else empty."""
        places = {"netns": self.netns, "container": self.container}
        return {kind: name for kind, name in places.items() if name}

    @property
    def pending(self) -> bool:
        """True as long as no run has seen the node's public key."""
        return self.public_key is None

    @property
    def tunnel_mtu(self) -> int:
        """The MTU of the node's interface in bytes, as far as the plan knows it."""
        return self.mtu or self.underlay_mtu - WIREGUARD_OVERHEAD

    @property
    def set_mtu(self) -> int | None:
        """The MTU that a run sets; None if it sets none."""
        return None if self.mtu == AUTO_MTU else self.tunnel_mtu

    @cached_property
    def dialled_at(self) -> dict[str, str]:
        """Underlay -> the node's endpoint there, in the order in which others try them. ``endpoint`` is the one of ``ANY``,
        ``site_endpoint`` that of ``LAN``.
        """
        short = {LAN: self.site_endpoint or self.endpoints.get(LAN), ANY: self.endpoint}
        return {underlay: endpoint for underlay, endpoint in {**short, **self.endpoints}.items() if endpoint}

    @property
    def dialled_outside(self) -> bool:
        """Whether it has an endpoint for nodes outside its site."""
        return any(underlay != LAN for underlay in self.dialled_at)

    def underlay_from(self, other: Node) -> str | None:
        """The underlay on which another node dials this one; None if it cannot."""
        return next(self.underlays_from(other), None)

    def underlays_from(self, other: Node) -> Iterator[str]:
        """The underlays on which another node can dial this one, the preferred one first: those that the other may use and this
        one has an endpoint on, ``LAN`` only in the same site.
        """
        endpoints = self.dialled_at
        for underlay in other.underlays or endpoints:
            if underlay == LAN and (self.site is None or self.site != other.site):
                continue
            if underlay in endpoints:
                yield underlay
            elif underlay != LAN and ANY in endpoints:
                yield ANY

    def endpoint_from(self, other: Node) -> str | None:
        """Where another node dials this one; None if it cannot."""
        underlay = self.underlay_from(other)
        return None if underlay is None else self.dialled_at[underlay]


def peer_from(node: Node, *, allowed_ips: tuple[str, ...], endpoint: str | None, keepalive: int) -> Peer:
    """A node that is not pending, as a peer of another."""
    return Peer(public_key=str(node.public_key), allowed_ips=allowed_ips, endpoint=endpoint, keepalive=keepalive, name=node.name)


def can_link(a: Node, b: Node) -> bool:
    """Whether one of the two can dial the other."""
    return a.endpoint_from(b) is not None or b.endpoint_from(a) is not None


@dataclass(frozen=True)
class Link:
    """A link that is added or excluded, between two nodes or between the members of two groups."""

    a: str
    b: str
    weight: int = 1
    exclude: bool = False


@dataclass(frozen=True)
class Network:
    """One overlay. ``nodes`` is sorted by name. ``failover`` is ``vrrp``, ``bgp`` or None.
    ``groups`` are the members of groups that ``links`` name. ``preshared_base`` is the id of the secret that the preshared keys
    of all pairs come from, after a change of it and before the next one. ``domain`` is the DNS domain of the nodes' names, if it
    is not the usual one."""

    nodes: Mapping[str, Node]
    name: str = "wireguard"
    interface: str = "wg0"
    topology: str = "mesh"
    prefixes: tuple[str, ...] = ()
    isolate_spokes: bool = False
    failover: str | None = None
    links: tuple[Link, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    container_prefixes: tuple[str, ...] = ()
    preshared_base: str | None = None
    domain: str | None = None

    def prefix_of(self, address: str) -> str | None:
        """The longest prefix of the network that contains the address; None if there is none."""
        ip = ipaddress.ip_address(address)
        containing = [prefix for prefix in map(ipaddress.ip_network, self.prefixes) if ip in prefix]
        return str(max(containing, key=lambda prefix: prefix.prefixlen)) if containing else None


def without(network: Network, names: Collection[str]) -> Network:
    """The network without some nodes, and without the links that name them."""
    if not any(name in network.nodes for name in names):
        return network
    nodes = {name: node for name, node in network.nodes.items() if name not in names}
    links = tuple(link for link in network.links if not {link.a, link.b}.intersection(names))
    return replace(network, nodes=nodes, links=links)
