# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One network in one run: the inventory, the registry and the hosts' answers, combined.

A host's own public key is accepted from it, unless another node has it. Its answers decide nothing about other hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..documents.document import readable_network
from ..failover.bgp import interface_names, uses_bgp
from ..model.answers import Seen, answers_of
from ..model.findings import PlanError
from ..model.network import Network
from ..rotation.compromised import compromised_keys, without_compromised
from ..rotation.node_keys import every_key, keys_in
from ..rotation.shared import keys_of_hosts
from ..topologies.topology import graph_of
from .adoption import (
    Answer,
    Answers,
    Live,
    adopt,
    answers_about,
    disputed,
    lost_peers,
    outdated,
    renumbered,
    unknown_members,
    why_lost,
    with_live_ula,
)
from .jobs import hidden_lines, pending_lines, split_nodes, unrecorded, without_its_key
from .lifetime import ended, refuse_to_expire_all
from .registry import Merged, Pruned, Registry, merge, pruned, with_recorded_hosts, with_ula

_GONE = "is not a peer of any node"


@dataclass(frozen=True)
class Asked:
    """The options of a run.

    ``remove``: nodes to remove. ``whole``: remove all nodes of the network. ``max_removals``: how many nodes may be pruned; None:
    a fifth of the recorded ones, and at least one. ``expire_all``: all nodes with an expiry day may expire at once.
    ``regenerate``: the first host of a node on several hosts may have a new key. ``rollback``: changes are rolled back unless
    they are confirmed. ``renumber``: hosts may get other addresses than they have. ``only_recorded``: the run records nothing,
    so what is not in the registry does not count. ``sliced``: the inventory shows only a part of the hosts. ``list_pruned``:
    stop, and name the nodes that left the inventory. ``compromised``: nodes whose keys others may have.
    """

    prune: Pruned = False
    remove: Collection[str] = ()
    whole: bool = False
    max_removals: int | None = None
    expire_all: bool = False
    regenerate: bool = False
    rollback: bool = False
    renumber: bool = False
    only_recorded: bool = False
    sliced: bool = False
    list_pruned: bool = False
    compromised: Collection[str] = ()


@dataclass(frozen=True)
class Left:
    """What to remove from a host whose node is removed: names of interfaces, of keys, and of interfaces that fail over."""

    interfaces: tuple[str, ...] = ()
    key_names: tuple[str, ...] = ()
    vrrp: tuple[str, ...] = ()
    bgp: tuple[str, ...] = ()

    def and_of(self, other: Left) -> Left:
        """The parts of both."""
        return Left(*(tuple(dict.fromkeys((*mine, *theirs))) for mine, theirs in zip(self.parts, other.parts, strict=True)))

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """All parts, in the order of the fields."""
        return (self.interfaces, self.key_names, self.vrrp, self.bgp)


