# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry: the public facts about every node of a network, as values and as text."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import distinct
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_prefix
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import parse_name

from ..documents.document import check_network, node_to_dict, readable_network
from ..documents.document_keys import NO_ADDRESSES, NODE_KEYS, ULA, parse_date, parse_secret_id
from ..documents.version import is_version, refuse_newer
from ..model.findings import PlanError
from ..model.network import Network, Node, without
from ..rotation.compromised import still_compromised
from ..rotation.node_keys import COMPROMISED, NEXT, RETIRED, SINCE, NodeKeys, every_key, keys_in
from ..rotation.preshared_secrets import BASE, ID, IDS, NEXT_ID, restored
from . import ipam, subnets

VERSION = 2
"""The newest version. Version 1 has neither ``preshared_base`` nor the keys in ``_SECOND``."""
_SECOND = ("preshared_id", NEXT, RETIRED, SINCE, COMPROMISED, *IDS)
_GROUPS = "groups"
_LINEAGE = re.compile("[0-9a-f]{32}")
# The keys that the plan of other hosts depends on, so that they get the same plan when the inventory does not show the node.
_KEPT = (
    "public_key", "preshared_id", NEXT, RETIRED, SINCE, COMPROMISED, *IDS, "addresses", "endpoint", "site", "site_endpoint",
    "routes", "container_subnets", "hub", "home",
    "gateway", "forward", "managed", "expires", "endpoints", "underlays", "port", "hosts", "vrrp_addresses", "floating",
    "allowed_ips", "excluded_ips", "exit", _GROUPS,
)  # fmt: skip
_OWN: Mapping[str, Callable[[Any, str], Any]] = {
    _GROUPS: distinct(parse_name),
    COMPROMISED: distinct(lambda value, what: parse_key(str(value), what)),
    RETIRED: distinct(lambda value, what: parse_key(str(value), what)),
    SINCE: parse_date,
}
"""Those that no document has, with their readers."""


@dataclass(frozen=True)
class Registry:
    """``nodes`` and ``removed``, the removed nodes: node name -> its public keys of the network document.

    ``ula`` is the unique local IPv6 prefix that was drawn for the network, if it asked for one. ``lineage`` is random, and stays
    with the registry for good: another one is the registry of another network, or a new beginning. ``preshared_base``: see
    :class:`Network`.
    """

    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    removed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ula: str | None = None
    lineage: str | None = None
    preshared_base: str | None = None


def read_registry(text: str, where: str) -> Registry:
    """As :func:`parse_registry`, but an empty text is an empty registry."""
    return parse_registry(text, where) if text else Registry()


def parse_registry(text: str, where: str) -> Registry:
    """Read the text of a registry file.

    :param where: names the file in errors.
    :raises PlanError: no registry's text, which never counts as an empty registry, or a name or value that no document may have.
    """
    try:
        data = json.loads(text)
        refuse_newer(data["version"], VERSION, f"registry {where}")
        if not is_version(data["version"], VERSION):
            raise ValueError
        nodes, removed, ula, lineage = data["nodes"], data.get("removed", {}), data.get("ula"), data.get("lineage")
        if not all(isinstance(entry, dict) for part in (nodes, removed) for entry in part.values()):
            raise TypeError
        if ula is not None:
            parse_prefix(ula, "ula", strict=True)
        if lineage is not None and not _LINEAGE.fullmatch(lineage):
            raise ValueError
        base = data.get(BASE) if data.get(BASE) is None else parse_secret_id(data[BASE], BASE)
    except PlanError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError):
        raise PlanError(f"registry {where}: cannot be read; restore it, for example from git") from None
    return Registry(_read_entries(nodes, where), _read_entries(removed, where), ula, lineage, base)


def _read_entries(entries: Mapping[str, Mapping[str, Any]], where: str) -> dict[str, dict[str, Any]]:
    """The entries with the keys of a registry and no others, each read as in a document."""
    result: dict[str, dict[str, Any]] = {}
    try:
        for name, entry in entries.items():
            parse_name(name, "node name")
            result[name] = {key: entry[key] for key in _KEPT if entry.get(key) is not None}
            for key, value in result[name].items():
                (_OWN.get(key) or NODE_KEYS[key])(value, f"node {name}.{key}")
    except ValueError as error:
        raise PlanError(f"registry {where}: {error}; correct it there, or restore the file") from None
    return result


