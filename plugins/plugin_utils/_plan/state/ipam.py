# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlay addresses: given ones win, recorded ones stay, and the rest are allocated from the prefixes in order."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..model.findings import PlanError
from ..model.network import Network, Node


def assign(network: Network, remembered: Mapping[str, tuple[str, ...]], reserved: frozenset[str]) -> Network:
    """Give every numbered node one address in each prefix of the network.

    :param remembered: node -> its addresses so far; kept if they are in a prefix and free.
    :param reserved: addresses that must not be allocated (of removed nodes).
    :raises PlanError: a prefix is used up.
    """
    taken = set(reserved).union(*(node.addresses for node in network.nodes.values()))
    routes = [ipaddress.ip_network(route) for node in network.nodes.values() for route in node.routes]
    nodes = dict(network.nodes)
    for prefix in network.prefixes:
        missing = [name for name in nodes if nodes[name].numbered and not _in(prefix, nodes[name])]
        for name in list(missing):
            kept = [a for a in remembered.get(name, ()) if a not in taken and _holds(prefix, a)][:1]
            if kept:
                nodes[name] = _with(nodes[name], kept[0], taken)
                missing.remove(name)
        free = _free(prefix, taken, routes)
        for name in missing:
            address = next(free, None)
            if address is None:
                raise PlanError(
                    f"network {network.name}: prefix {prefix} has no free address for node {name}; "
                    f"widen the prefix or remove nodes"
                )
            nodes[name] = _with(nodes[name], address, taken)
    return replace(network, nodes=nodes)


def needs_addresses(network: Network) -> tuple[str, ...]:
    """The numbered nodes that have no address in one of the prefixes."""
    numbered = [node for node in network.nodes.values() if node.numbered]
    return tuple(node.name for node in numbered if not all(_in(prefix, node) for prefix in network.prefixes))


def _holds(prefix: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(prefix)


def _in(prefix: str, node: Node) -> bool:
    return any(_holds(prefix, address) for address in node.addresses)


def _with(node: Node, address: str, taken: set[str]) -> Node:
    taken.add(address)
    return replace(node, addresses=(*node.addresses, address))


def _free(prefix: str, taken: set[str], routes: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> Iterator[str]:
    """Host addresses in order, without those in routes inside the prefix.

    An IPv6 prefix's first address is the routers' anycast address (RFC 4291, 2.6.1).
    """
    network = ipaddress.ip_network(prefix)
    inside = [(int(r[0]), int(r[-1])) for r in routes if r.version == network.version and r.prefixlen > network.prefixlen]
    low, high = int(network.network_address), int(network.broadcast_address)
    if network.version == 4 and network.prefixlen < 31:
        low, high = low + 1, high - 1
    elif network.version == 6 and network.prefixlen < 127:
        low += 1
    make = type(network.network_address)
    value = low
    while value <= high:
        covering = max((last for first, last in inside if first <= value <= last), default=None)
        if covering is None and str(make(value)) not in taken:
            yield str(make(value))
        value = value + 1 if covering is None else covering + 1
