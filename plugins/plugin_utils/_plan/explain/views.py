# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each node treats packets, by the plan and by its host's report."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from ..model.network import Network, Node
from ..model.prefixes import PrefixTable
from ..paths.allowed_ips import AllowedIPs
from ..paths.exits import exits_of
from ..topologies.graph import Graph


@dataclass(frozen=True)
class LivePeer:
    """Whether the node can dial a peer, and whether it has had a handshake with it."""

    dialled: bool
    handshake: bool


@dataclass(frozen=True)
class View:
    """A node as it treats packets.

    ``key``: its public key, None if not known yet. ``allowed_ips``: peer -> its prefixes. ``forwards``: the IP versions that it
    forwards. ``routes``: prefixes that its system sends into the interface, None if they follow AllowedIPs. ``peers``: the live
    peers. ``missing``: why there is no interface, empty if there is one.
    """

    name: str
    key: str | None
    addresses: tuple[str, ...]
    behind: tuple[str, ...]
    allowed_ips: Mapping[str, tuple[str, ...]]
    forwards: frozenset[int]
    routes: tuple[str, ...] | None = None
    peers: Mapping[str, LivePeer] = field(default_factory=dict)
    missing: str = ""

    @cached_property
    def table(self) -> PrefixTable:
        """AllowedIPs as a routing table, prefix -> peer."""
        return PrefixTable((prefix, peer) for peer, prefixes in self.allowed_ips.items() for prefix in prefixes)

    @cached_property
    def local(self) -> PrefixTable:
        """The prefixes behind the node itself."""
        return PrefixTable((route, self.name) for route in self.behind)

    def routes_to(self, prefix: str) -> bool:
        """Whether the system sends the prefix into the interface. Prefixes of length 0 go there by rules, which it cannot see."""
        return self.routes is None or prefix.endswith("/0") or self._system.longest(prefix) is not None

    @cached_property
    def _system(self) -> PrefixTable:
        return PrefixTable((route, self.name) for route in self.routes or ())


def planned(graph: Graph) -> Callable[[str], View]:
    """Node name -> its view by the plan, made on first use. Pending nodes count as if they were up."""
    allowed_ips = AllowedIPs(graph)
    exits = exits_of(graph)
    made: dict[str, View] = {}

    def view(name: str) -> View:
        if name not in made:
            node = graph.network.nodes[name]
            forwards = frozenset({4, 6}) if name in graph.forwarders or name in exits else frozenset[int]()
            made[name] = View(name, node.public_key, node.addresses, node.routes, allowed_ips.of(name), forwards)
        return made[name]

    return view


def live(network: Network, reports: Mapping[str, Any]) -> Callable[[str], View | None]:
    """Node name -> its view by the report of its first host with one, made on first use; None if there is none.

    :param reports: host -> result of the module ``interface_info``.
    """
    names = {node.public_key: name for name, node in network.nodes.items() if node.public_key is not None}

    @cache
    def view(name: str) -> View | None:
        node = network.nodes[name]
        report = next((reports[host] for host in node.hosts if host in reports), None)
        return None if report is None or "interfaces" not in report else _reported(network, node, report, names)

    return view


def _reported(network: Network, node: Node, report: Mapping[str, Any], names: Mapping[str, str]) -> View:
    switches = report.get("forwarding") or {}
    forwards = frozenset(version for version in (4, 6) if switches.get(f"ipv{version}"))
    interface = next((item for item in report["interfaces"] if item["name"] == network.interface), None)
    if interface is None:
        return View(node.name, node.public_key, (), node.routes, {}, forwards, missing=f"has no interface {network.interface}")
    addresses = tuple(str(ipaddress.ip_interface(address).ip) for address in interface["addresses"])
    peers = {names.get(peer["public_key"], str(peer["public_key"])): peer for peer in interface["peers"]}
    return View(
        node.name,
        interface["public_key"],
        addresses,
        node.routes,
        {name: tuple(peer["allowed_ips"]) for name, peer in peers.items()},
        forwards,
        tuple(interface["routes"]) if node.table == "auto" else None,
        {name: LivePeer(peer["endpoint"] is not None, peer["handshake_age"] is not None) for name, peer in peers.items()},
    )


def differences(plan: View, found: View, pending: Container[str]) -> Iterator[str]:
    """The differences between a node's live state and the plan, one line each. Pending peers may be missing."""
    if found.missing:
        yield f"{plan.name}: {found.missing}"
        return
    if has_other_key(plan, found):
        yield f"{plan.name}: public key {found.key}, planned {plan.key}"
    if set(plan.addresses) != {address for address in found.addresses if not address.startswith("fe80:")}:
        yield f"{plan.name}: addresses: {_listed(found.addresses)}, planned {_listed(plan.addresses)}"
    for peer in sorted({*plan.allowed_ips, *found.allowed_ips}):
        wanted, actual = plan.allowed_ips.get(peer), found.allowed_ips.get(peer)
        if actual is None:
            if peer not in pending:
                yield f"{plan.name}: peer {peer}: planned, missing"
        elif wanted is None:
            yield f"{plan.name}: peer {peer}: live, not planned"
        elif set(wanted) != set(actual):
            yield f"{plan.name}: AllowedIPs of peer {peer}: {_listed(actual)}, planned {_listed(wanted)}"
    unrouted = [p for prefixes in found.allowed_ips.values() for p in prefixes if not found.routes_to(p)]
    if unrouted:
        yield f"{plan.name}: no route into the interface for {_listed(unrouted)}"
    if plan.forwards and not found.forwards:
        yield f"{plan.name}: does not forward, planned to forward"


def has_other_key(plan: View, found: View) -> bool:
    """Whether the node's interface has another key than its peers expect."""
    return plan.key is not None and found.key != plan.key


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "none"