def render_registry(network: str, registry: Registry) -> str:
    """The text of a registry file: sorted, one node per line, so that changes are easy to merge and to read. Its version is the
    first that can have what it has, so that earlier versions of the collection read it for as long as they can.
    """
    new = any(key in entry for entry in (*registry.nodes.values(), *registry.removed.values()) for key in _SECOND)
    new = new or registry.preshared_base is not None
    parts = [f'{{\n"network": {json.dumps(network)},\n"version": {VERSION if new else 1}']
    if registry.lineage:
        parts.append(f'"lineage": {json.dumps(registry.lineage)}')
    if registry.ula:
        parts.append(f'"ula": {json.dumps(registry.ula)}')
    if registry.preshared_base:
        parts.append(f'"{BASE}": {json.dumps(registry.preshared_base)}')
    parts.append(f'"nodes": {_lines(registry.nodes)}')
    if registry.removed:
        parts.append(f'"removed": {_lines(registry.removed)}')
    return ",\n".join(parts) + "\n}\n"


def summary_of(before: Registry, after: Registry) -> str:
    """What a history says of a change: ``2 nodes recorded: a, b; 1 removed: c``."""
    recorded = sorted(name for name, entry in after.nodes.items() if before.nodes.get(name) != entry)
    removed = sorted(name for name in after.removed if name not in before.removed)
    forgotten = sorted(name for name in {*before.nodes, *before.removed} if name not in after.nodes and name not in after.removed)
    parts = [
        f"{len(names)} {'node' if len(names) == 1 else 'nodes'} {what}: {', '.join(names)}"
        for what, names in (("recorded", recorded), ("removed", removed), ("forgotten", forgotten))
        if names
    ]
    return "; ".join(parts) or "registry"


def with_lineage(registry: Registry, lineage: str) -> Registry:
    """The registry with that lineage, unless it has one."""
    return registry if registry.lineage else replace(registry, lineage=lineage)


def check_lineage(known: str | None, registry: Registry, where: str) -> None:
    """Compare with the lineage that this run has seen before.

    :raises PlanError: the registry is another one now, or is gone.
    """
    if known and registry.lineage != known:
        what = "is another one than" if registry.lineage or registry.nodes else "is empty, unlike"
        raise PlanError(
            f"registry {where}: {what} earlier in this run, so it was replaced meanwhile; nothing was written; find out by whom, "
            "and start again"
        )


def brought_back(older: Registry, present: Registry, where: str) -> Registry:
    """An older registry, or a copy, instead of the present one. Nodes that were removed since stay removed, keys that are
    compromised since stay so, and pairs that have come to a new preshared secret since stay with it.

    :raises PlanError: they are not registries of one network.
    """
    if present.lineage and older.lineage != present.lineage:
        raise PlanError(
            f"registry {where}: is that of another network or beginning (lineage {present.lineage}, not "
            f"{older.lineage or 'none'}), so it is not replaced; remove it first if that is intended"
        )
    removed = {**older.removed, **present.removed}
    kept = {name: entry for name, entry in older.nodes.items() if name not in removed}
    kept = {name: restored(entry, present.nodes[name]) if name in present.nodes else entry for name, entry in kept.items()}
    nodes = {name: still_compromised(entry, present.nodes.get(name, {})) for name, entry in kept.items()}
    return replace(
        older, nodes=nodes, removed=removed, preshared_base=present.preshared_base if present.nodes else older.preshared_base
    )


def with_changes(before: Registry, after: Registry, present: Registry, where: str) -> Registry:
    """The change from one registry to another, made on what is there now.

    :raises PlanError: what it changes has been changed meanwhile, too.
    """
    nodes = dict(present.nodes)
    for name in sorted({*before.nodes, *after.nodes}):
        old, new = before.nodes.get(name), after.nodes.get(name)
        if old == new or nodes.get(name) == new:
            continue
        if nodes.get(name) != old:
            raise PlanError(f"registry {where}: another run changed node {name} at the same time; start again")
        if new is None:
            del nodes[name]
        else:
            nodes[name] = new
    return replace(present, nodes=nodes)


