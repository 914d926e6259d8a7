# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container subnets: each managed node gets one of each container prefix, and keeps it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..model.findings import PlanError
from ..model.network import Network, Node

LENGTHS = {4: 24, 6: 64}
"""Prefix lengths of the subnets, by IP version."""


def needs_subnets(network: Network) -> tuple[str, ...]:
    """The nodes that lack a subnet of a container prefix."""
    return tuple(
        name for name, node in network.nodes.items() if any(_lacks(prefix, node) for prefix in network.container_prefixes)
    )


def assign(network: Network, remembered: Mapping[str, tuple[str, ...]], removed: Mapping[str, Any]) -> Network:
    """Give every managed node that has containers its subnets.

    :param remembered: node -> its subnets so far; kept if they are still free.
    :param removed: removed nodes, whose subnets are not allocated again.
    :raises PlanError: a prefix is used up, or too small for one subnet.
    """
    nodes = dict(network.nodes)
    routes = [route for node in nodes.values() for route in node.routes]
    routes += [subnet for name in removed for subnet in remembered.get(name, ())]
    for prefix in network.container_prefixes:
        free = _Free(prefix, routes)
        lacking = [name for name, node in nodes.items() if _lacks(prefix, node)]
        kept = {name: free.take(remembered.get(name, ())) for name in lacking}
        for name in lacking:
            subnet = kept[name] or free.next()
            if subnet is None:
                raise PlanError(
                    f"network {network.name}: container prefix {prefix} has no free subnet for node {name}; widen it, or set "
                    "wireguard_containers: false on nodes without containers"
                )
            node = nodes[name]
            nodes[name] = replace(node, container_subnets=(*node.container_subnets, subnet), routes=(*node.routes, subnet))
    return replace(network, nodes=nodes)


class _Free:
    """The subnets of a prefix that overlap no route."""

    def __init__(self, prefix: str, routes: Iterable[str]) -> None:
        self._outer: Any = ipaddress.ip_network(prefix)
        length = LENGTHS[self._outer.version]
        inside = [
            net for net in map(ipaddress.ip_network, routes) if net.version == self._outer.version and net.overlaps(self._outer)
        ]
        self._taken = {str(net) for net in inside}
        self._odd = [net for net in inside if net.prefixlen != length]
        self._subnets = self._outer.subnets(new_prefix=length) if self._outer.prefixlen <= length else iter(())

    def take(self, wanted: Iterable[str]) -> str | None:
        """The first of these that lies in the prefix and is free."""
        for net in map(ipaddress.ip_network, wanted):
            if net.version == self._outer.version and net.subnet_of(self._outer) and self._is_free(net):
                self._taken.add(str(net))
                return str(net)
        return None

    def next(self) -> str | None:
        """The next one in order."""
        return next((str(net) for net in self._subnets if self._is_free(net)), None)

    def _is_free(self, net: Any) -> bool:
        return str(net) not in self._taken and not any(net.overlaps(other) for other in self._odd)


def _lacks(prefix: str, node: Node) -> bool:
    outer: Any = ipaddress.ip_network(prefix)
    inner = [ipaddress.ip_network(subnet) for subnet in node.container_subnets]
    return (
        node.managed
        and node.containers
        and not node.inside
        and not any(net.version == outer.version and net.subnet_of(outer) for net in inner)
    )
