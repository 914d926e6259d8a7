# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of ``rotate`` does next: which nodes get a next key, which change to theirs, and which cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..failover.bgp import interface_names
from ..model.findings import PlanError
from ..model.network import Network, Node
from ..topologies.topology import graph_of
from .gate import Hosts, blocked_by, rounds_of, unstaged
from .node_keys import age_text, days_old, keys_in


@dataclass(frozen=True)
class Wish:
    """What the user asks for. ``nodes``: names; empty: all nodes of the hosts of the run. ``max_age``: only nodes whose key has
    been in use for at least that many days. ``without``: nodes that are left behind. ``clients``: nodes that Ansible does not
    configure are left behind, too. ``hosts``: those of the run.
    """

    nodes: Collection[str] = ()
    max_age: int | None = None
    without: Collection[str] = ()
    clients: bool = False
    hosts: Collection[str] = ()


@dataclass(frozen=True)
class Rotation:
    """``nodes``: those that can have another key. ``make``: host -> names of the keys that get a next one. ``rounds``: one after
    the other, host -> name of a key -> its interfaces, which change at the same time. ``blocked``: what blocks a node, one line
    each. ``ages``: one line for each key. ``without``: nodes that are left behind. ``cut_off``: one line for each node that has
    such peers. ``members``: the nodes of each round. ``shared``: host and name of each key that several hosts have.
    """

    nodes: tuple[str, ...] = ()
    make: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rounds: tuple[Mapping[str, Mapping[str, tuple[str, ...]]], ...] = ()
    blocked: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = ()
    members: tuple[frozenset[str], ...] = ()
    shared: frozenset[tuple[str, str]] = frozenset()

    def shown(self) -> dict[str, Any]:
        """As tasks read it. A round has ``title``, such as ``3 of 12, 9 nodes left``, ``hosts``, each with what changes, and
        ``shared``, the same with the keys that several hosts have.
        """
        rounds = []
        for number, hosts in enumerate(self.rounds):
            left = sum(map(len, self.members[number:]))
            changes = {host: [{"key": key, "names": list(names)} for key, names in keys.items()] for host, keys in hosts.items()}
            title = f"{number + 1} of {len(self.rounds)}, {left} {'node' if left == 1 else 'nodes'} left"
            shared = {host: [one for one in its if (host, one["key"]) in self.shared] for host, its in changes.items()}
            rounds.append({"title": title, "hosts": changes, "shared": {host: its for host, its in shared.items() if its}})
        lists = {name: list(getattr(self, name)) for name in ("nodes", "blocked", "ages", "without", "cut_off")}
        return {**lists, "makes": bool(self.make), "rounds": rounds}


def rotation(
    networks: Sequence[Network],
    entries: Mapping[str, Mapping[str, Mapping[str, Any]]],
    dates: Mapping[tuple[str, str], str | None],
    hosts: Hosts,
    wish: Wish,
    today: str,
) -> Rotation:
    """What comes next.

    :param entries: network -> its nodes in the registry.
    :param dates: (host, name of the key) -> the day on which its file was written.
    :param today: in UTC, as ``2027-01-31``.
    :raises PlanError: a name that no network has.
    """
    for name in sorted({*wish.nodes, *wish.without}):
        if not any(name in network.nodes for network in networks):
            raise PlanError(f"node {name}: is not in any network of these hosts; correct the name")
    make: dict[str, tuple[str, ...]] = {}
    rounds: list[dict[str, dict[str, tuple[str, ...]]]] = []
    nodes: list[str] = []
    blocked: list[str] = []
    ages: list[str] = []
    without: set[str] = set()
    cut_off: list[str] = []
    members: list[frozenset[str]] = []
    shared: set[tuple[str, str]] = set()
    for network in networks:
        known = entries.get(network.name, {})
        days = {name: _age(node, network, known.get(name, {}), dates, today) for name, node in network.nodes.items()}
        asked = [name for name in _asked(network, wish) if _due(network.nodes[name], days[name], wish.max_age)]
        left = {*wish.without, *(name for name, node in network.nodes.items() if wish.clients and not node.managed)}
        never = blocked_by(network, asked, hosts, left)
        ready = [name for name in asked if name not in never]
        nodes += ready
        for name in ready:
            if network.nodes[name].next_public_key is None:
                host = network.nodes[name].hosts[0]  # it gives the key to the others
                make[host] = (*make.get(host, ()), network.interface)
        made = [name for name in ready if network.nodes[name].next_public_key is not None]
        later = unstaged(network, made, hosts, left)
        for number, names in enumerate(rounds_of(network, [name for name in made if name not in later])):
            if number == len(rounds):
                rounds.append({})
                members.append(frozenset())
            members[number] |= {*names}
            for node in map(network.nodes.__getitem__, names):
                shared |= {(host, network.interface) for host in node.hosts if node.shared}
                for host in node.hosts:
                    rounds[number].setdefault(host, {})[network.interface] = tuple(interface_names(network, node))
        blocked += [f"network {network.name}: node {name} keeps its key: {why}" for name, why in never.items()]
        blocked += [f"network {network.name}: node {name} cannot use its next key yet: {why}" for name, why in later.items()]
        ages += _age_lines(network, _asked(network, wish), days, {*asked})
        without |= left
        cut_off += _cut_off_lines(network, ready, left) if left else ()
    return Rotation(
        tuple(nodes),
        make,
        tuple(rounds),
        tuple(blocked),
        tuple(ages),
        tuple(sorted(without)),
        tuple(cut_off),
        tuple(members),
        frozenset(shared),
    )


def _asked(network: Network, wish: Wish) -> list[str]:
    if wish.nodes:
        return sorted({*wish.nodes} & {*network.nodes})
    return [name for name, node in network.nodes.items() if node.managed and {*node.hosts} & {*wish.hosts}]


def _age(
    node: Node, network: Network, entry: Mapping[str, Any], dates: Mapping[tuple[str, str], str | None], today: str
) -> int | None:
    """Days for which the key has been in use; None if that is not known, also if a clock is wrong."""
    known = [keys_in(entry).since or dates.get((host, network.interface)) for host in node.hosts]
    ages = [days_old(day, today) for day in known if day]
    return max((age for age in ages if age is not None), default=None) if None not in ages and len(ages) == len(known) else None


def _due(node: Node, age: int | None, max_age: int | None) -> bool:
    """A change that has begun is completed whatever the key's age. A key of unknown age counts as old."""
    return max_age is None or node.next_public_key is not None or age is None or age >= max_age


def _age_lines(network: Network, names: Sequence[str], days: Mapping[str, int | None], due: Collection[str]) -> Iterator[str]:
    for name in names:
        known = days[name]
        age = "of unknown age" if known is None else age_text(known)
        half = "; its next key is ready" if network.nodes[name].next_public_key else ""
        yield f"network {network.name}: node {name}: key {age}{half}{'' if name in due else '; not due'}"


def _cut_off_lines(network: Network, names: Sequence[str], left: Collection[str]) -> Iterator[str]:
    graph = graph_of(network)
    for name in names:
        peers = [network.nodes[other] for other in sorted({*left}.intersection(graph.neighbours(name)))]
        clients = [peer.name for peer in peers if not peer.managed]
        behind = [peer.name for peer in peers if peer.managed]
        start = f"network {network.name}: cut off from {name} when its key changes:"
        if clients:
            yield f"{start} {', '.join(clients)}, until they have its new key, which is in their new files"
        if behind:
            yield f"{start} {', '.join(behind)}, until a run reaches them other than through the tunnel"
