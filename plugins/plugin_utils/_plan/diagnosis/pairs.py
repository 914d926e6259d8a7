# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pairs of nodes that must be able to talk: the two ends of each link, and, for each node, one other over its forwarders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..failover.bgp import interface_towards, link_local, uses_bgp
from ..model.network import Network, Node
from ..paths.next_hops import next_hops
from ..topologies.graph import Graph
from ..topologies.topology import graph_of


@dataclass(frozen=True)
class Pair:
    """Two managed nodes, by name in sorted order. ``over``: the first forwarder between them; None if they are linked."""

    network: Network
    a: str
    b: str
    over: str | None = None

    @cached_property
    def title(self) -> str:
        """For people."""
        return f"{self.a} and {self.b}"

    def interface_of(self, name: str) -> str:
        """One end's interface towards the other."""
        return interface_towards(self.network, self.other(name))

    def other(self, name: str) -> str:
        """The other end."""
        return self.b if name == self.a else self.a

    def address_from(self, name: str) -> str | None:
        """The address at which one end reaches the other; None if the two have no IP version in common. With BGP the others are
        not bound to one path."""
        if uses_bgp(self.network):
            return link_local(self.other(name))
        own = {_version(address) for address in self.network.nodes[name].addresses}
        return next((address for address in self.network.nodes[self.other(name)].addresses if _version(address) in own), None)


def pairs_of(network: Network) -> Iterator[Pair]:
    """The pairs of a network, sorted. Nodes that are unmanaged, pending or without addresses are in none."""
    graph = graph_of(network)
    able = [node.name for node in network.nodes.values() if node.managed and not node.pending and node.addresses]
    known = {*able}
    for name in able:
        linked = [other for other in graph.neighbours(name) if other in known]
        for other in linked:
            if name < other:
                yield Pair(network, name, other)
    if not uses_bgp(network):
        yield from _over_forwarders(graph, able)


def _over_forwarders(graph: Graph, able: list[str]) -> Iterator[Pair]:
    """For each node the next one by name that it reaches over others; a fault of a forwarder shows in one of these pairs."""
    network, found = graph.network, set[tuple[str, str]]()
    for index, name in enumerate(able):
        linked = {*graph.neighbours(name)}
        if len(linked) >= len(able) - 1:
            continue
        hops = next_hops(graph, name)
        for other in (*able[index + 1 :], *able[:index]):
            apart = {name, other} <= graph.isolated
            if other in hops and other not in linked and not apart:
                ends = (min(name, other), max(name, other))
                if ends not in found:
                    found.add(ends)
                    yield Pair(network, *ends, next_hops(graph, ends[0])[ends[1]])
                break


def probes_of(networks: Iterable[Network]) -> dict[str, dict[str, Any]]:
    """Host -> what it sends, for the module ``interface_info``: ``probes``, interface -> public key of a peer -> its address; and
    ``pings``, interface -> addresses of nodes that it reaches over others.
    """
    found: dict[str, dict[str, Any]] = {}
    for pair in (pair for network in networks for pair in pairs_of(network)):
        for name in (pair.a, pair.b):
            node, other, address = pair.network.nodes[name], pair.network.nodes[pair.other(name)], pair.address_from(name)
            for host in node.hosts if address else ():
                asked = found.setdefault(host, {"probes": {}, "pings": {}})
                if pair.over is None:
                    asked["probes"].setdefault(pair.interface_of(name), {})[str(other.public_key)] = address
                else:
                    asked["pings"].setdefault(pair.interface_of(name), []).append(address)
    return found


def _version(address: str) -> int:
    return 6 if ":" in address else 4


def hosts_of(pair: Pair, name: str) -> tuple[str, ...]:
    """The hosts of one end."""
    node: Node = pair.network.nodes[name]
    return node.hosts


class Reports:
    """Results of the module ``interface_info`` by their hosts, with each peer at hand."""

    def __init__(self, reports: Mapping[str, Any]) -> None:
        self.of_hosts = reports
        self._peers: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}

    def of(self, host: str) -> Mapping[str, Any]:
        """A host's report, empty if it has not answered."""
        found: Mapping[str, Any] = self.of_hosts.get(host) or {}
        return found if "interfaces" in found else {}

    def interface(self, host: str, name: str) -> Mapping[str, Any] | None:
        """An interface; None if the host has not answered, or has no such interface."""
        return next((entry for entry in self.of(host).get("interfaces", ()) if entry["name"] == name), None)

    def peer(self, host: str, name: str, key: str | None) -> Mapping[str, Any] | None:
        """A peer of an interface; None if there is none."""
        if (host, name) not in self._peers:
            peers = (self.interface(host, name) or {}).get("peers", ())
            self._peers[host, name] = {peer["public_key"]: peer for peer in peers}
        return self._peers[host, name].get(key or "")


def answers(pair: Pair, reports: Reports) -> bool | None:
    """Whether an end has got an answer of the other; None if no host of theirs has reported."""
    asked = False
    for name in (pair.a, pair.b):
        key, interface = pair.network.nodes[pair.other(name)].public_key, pair.interface_of(name)
        for host in hosts_of(pair, name):
            asked = asked or bool(reports.of(host))
            if pair.over is None:
                seconds = ((reports.peer(host, interface, key) or {}).get("probe") or {}).get("round_trip")
            else:
                seconds = (reports.interface(host, interface) or {}).get("pings", {}).get(pair.address_from(name))
            if seconds is not None:
                return True
    return False if asked else None
