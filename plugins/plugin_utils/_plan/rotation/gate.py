# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes may change to their next keys now, and in which rounds.

A node changes only when all its peers have the next key: a peer that lacks it would be cut off until a run reaches it some other
way. What the peers have is what they answered in this run, not what a registry believes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..model.network import Network, Node
from ..topologies.graph import Graph
from ..topologies.topology import graph_of

Keys = Mapping[str, Collection[str]]
"""Host -> the public keys of its live peers, of the hosts that have answered in this run."""


@dataclass(frozen=True)
class Hosts:
    """What the hosts have answered in this run. ``keys``: host -> the public keys of its live peers. ``settled``: the hosts on
    which nothing differs from the plan, so that the programs that follow run there. ``vaulted``: host -> names of its keys that
    come from a vault. ``next``: (host, name of a key) -> the public key of its next key.
    """

    keys: Keys = field(default_factory=dict)
    settled: Collection[str] = ()
    vaulted: Mapping[str, Collection[str]] = field(default_factory=dict)
    next: Mapping[tuple[str, str], str | None] = field(default_factory=dict)


def blocked_by(network: Network, asked: Collection[str], hosts: Hosts, without: Collection[str] = ()) -> dict[str, str]:
    """Node -> why it cannot change its key, whether or not it has a next key. Those that can are not among them.

    :param asked: nodes that are to change.
    :param without: nodes that are left behind: whether they answer does not count.
    """
    graph = graph_of(network)
    found = {name: next(_obstacles(graph, name, hosts, without), None) for name in sorted(asked)}
    return {name: why for name, why in found.items() if why is not None}


def unstaged(network: Network, asked: Collection[str], hosts: Hosts, without: Collection[str] = ()) -> dict[str, str]:
    """Node -> why it cannot change to its next key now. All of ``asked`` have one."""
    graph = graph_of(network)
    found = {name: next(_missing(graph, name, hosts, without), None) for name in sorted(asked)}
    return {name: why for name, why in found.items() if why is not None}


def rounds_of(network: Network, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of nodes that change at the same time, one group after the other. Nodes that are linked are in different ones,
    because a pair of which both ends change has no common key until both are through.
    """
    return tuple(_rounds(graph_of(network), sorted(names)))


def _obstacles(graph: Graph, name: str, hosts: Hosts, without: Collection[str]) -> Iterator[str]:
    nodes = graph.network.nodes
    node = nodes[name]
    if not node.managed:
        yield "Ansible does not configure it"
        return
    for host in node.hosts:
        if graph.network.interface in hosts.vaulted.get(host, ()):
            yield f"its key is in wireguard_private_keys of {host}; change it there"
        if host not in hosts.keys:
            yield f"{_named(host, name)} has not answered"
    if node.pending:
        yield "it has no key yet"
    for other, peer in _peers(graph, name, without):
        if not peer.managed:
            yield f"its peer {other} is not configured by Ansible; to cut it off for a while: -e wireguard_rotate_clients=true"
        for host in peer.hosts if peer.managed else ():
            if host not in hosts.keys:
                yield f"its peer {_named(host, other)} has not answered"


def _missing(graph: Graph, name: str, hosts: Hosts, without: Collection[str]) -> Iterator[str]:
    node = graph.network.nodes[name]
    for host in node.hosts:
        if node.shared and hosts.next.get((host, graph.network.interface)) != node.next_public_key:
            yield f"{_named(host, name)} does not have the next key yet"
        elif host not in hosts.settled:
            yield f"{_named(host, name)} differs from the plan"
    for other, peer in _peers(graph, name, without):
        for host in peer.hosts:
            if node.next_public_key not in hosts.keys.get(host, ()):
                yield f"its peer {_named(host, other)} does not have the next key yet"
            elif host not in hosts.settled:
                yield f"its peer {_named(host, other)} differs from the plan"


def _peers(graph: Graph, name: str, without: Collection[str]) -> Iterator[tuple[str, Node]]:
    for other in sorted(graph.neighbours(name)):
        peer = graph.network.nodes[other]
        if other not in without and not peer.pending:
            yield other, peer


def _named(host: str, node: str) -> str:
    return node if host == node else f"{node} on {host}"


def _rounds(graph: Graph, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Groups of nodes without links between them. Each node is in the first group that has none of its neighbours."""
    groups: list[list[str]] = []
    for name in names:
        neighbours = set(graph.neighbours(name))
        free = next((group for group in groups if not neighbours.intersection(group)), None)
        if free is None:
            groups.append([name])
        else:
            free.append(name)
    yield from (tuple(group) for group in groups)