@dataclass(frozen=True)
class Recorded:
    """A network, combined with the registry and the answers.

    ``undecided``: hosts that may have addresses that the registry has lost, while no host has answered; until then, nothing is
    recorded. ``over``: nodes that are removed because they are expired or revoked -> why; ``keys_over`` has their public keys.
    ``refused``: hosts whose answers are rejected -> why. ``given``: hosts whose public key the inventory gives, so that they make
    none. ``foreign``: host -> public keys of nodes on several hosts that do not include it; it must replace such a key. ``left``:
    host -> what to remove from it. ``ours``: unmanaged nodes without a public key in the inventory. ``warnings`` are additional
    to those of ``merged``.
    """

    merged: Merged
    undecided: tuple[str, ...] = ()
    over: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    foreign: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: Mapping[str, Left] = field(default_factory=dict)
    ours: tuple[str, ...] = ()
    keys_over: Mapping[str, str | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def record(
    described: Mapping[str, Any],
    registry: Registry,
    seen: Seen,
    asked: Asked,
    today: str,
    seed: str | None,
    remember: bool,
    live: Live | None = None,
    others: Live | None = None,
    tolerated: Collection[str] = (),
    upcoming: Seen = MappingProxyType({}),
) -> Recorded:
    """Combine inventory, registry and answers.

    :param described: the network's document, from the inventory.
    :param today: in UTC, as ``2027-01-31``.
    :param seed: see :func:`with_ula`.
    :param remember: False if there is no registry.
    :param live: of the hosts that have answered in this run; None: hosts are not asked.
    :param others: of hosts that were asked although they are not in this run.
    :param tolerated: see :func:`merge`.
    :param upcoming: as ``seen``, the next keys.
    :raises PlanError: the network cannot work, or too many nodes would be removed.
    """
    guarded = remember and live is not None and not asked.renumber
    if guarded:
        registry = with_live_ula(described, registry, live or {})
    document, registry = with_ula(described, registry, seed)
    shown = readable_network(document)
    network = with_recorded_hosts(shown, registry, asked.remove)
    answered = {host for (host, _interface), key in seen.items() if key}
    registry = replace(registry, nodes=without_compromised(network, registry.nodes, asked.compromised, answered))
    split = split_nodes(shown, network)
    answers = answers_about(network, live or {}, others or {})
    unknown = unknown_members(network, registry) if guarded else []
    refused_addresses = disputed(network, registry, answers) if guarded else {}
    if unknown:
        claiming = {host: Answer() if host in refused_addresses else answer for host, answer in answers.items()}
        registry = adopt(network, registry, claiming, {key for key in seen.values() if key})
    over = ended(network, registry, today)
    if not asked.expire_all:
        refuse_to_expire_all(network, registry, over)
    remove = {*network.nodes, *registry.nodes} if asked.whole else {*asked.remove, *over}
    _refuse_to_prune_many(network, registry, asked, remove)
    _refuse_to_cut(network, asked, set(remove) - {name for name, node in network.nodes.items() if node.revoked})
    _refuse_reserved(network, registry)
    believed, refused = _believed(network, registry, seen, asked.regenerate)
    refused = {**refused, **without_its_key(network, registry, seen, split)}
    if asked.only_recorded:
        believed, refused = {}, {**unrecorded(network, registry, seen), **refused}
    if guarded:
        refused = {**renumbered(network, registry, answers), **refused_addresses, **refused}
    following, lies = _next_keys(network, registry, believed, seen, upcoming)
    refused = {**lies, **refused}

    def merging(known: Registry) -> Merged:
        return merge(network, known, believed, asked.prune, remember, remove, tolerated, following, today)

    merged = _merged(network, registry, answers, asked.sliced, merging)
    if guarded and (lost := lost_peers(merged.network, registry, answers, asked.sliced)):
        refused = {**refused, **{host: why_lost(host, names) for host, names in lost.items()}}
        merged = _without_new(merged, registry, {name for names in lost.values() for name in names})
    if guarded and not live:  # hosts may still say that they have these clients
        merged = _without_new(merged, registry, {name for name, n in merged.network.nodes.items() if n.pending and not n.managed})
    return Recorded(
        merged,
        () if live else tuple(host for node in unknown for host in node.hosts),
        over,
        refused,
        tuple(_make_none(network, split, asked)),
        _foreign(merged),
        _left(network, remove),
        tuple(node.name for node in network.nodes.values() if not node.managed and node.pending),
        {name: _key_of(network, registry, name) for name in over},
        (
            *_other_keys(network, registry, believed),
            *pending_lines(merged.network, shown, split),
            *(() if asked.sliced else hidden_lines(network, shown)),
        ),
    )


def _make_none(network: Network, split: Collection[str], asked: Asked) -> Iterator[str]:
    """The hosts that make no key."""
    for name, node in network.nodes.items():
        if node.managed and (node.public_key or asked.only_recorded or name in split):
            yield from node.hosts


def named(prune: Pruned) -> Collection[str]:
    """The nodes to prune that the user names."""
    return () if isinstance(prune, bool) else prune


def _without_new(merged: Merged, registry: Registry, names: Collection[str]) -> Merged:
    """Without new entries for nodes whose own ones have been lost, so that they get no other addresses."""
    nodes = {name: entry for name, entry in merged.registry.nodes.items() if name in registry.nodes or name not in names}
    return replace(merged, registry=replace(merged.registry, nodes=nodes))


def _merged(
    network: Network, registry: Registry, answers: Answers, sliced: bool, merging: Callable[[Registry], Merged]
) -> Merged:
    """Merged, without the nodes that an old registry has brought back. They stay in the registry."""
    merged = merging(registry)
    old = [] if sliced else outdated(merged.network, registry, answers, network.nodes)
    if not old:
        return merged
    entries = {name: registry.nodes[name] for name in old}
    kept = {name: entry for name, entry in registry.nodes.items() if name not in entries}
    merged = merging(replace(registry, nodes=kept, removed={**registry.removed, **entries}))  # their addresses stay reserved
    removed = {name: entry for name, entry in merged.registry.removed.items() if name not in entries}
    warning = (
        f"network {network.name}: in the registry, but neither in the inventory nor a peer of a host that answered, so left out: "
        f"{', '.join(old)}; if the registry is an old copy, restore the newest; -e wireguard_prune={','.join(old)} removes them "
        "from it"
    )
    keys = {key for entry in entries.values() for key in every_key(entry)}
    return replace(
        merged,
        registry=replace(merged.registry, nodes={**merged.registry.nodes, **entries}, removed=removed),
        warnings=(*merged.warnings, warning),
        ended=tuple(key for key in merged.ended if key not in keys),
    )


def _key_of(network: Network, registry: Registry, name: str) -> str | None:
    known = (registry.nodes.get(name) or registry.removed.get(name) or {}).get("public_key")
    return (network.nodes[name].public_key if name in network.nodes else None) or known


def over_lines(one: Recorded, live: Mapping[str, Collection[str]], running: Collection[str]) -> Iterator[str]:
    """A line for each expired or revoked node: from which hosts this run removes it.

    :param live: host -> public keys of its live peers; without hosts that were not read.
    :param running: the hosts on which the run continues.
    """
    network = one.merged.network
    hosts = [host for node in network.nodes.values() if node.managed for host in node.hosts]
    for name, why in one.over.items():
        having = [host for host in hosts if one.keys_over[name] in live.get(host, ())]
        going = [host for host in having if host in running]
        left = [host for host in having if host not in running]
        unknown = [host for host in hosts if host not in live]
        parts = [f"removed from {len(going)} hosts in this run"] if going else []
        parts += [f"still on: {', '.join(left)}"] if left else []
        parts += [f"possibly still on, not checked in this run: {', '.join(unknown)}"] if unknown else []
        yield f"network {network.name}: node {name} {why}: {'; '.join(parts or [_GONE])}"


def _refuse_to_prune_many(network: Network, registry: Registry, asked: Asked, remove: Collection[str]) -> None:
    """An inventory that came back empty would prune all nodes."""
    gone = [name for name in registry.nodes if name not in network.nodes and name not in remove]
    if asked.list_pruned and gone:
        raise PlanError(
            f"network {network.name}: in the registry, but not in the inventory: {', '.join(gone)}; nothing was removed, because "
            f"no run can tell a part of an inventory from the whole; to remove them, set -e wireguard_prune={','.join(gone)}"
        )
    gone = [name for name in gone if pruned(asked.prune, name)]
    limit = max(1, len(registry.nodes) // 5) if asked.max_removals is None else asked.max_removals
    if len(gone) > limit:
        raise PlanError(
            f"network {network.name}: {len(gone)} of {len(registry.nodes)} nodes would be pruned, but at most {limit} may be: "
            f"{', '.join(sorted(gone))}; if that is intended, set wireguard_max_removals to {len(gone)}"
        )


def _refuse_to_cut(network: Network, asked: Asked, remove: Collection[str]) -> None:
    """Nodes are removed at once, before the other changes are armed, so no path may still depend on them."""
    named = sorted(set(remove).intersection(network.nodes)) if asked.rollback and not asked.whole else []
    graph = graph_of(network) if named else None
    for name in named:
        if graph is not None and name in graph.forwarders and len(graph.neighbours(name)) > 1:
            raise PlanError(
                f"node {name}: it forwards for other nodes, and a rollback does not restore removed nodes; route their traffic "
                "elsewhere first (wireguard_home, wireguard_links), revoke the node, or run without wireguard_rollback"
            )


def _refuse_reserved(network: Network, registry: Registry) -> None:
    """Keys and addresses of removed nodes are reserved: otherwise the owner of an old key would get access again."""
    for name, entry in registry.removed.items():
        for other, node in network.nodes.items():
            if other == name:
                continue
            if node.public_key in every_key(entry):
                raise PlanError(f"node {other}: its public key belongs to the removed node {name}; {_reserved(name)}")
            for address in set(node.addresses).intersection(entry.get("addresses", ())):
                raise PlanError(f"node {other}: its address {address} belongs to the removed node {name}; {_reserved(name)}")


def _reserved(name: str) -> str:
    return f"give it another one, or delete {name} from `removed` in the registry"


def _believed(network: Network, registry: Registry, seen: Seen, regenerate: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Node -> the key that its host reported; and host -> why its answers are rejected."""
    claims = {
        host: (name, key)
        for name, node in network.nodes.items()
        if node.managed
        for host in node.hosts
        if (key := seen.get((host, network.interface)))
    }
    owners = _owners(network, registry)
    refused: dict[str, str] = {}
    for host, (name, key) in claims.items():
        given = network.nodes[name].public_key
        others = sorted({other for other, claimed in claims.values() if claimed == key and other != name})
        if given is not None and key != given and not network.nodes[name].shared:
            refused[host] = (
                f"host {host}: has the public key {short(key)}, but the inventory has {short(given)} for {name}; correct "
                "wireguard_public_key, or give the host that key (wireguard_private_keys)"
            )
        elif key in keys_in(registry.nodes.get(name, {})).compromised:
            refused[host] = f"host {host}: has a compromised key of {name}; remove its file, or change wireguard_private_keys"
        elif owners.get(key, name) != name:
            refused[host] = f"host {host}: reports the public key of {owners[key]}; {_ANOTHER}"
        elif others and key not in owners:
            refused[host] = f"host {host}: reports the same public key as {', '.join(others)}; {_ANOTHER}"
    accepted: dict[str, str] = {}
    for host, (name, key) in claims.items():
        if host not in refused:
            node = network.nodes[name]
            known = registry.nodes.get(name, {}).get("public_key")
            if not node.shared or not known or (regenerate and host == node.hosts[0]):
                accepted.setdefault(name, key)
    for name, node in network.nodes.items():
        if node.shared and name not in accepted:
            used = {host: claims[host][1] for host in node.hosts if host in claims and host not in refused}
            live = keys_of_hosts(node, keys_in(registry.nodes.get(name, {})), used, {})[0]
            accepted.update({name: live} if live else {})
    return accepted, refused


def _next_keys(
    network: Network, registry: Registry, believed: Mapping[str, str], seen: Seen, upcoming: Seen
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Node -> the next key that its host reported; and host -> why that is rejected: no node has a key of another one."""
    said: dict[str, tuple[str, str | None]] = {}
    for name in believed:
        node = network.nodes[name]
        used, following = (answers_of(node, network.interface, keys) for keys in (seen, upcoming))
        shared = keys_of_hosts(node, keys_in(registry.nodes.get(name, {})), used, following)[1] if node.shared else None
        said[name] = (node.hosts[0], shared if node.shared else following.get(node.hosts[0]))
    owners = _owners(network, registry)
    refused: dict[str, str] = {}
    for name, (host, key) in said.items():
        others = [owners[key]] if key in owners else []
        others += [other for other, (_host, claimed) in said.items() if claimed == key]
        others += [other for other, used in believed.items() if used == key]
        other = next((other for other in others if key and other != name), None)
        if other is not None:
            refused[host] = f"host {host}: reports a public key of {other} as its next one; remove the file of its next key"
    return {name: key for name, (host, key) in said.items() if host not in refused}, refused


_ANOTHER = "give it its own key (-e wireguard_regenerate=always, on this host only), and find out how it got this one"


def _owners(network: Network, registry: Registry) -> dict[str, str]:
    """Public key -> its node by the inventory or else by the registry, including removed nodes."""
    listed = [*registry.removed.items(), *registry.nodes.items()]
    recorded = {key: name for name, entry in listed for key in every_key(entry)}
    return {**recorded, **{node.public_key: name for name, node in network.nodes.items() if node.public_key}}


def _foreign(merged: Merged) -> dict[str, tuple[str, ...]]:
    """Managed host -> public keys that it must not have: compromised ones of its node, and those of nodes on several hosts that
    do not include it. A host with one of the latter was once among them.
    """
    shared, compromised = _shared_elsewhere(merged.network), compromised_keys(merged.network, merged.registry.nodes)
    return {host: (*shared.get(host, ()), *compromised.get(host, ())) for host in {**shared, **compromised}}


def _shared_elsewhere(network: Network) -> dict[str, tuple[str, ...]]:
    shared = {name: node for name, node in network.nodes.items() if node.shared and node.public_key}
    hosts = [host for node in network.nodes.values() if node.managed for host in node.hosts] if shared else []
    return {
        host: tuple(key for node in elsewhere for key in (node.public_key, node.next_public_key) if key)
        for host in hosts
        if (elsewhere := [node for node in shared.values() if host not in node.hosts])
    }


def _left(network: Network, remove: Collection[str]) -> dict[str, Left]:
    """For all hosts of removed nodes. One of several hosts of a node can be removed by its own name."""
    left: dict[str, Left] = {}
    for name, node in network.nodes.items():
        interface = (network.interface,)
        bgp = interface if uses_bgp(network) else ()
        shared = interface if node.shared else ()
        for host in node.hosts if node.managed else ():
            if name in remove or (node.shared and host in remove):
                left[host] = Left(tuple(interface_names(network, node)), interface, shared, bgp)
    return left


def _other_keys(network: Network, registry: Registry, believed: Mapping[str, str]) -> Iterator[str]:
    for name, key in believed.items():
        known = keys_in(registry.nodes.get(name, {}))
        if known.public and key not in (known.public, known.next):
            yield (
                f"network {network.name}: node {name} has a new public key, {short(known.public)} -> {short(key)}; if the host "
                "was not reinstalled, check which machine answers there"
            )
