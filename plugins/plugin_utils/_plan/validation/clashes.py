# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conflicts between several networks of one host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from ..failover.bgp import interface_names, ports_of
from ..model.findings import Finding
from ..model.network import Network, Node
from ..model.prefixes import PrefixTable


def host_findings(networks: Iterable[Network]) -> Iterator[Finding]:
    """Interfaces, ports and prefixes that two networks of a host both claim."""
    memberships: dict[str, list[tuple[Network, Node]]] = {}
    for network in networks:
        for node in network.nodes.values():
            for host in node.hosts if node.managed else ():
                memberships.setdefault(host, []).append((network, node))
    shared: dict[tuple[str, str], tuple[Network, Network, list[tuple[str, Node, Node]]]] = {}
    for host, members in memberships.items():
        yield from clashes(host, members)
        for (some, node), (other, its_node) in combinations(members, 2):
            if "off" not in (node.table, its_node.table):
                shared.setdefault((some.name, other.name), (some, other, []))[2].append((host, node, its_node))
    for some, other, hosts in shared.values():
        yield from _prefixes(some, other, hosts)


def clashes(host: str, members: Iterable[tuple[Network, Node]]) -> Iterator[Finding]:
    """Interface names and ports that two networks of a host both use."""
    for (some, node), (other, its_node) in combinations(members, 2):
        both = f"host {host}: networks {some.name} and {other.name} both use"
        names = tuple(sorted({node.name, its_node.name}))
        for interface in sorted({*interface_names(some, node)} & {*interface_names(other, its_node)}):
            yield Finding("interface-clash", names, f"{both} interface {interface}", "give one of them another interface")
        for port in sorted({*ports_of(some, node)} & {*ports_of(other, its_node)} - {0}):
            yield Finding("port-clash", names, f"{both} port {port}", "give one of them another port")


def _prefixes(some: Network, other: Network, hosts: list[tuple[str, Node, Node]]) -> Iterator[Finding]:
    """Prefixes that both networks have, if a host sends both into tunnels; it does not do that with its own routes.

    Routes of length 0 are exempt, because they stand for all other destinations.
    """
    for first, second in ((some, other), (other, some)):
        owners = dict(_owned(second))
        table = PrefixTable(owners.items())
        for prefix, owner in _owned(first):
            for wider, its_owner in table.holding(prefix):
                concerned = next((entry for entry in hosts if entry[0] not in (owner, its_owner)), None)
                if concerned is None:
                    continue
                host, node, _its_node = concerned
                if wider != prefix:
                    what = f"host {host}: {prefix} of network {first.name} lies in {wider} of network {second.name}"
                    yield Finding(
                        "network-nested", (node.name,), what, "the longer one wins; choose others if that is not intended"
                    )
                elif first is some:
                    what = f"host {host}: networks {some.name} and {other.name} both have {prefix}"
                    yield Finding("network-overlap", (node.name,), what, "give one of them another prefix, or remove the route")


def _owned(network: Network) -> Iterator[tuple[str, str]]:
    """The network's prefixes and routes, with the host that each route is behind."""
    yield from ((prefix, "") for prefix in network.prefixes)
    for node in network.nodes.values():
        yield from ((route, node.hosts[0] if node.hosts else "") for route in node.routes if not route.endswith("/0"))
