# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes may change to their next keys now, and in which rounds.

A node changes only when all its peers have the next key: a peer that lacks it would be cut off until a run reaches it some other
way. What the peers have is what they answered in this run, not what a registry believes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..model.network import Network
from ..topologies.graph import Graph
from ..topologies.topology import graph_of

Live = Mapping[str, Collection[str]]
"""Host -> the public keys of its live peers, of the hosts that have answered in this run."""


@dataclass(frozen=True)
class Rounds:
    """``rounds``: nodes that change at the same time, one group after the other. ``blocked``: node -> why it does not change."""

    rounds: tuple[tuple[str, ...], ...]
    blocked: Mapping[str, str]


def rounds_of(network: Network, asked: Collection[str], live: Live, without: Collection[str] = ()) -> Rounds:
    """The nodes that have a next key and may change to it. Nodes that are linked change in different rounds, because a pair of
    which both ends change has no common key until both are through.

    :param asked: nodes that are to change.
    :param without: nodes that are left behind: what they have does not count.
    """
    graph = graph_of(network)
    blocked: dict[str, str] = {}
    ready = []
    for name in sorted(asked):
        why = next(_obstacles(graph, name, live, without), None)
        if why is None:
            ready.append(name)
        else:
            blocked[name] = why
    return Rounds(tuple(_rounds(graph, ready)), blocked)


def _obstacles(graph: Graph, name: str, live: Live, without: Collection[str]) -> Iterator[str]:
    nodes = graph.network.nodes
    node = nodes[name]
    if not node.managed:
        yield "Ansible does not configure it"
        return
    if node.next_public_key is None:
        yield "it has no next key"
    for host in node.hosts:
        if host not in live:
            yield f"{_named(host, name)} has not answered"
    for other in sorted(graph.neighbours(name)):
        peer = nodes[other]
        if other in without or peer.pending:
            continue
        if not peer.managed:
            yield f"its peer {other} is not configured by Ansible"
        for host in peer.hosts if peer.managed else ():
            if host not in live:
                yield f"its peer {_named(host, other)} has not answered"
            elif node.next_public_key not in live[host]:
                yield f"its peer {_named(host, other)} does not have the next key yet"


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