def _lines(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """The keys of entries are sorted; the order of ``endpoints`` has a meaning."""
    lines = [f"  {json.dumps(name)}: {json.dumps(dict(sorted(entries[name].items())))}" for name in sorted(entries)]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def with_ula(document: Mapping[str, Any], registry: Registry, seed: str | None) -> tuple[dict[str, Any], Registry]:
    """Replace ``ula`` in the document's prefixes by the network's unique local prefix (RFC 4193), which is drawn only once.

    :param seed: distinguishes this network from all others in the world; the same seed draws the same prefix. None: draw none.
    """
    prefixes = document.get("prefixes")
    listed = [prefixes] if isinstance(prefixes, str) else prefixes
    if not isinstance(listed, list) or ULA not in listed or (registry.ula is None and seed is None):
        return dict(document), registry
    ula = registry.ula or _draw_ula(f"{seed}\0{document.get('name')}")
    return {**document, "prefixes": [ula if prefix == ULA else prefix for prefix in listed]}, replace(registry, ula=ula)


def _draw_ula(seed: str) -> str:
    """fd00::/8, 40 drawn bits, and the first of the 65536 subnets."""
    drawn = bytes([0xFD]) + hashlib.sha256(seed.encode()).digest()[:5]
    return str(ipaddress.IPv6Network((drawn.ljust(16, b"\0"), 64)))


@dataclass(frozen=True)
class Merged:
    """A network with all facts about its nodes, the new registry, and warnings for the user.

    ``departed`` are the nodes that only the registry has. ``ended`` are the public keys of nodes that were removed on purpose,
    now or earlier. Those that are pruned now are not among them, because an inventory that came back empty would prune all.
    """

    network: Network
    registry: Registry
    warnings: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    departed: tuple[str, ...] = ()


Pruned = bool | Collection[str]
"""Names, or whether all."""


def pruned(prune: Pruned, name: str) -> bool:
    """Whether a node that left the inventory is pruned."""
    return prune if isinstance(prune, bool) else name in prune


def merge(
    network: Network,
    registry: Registry,
    observed: Mapping[str, str],
    prune: Pruned,
    remember: bool,
    remove: Collection[str] = (),
    tolerated: Collection[str] = (),
    upcoming: Mapping[str, str | None] = MappingProxyType({}),
    today: str = "",
) -> Merged:
    """Combine the inventory and the registry.

    :param network: the members as the inventory describes them, with or without keys and addresses.
    :param observed: node -> public key that this run has seen on its host.
    :param prune: nodes that left the inventory, to remove them instead of keeping them as peers; True: all of them.
    :param remove: nodes to remove, also those that the inventory still has.
    :param remember: False if there is no registry: then no addresses are allocated, because nothing would record them.
    :param tolerated: codes of errors that do not stop a run, because the registry does not have all nodes yet.
    :param upcoming: node -> public key of the next key that is on its host, of those that have answered.
    :param today: in UTC; only needed if nodes may have other keys than before.
    :raises PlanError: addresses that nothing would record, or members that contradict each other.
    """
    members = without(network, remove)
    absent = {name: entry for name, entry in registry.nodes.items() if name not in members.nodes}
    departed = {name: entry for name, entry in absent.items() if not (pruned(prune, name) or name in remove)}
    removed = {
        **{name: entry for name, entry in registry.removed.items() if name not in members.nodes},
        **{name: entry for name, entry in absent.items() if name not in departed},
    }
    returned = [name for name in registry.removed if name in members.nodes]
    keys = {name: _keys(node, registry, observed.get(name), upcoming.get(name), today) for name, node in members.nodes.items()}
    nodes = {name: _known(node, keys[name], registry) for name, node in members.nodes.items()}
    nodes.update(_departed_nodes(members, departed))
    base = registry.preshared_base if registry.nodes else network.preshared_base
    whole = replace(members, nodes=dict(sorted(nodes.items())), groups=_groups(members, departed), preshared_base=base)
    whole = _allocated(whole, {**registry.removed, **registry.nodes}, removed, remember, tolerated)
    warnings = tuple(_warnings(whole, departed, returned))
    keys.update((name, keys_in(entry)) for name, entry in departed.items())
    entries = {
        name: {**_with_hosts(entry, departed.get(name), remove), **keys[name].entry()}
        for name, entry in entries_of(whole).items()
    }
    return Merged(
        whole, replace(registry, nodes=entries, removed=removed), warnings, _ended(network, registry, remove), tuple(departed)
    )


def _allocated(
    network: Network,
    recorded: Mapping[str, Mapping[str, Any]],
    removed: Mapping[str, Mapping[str, Any]],
    remember: bool,
    tolerated: Collection[str],
) -> Network:
    """The network with an address in every prefix, and a subnet in every container prefix, for each node.

    :param recorded: the registry's entries of all nodes, removed ones included.
    :param removed: entries of removed nodes, whose addresses and subnets are not allocated again.
    """
    without_address = ipam.needs_addresses(network)
    if without_address and not remember:
        raise PlanError(
            f"node {without_address[0]}: lacks an address in a prefix, and none can be allocated without a registry; "
            f"set wireguard_addresses for it, or wireguard_registry to a directory"
        )
    check_network(network, tolerated)
    reserved = frozenset(address for entry in removed.values() for address in _addresses(entry))
    network = ipam.assign(network, {name: _addresses(entry) for name, entry in recorded.items()}, reserved)
    without_subnet = subnets.needs_subnets(network)
    if without_subnet and not remember:
        raise PlanError(
            f"node {without_subnet[0]}: lacks a subnet in a container prefix, and none can be allocated without a registry; "
            f"set wireguard_container_subnets for it, or wireguard_registry to a directory"
        )
    subnets_of = {name: tuple(entry.get("container_subnets", ())) for name, entry in recorded.items()}
    network = subnets.assign(network, subnets_of, removed)
    check_network(network, tolerated)
    return network


def _ended(network: Network, registry: Registry, remove: Collection[str]) -> tuple[str, ...]:
    """The public keys of the nodes that are removed already, and of those that are removed now."""
    given = {name: node.public_key for name, node in network.nodes.items() if name in remove}
    known = {key: key for name, entry in registry.nodes.items() if name in remove for key in every_key(entry)}
    removed = (key for entry in registry.removed.values() for key in every_key(entry))
    retired = (key for entry in registry.nodes.values() for key in (*keys_in(entry).retired, *keys_in(entry).compromised))
    return tuple(sorted(key for key in {*given.values(), *known.values(), *removed, *retired} if key))


def _keys(node: Node, registry: Registry, live: str | None, upcoming: str | None, today: str) -> NodeKeys:
    """The node's keys. Those of a node whose host has not answered are the inventory's, or stay as they are."""
    known = keys_in(registry.nodes.get(node.name) or registry.removed.get(node.name) or {})
    return known.after(live or (node.public_key if node.public_key != known.public else None), upcoming, today)


def _known(node: Node, keys: NodeKeys, registry: Registry) -> Node:
    known = registry.nodes.get(node.name, {})  # a node that was removed begins anew
    identity = known.get("preshared_id") or known.get("public_key") or node.preshared_id
    identity = None if identity == keys.public else identity
    ids = (known.get(ID), known.get(NEXT_ID)) if known else (node.preshared_secret_id, node.next_preshared_secret_id)
    return replace(
        node,
        public_key=keys.public,
        next_public_key=keys.next if known else node.next_public_key,
        preshared_id=identity,
        preshared_secret_id=ids[0],
        next_preshared_secret_id=ids[1],
    )


def _groups(network: Network, departed: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The groups that links name, including nodes that were in them when they left the inventory."""
    named = {name for link in network.links for name in (link.a, link.b)}
    groups = dict(network.groups)
    for name, entry in departed.items():
        for group in named.intersection(entry.get(_GROUPS, ())):
            groups[group] = tuple(dict.fromkeys((*groups.get(group, ()), name)))
    return dict(sorted(groups.items()))


def _departed_nodes(network: Network, departed: Mapping[str, Mapping[str, Any]]) -> dict[str, Node]:
    nodes = {name: _values(entry) for name, entry in departed.items()}
    document = {"name": network.name, "prefixes": network.prefixes, "nodes": nodes}
    hosts = {host for node in network.nodes.values() for host in node.hosts}
    return {name: _elsewhere(node, hosts) for name, node in readable_network(document).nodes.items()}


def _with_hosts(entry: dict[str, Any], before: Mapping[str, Any] | None, remove: Collection[str]) -> dict[str, Any]:
    """The entry of a node, without removed hosts. One that the inventory does not show keeps its hosts, which may be other nodes'
    in this run.
    """
    if before and "hosts" in before:
        entry = {**entry, "hosts": before["hosts"]}
    if not set(entry.get("hosts", ())).intersection(remove):
        return entry
    addresses = {host: address for host, address in entry["vrrp_addresses"].items() if host not in remove}
    return {**entry, "hosts": [host for host in entry["hosts"] if host not in remove], "vrrp_addresses": addresses}


def _elsewhere(node: Node, hosts: Collection[str]) -> Node:
    """A node that the inventory does not show, on the hosts that it shares; without hosts that are another node's now."""
    left = tuple(host for host in node.hosts if host not in hosts) if node.shared else ()
    return replace(node, hosts=left if len(left) > 1 else ())


def with_recorded_hosts(network: Network, registry: Registry, remove: Collection[str]) -> Network:
    """With the hosts of its nodes that the inventory does not show, such as those of another job.

    :param remove: nodes and hosts to remove.
    """
    mine = {host: name for name, node in network.nodes.items() for host in node.hosts}
    nodes = dict(network.nodes)
    for name, node in network.nodes.items():
        entry = registry.nodes.get(name, {})
        addresses = entry.get("vrrp_addresses", {})
        recorded = [host for host in entry.get("hosts", addresses) if mine.get(host, name) == name and host not in remove]
        if not node.managed or name not in registry.nodes or not set(recorded).difference(node.hosts):
            continue
        addresses = {host: address for host, address in addresses.items() if host in recorded}
        if not addresses and not node.vrrp_addresses:
            continue  # a node that was renamed to another host
        nodes[name] = replace(
            node,
            hosts=tuple(sorted({*recorded, *node.hosts})),
            vrrp_addresses={**addresses, **node.vrrp_addresses},
        )
    return replace(network, nodes=nodes)


def _values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a document. An entry with an empty list of addresses is that of a node that has none."""
    values = {key: value for key, value in entry.items() if key not in _OWN}
    return {**values, "addresses": NO_ADDRESSES} if values.get("addresses") == [] else values


def _addresses(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(entry.get("addresses", ()))


def entries_of(network: Network) -> dict[str, dict[str, Any]]:
    """The registry's entries of all nodes of a network."""
    whole = {name: node_to_dict(node) for name, node in network.nodes.items()}
    for name, node in network.nodes.items():
        if not node.numbered:
            whole[name]["addresses"] = []
        if not node.vrrp_addresses:
            whole[name].pop("hosts", None)
    for group in sorted(network.groups):
        for name in set(network.groups[group]) & set(whole):
            whole[name].setdefault(_GROUPS, []).append(group)
    return {name: {key: entry[key] for key in _KEPT if key in entry} for name, entry in whole.items()}


def _warnings(network: Network, departed: Collection[str], returned: Collection[str]) -> list[str]:
    result = []
    if returned:
        result.append(
            f"network {network.name}: removed earlier, but added again because the inventory has them: {', '.join(returned)}; "
            "remove them from its group if that is not intended"
        )
    if departed:
        result.append(departed_line(network.name, departed))
    return result


def departed_line(network: str, departed: Collection[str]) -> str:
    """What the user has to know of nodes that only the registry has."""
    return (
        f"network {network}: no longer in the inventory, but still peers of all nodes: {', '.join(departed)}; -e "
        f"wireguard_prune={','.join(departed)} removes them"
    )
