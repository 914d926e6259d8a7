# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost registry, rebuilt from what hosts say of the running network.

A host is believed about itself. Of nodes that do not answer, its peers are evidence, which counts if no host contradicts it. What
two nodes claim is neither's. Entries that the registry has stay as they are, and no address is allocated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..documents.document import network_from_dict
from ..documents.document_keys import ULA
from ..model.findings import ERROR
from ..model.network import Network, Node
from ..model.prefixes import PrefixTable, code
from ..validation.checks import document_findings
from . import subnets
from .adoption import with_live_ula
from .evidence import LONGEST, Contradiction, Peers, Pool, Results, Sightings, Told, key_of, live_of, part_of, told_of
from .registry import Registry, entries_of, with_ula
from .subnet_evidence import subnets_in


@dataclass(frozen=True)
class Rebuilt:
    """The registry with what could be rebuilt.

    ``known``: nodes that it already had. ``own``: those that answered. ``others``: other nodes -> the hosts that have them as
    peers. ``refused``: nodes -> why they are not recorded. ``unseen``: nodes of which no host that answered has anything.
    ``strangers``: public keys of peers that are nobody's -> name (or None) and the hosts that have them. ``silent``: hosts that
    did not answer. ``errors``: hosts -> what could not be read there.
    """

    registry: Registry
    known: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    strangers: Mapping[str, tuple[str | None, tuple[str, ...]]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Claim:
    """What is said of a node. ``parts`` are addresses and subnets. ``hosts`` have it as a peer; none if it answered itself."""

    key: str | None
    addresses: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    own: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return (*self.addresses, *self.subnets)


def rebuild(described: Mapping[str, Any], registry: Registry, results: Results) -> Rebuilt:
    """The registry with the nodes that it has lost.

    :param described: the network's document, from the inventory.
    :raises PlanError: the document cannot be read, or the hosts have several prefixes where the network has one of its own.
    """
    registry = with_live_ula(described, registry, live_of(results))
    document, registry = with_ula(described, registry, None)
    if ULA in _listed(document.get("prefixes")):  # neither registry nor hosts have it, so there is no such network yet
        return Rebuilt(registry, unseen=tuple(sorted(document["nodes"])))
    network = network_from_dict(document)
    return _Rebuilding(network, registry, told_of(network, results)).result()


def _listed(prefixes: Any) -> list[Any]:
    return prefixes if isinstance(prefixes, list) else [prefixes]


class _Rebuilding:
    def __init__(self, network: Network, registry: Registry, told: Mapping[str, Told]) -> None:
        self._network = network
        self._registry = registry
        self._told = told
        self._peers = Peers(told)
        self._refused: dict[str, str] = {}
        nodes = network.nodes.values()
        recorded = {**registry.removed, **registry.nodes}
        self._lost = [node for node in nodes if node.name not in recorded]
        self._key_owners = {str(e["public_key"]): name for name, e in recorded.items() if e.get("public_key")}
        self._key_owners.update({node.public_key: node.name for node in nodes if node.public_key})
        self._part_owners = {part: name for name, e in recorded.items() for part in _parts_in(e)}
        self._part_owners.update({part: n.name for n in nodes for part in (*n.addresses, *n.container_subnets)})
        routes = [route for node in nodes for route in node.routes]
        self._addresses = [
            Pool(prefix, LONGEST[6 if ":" in prefix else 4], [*routes, *network.container_prefixes, *_inside(network, prefix)])
            for prefix in network.prefixes
        ]
        self._routes = PrefixTable((route, node.name) for node in nodes for route in node.routes)
        self._in_use = {network.prefix_of(address) for one in told.values() for address in one.addresses}
        self._subnets = [Pool(p, subnets.LENGTHS[6 if ":" in p else 4], routes) for p in network.container_prefixes]

    def result(self) -> Rebuilt:
        claims = self._claims()
        self._refuse_clashes(claims)
        self._refuse_unsound(claims)
        good = {name: claim for name, claim in claims.items() if name not in self._refused}
        nodes = {**self._entries(good), **self._registry.nodes}
        managed = [node for node in self._network.nodes.values() if node.managed]
        return Rebuilt(
            replace(self._registry, nodes=nodes),
            known=tuple(name for name in self._network.nodes if name in self._registry.nodes or name in self._registry.removed),
            own=tuple(name for name, claim in good.items() if claim.own),
            others={name: claim.hosts for name, claim in good.items() if not claim.own},
            refused=dict(sorted(self._refused.items())),
            unseen=tuple(node.name for node in self._lost if node.name not in claims and node.name not in self._refused),
            strangers=self._strangers(claims),
            silent=tuple(host for node in managed for host in node.hosts if host not in self._told),
            errors={host: one.errors for host, one in sorted(self._told.items()) if one.errors},
        )

    def _claims(self) -> dict[str, _Claim]:
        """Node -> what is said of it. Subnets come last, because those of other nodes must be told apart."""
        own = {node.name: claim for node in self._lost if (claim := self._tried(node, self._own)) is not None}
        taken = {*self._part_owners, *(address for name, one in own.items() for address in self._supported(name, one))}
        rest = [node for node in self._lost if node.name not in own and node.name not in self._refused]
        claimed = {address for one in own.values() for address in one.addresses}
        others = {node.name: claim for node in rest if (claim := self._tried(node, self._of_others, taken, claimed)) is not None}
        return self._with_subnets({**own, **others})

    def _tried(self, node: Node, read: Any, *more: Any) -> _Claim | None:
        try:
            claim: _Claim | None = read(node, *more)
        except Contradiction as error:
            self._refused[node.name] = str(error)
            return None
        return claim

    def _own(self, node: Node) -> _Claim | None:
        """What a node says of itself, if one of its hosts answers and has its interface."""
        told = {host: self._told[host] for host in node.hosts if node.managed and host in self._told}
        keys = {key: host for host, one in told.items() for key in one.keys}
        if not keys:
            return None
        if len(keys) > 1:
            raise Contradiction(f"its public key is {', but '.join(f'{short(k)} on {h}' for k, h in sorted(keys.items()))}")
        key = next(iter(keys))
        if node.public_key not in (None, key):
            raise Contradiction(f"it has the public key {short(key)}, but the inventory has {short(str(node.public_key))}")
        seen = self._seen(node, key)
        mine = {address: self._network.prefix_of(address) for one in told.values() for address in one.addresses}
        found = [
            self._own_address(node.name, pool, [address for address, prefix in mine.items() if prefix == pool.prefix], seen)
            for pool in self._open(node)
        ]
        addresses = tuple(address for address in found if address)
        return _Claim(key, addresses, own=True) if addresses or node.addresses or not node.numbered else None

    def _own_address(self, name: str, pool: Pool, mine: list[str], seen: Sightings) -> str | None:
        """Its address in a prefix, unless all hosts that have it as a peer have another."""
        had = {host: parts for host, peer in seen if (parts := pool.parts(self._told[host], peer))}
        backed = [address for address in mine if any(address in parts for parts in had.values())]
        if len(backed or mine) > 1:
            raise Contradiction(f"in {pool.prefix} it has {' and '.join(sorted(backed or mine))}")
        if mine and had and not backed:
            theirs = ", ".join(f"{' and '.join(sorted(parts))} on {host}" for host, parts in had.items())
            raise Contradiction(f"in {pool.prefix} it says that it has {mine[0]}, but has {theirs}")
        for route, owner in self._routes.holding(mine[0]) if mine else ():
            if owner != name:
                raise Contradiction(f"it says that it has {mine[0]}, which is in {owner}'s route {route}")
        self._complete(pool, mine)
        return next(iter(backed or mine), None)

    def _supported(self, name: str, claim: _Claim) -> Iterator[str]:
        """The addresses of a node that another host has for it, too."""
        seen = self._seen(self._network.nodes[name], str(claim.key))
        had = {part for host, peer in seen for pool in self._addresses for part in pool.parts(self._told[host], peer)}
        return (address for address in claim.addresses if address in had)

    def _of_others(self, node: Node, taken: Collection[str], claimed: Collection[str]) -> _Claim | None:
        """What others have of a node that does not answer; all of it may also come from the inventory."""
        key, sightings = key_of(node, self._peers)
        seen = [(host, peer) for host, peer in sightings if host not in node.hosts]
        missing = self._open(node)
        if not seen and (missing or key is None or (node.numbered and not node.addresses)):
            return None
        found = [part_of(pool, seen, self._told, taken, claimed) for pool in missing]
        for pool, address in zip(missing, found, strict=True):
            self._complete(pool, [address] if address else [])
        hosts = tuple(dict.fromkeys(host for host, _peer in seen))
        addresses = tuple(address for address in found if address)
        return _Claim(key, addresses, hosts=hosts) if addresses or node.addresses or not node.numbered else None

    def _seen(self, node: Node, key: str) -> Sightings:
        """The peers with a key on hosts that are not the node's own."""
        return [(host, peer) for host, peer in self._peers.keyed(key) if host not in node.hosts]

    def _open(self, node: Node) -> list[Pool]:
        """The prefixes in which the inventory gives a node no address, although it needs one."""
        if not node.numbered:
            return []
        return [pool for pool in self._addresses if pool.prefix not in map(self._network.prefix_of, node.addresses)]

    def _complete(self, pool: Pool, found: Collection[str]) -> None:
        """Refuse a node without an address in a prefix that is in use: a run would allocate another one."""
        if not found and pool.prefix in self._in_use:
            raise Contradiction(f"no host that answered has its own address in {pool.prefix}")

    def _with_subnets(self, claims: Mapping[str, _Claim]) -> dict[str, _Claim]:
        """With the subnets of containers."""
        lacking = {name for name in subnets.needs_subnets(self._network) if name in claims}
        found: dict[str, tuple[str, ...]] = {}
        for pool in self._subnets:
            nodes = [self._network.nodes[name] for name in sorted(lacking)]
            wanted = [node for node in nodes if not any(pool.holds(code(subnet)) for subnet in node.container_subnets)]
            addresses = {node.name: (*node.addresses, *claims[node.name].addresses)[0] for node in wanted}
            hosts = {node.name: node.hosts for node in wanted}
            certain = subnets_in(pool, addresses, hosts, self._told, self._part_owners)
            used = self._has_parts(pool)
            for name in addresses:
                if name in certain:
                    found[name] = (*found.get(name, ()), certain[name])
                elif used:
                    what = f"hosts that answered do not tell its subnet of {pool.prefix} from those of others"
                    self._refused.setdefault(name, f"{what} (wireguard_container_subnets)")
        return {name: replace(claim, subnets=found.get(name, ())) for name, claim in claims.items()}

    def _has_parts(self, pool: Pool) -> bool:
        """Whether any host has something of a pool behind a peer."""
        prefixes = {code(prefix) for one in self._told.values() for peer in one.peers for prefix in peer.allowed_ips}
        return any(pool.holds(prefix) for prefix in prefixes)

    def _refuse_clashes(self, claims: Mapping[str, _Claim]) -> None:
        """Refuse all that claim what another node has, or claims, too."""
        for what, owners, said in (
            ("its public key", self._key_owners, {name: [claim.key] for name, claim in claims.items() if claim.key}),
            ("its", self._part_owners, {name: claim.parts for name, claim in claims.items()}),
        ):
            claimed: dict[str, list[str]] = {}
            for name, values in said.items():
                for value in values:
                    claimed.setdefault(value, []).append(name)
            for value, names in claimed.items():
                all_of_it = sorted({*names, owners.get(value, names[0])})
                for name in names if len(all_of_it) > 1 else ():
                    others = ", ".join(self._with_source(other, claims) for other in all_of_it if other != name)
                    mine = self._source(claims[name])
                    self._refused.setdefault(name, f"{what} {_shown(value)}, {mine}, is also that of {others}")

    def _with_source(self, name: str, claims: Mapping[str, _Claim]) -> str:
        known = name not in claims
        return f"{name}, {'by the registry or the inventory' if known else self._source(claims[name])}"

    @staticmethod
    def _source(claim: _Claim) -> str:
        return (
            "by its own answer" if claim.own else f"by peers of {', '.join(claim.hosts)}" if claim.hosts else "by the inventory"
        )

    def _refuse_unsound(self, claims: Mapping[str, _Claim]) -> None:
        """Refuse what no plan could use, as the first address of a prefix."""
        good = {name: claim for name, claim in claims.items() if name not in self._refused}
        nodes = {name: _with(node, good[name]) if name in good else node for name, node in self._network.nodes.items()}
        for finding in document_findings(replace(self._network, nodes=nodes)):
            for name in finding.nodes if finding.severity == ERROR else ():
                if name in good:
                    self._refused.setdefault(name, finding.what)

    def _entries(self, claims: Mapping[str, _Claim]) -> dict[str, dict[str, Any]]:
        nodes = {name: _with(node, claims[name]) for name, node in self._network.nodes.items() if name in claims}
        return entries_of(replace(self._network, nodes=nodes))

    def _strangers(self, claims: Mapping[str, _Claim]) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        """The peers of which neither inventory nor registry knows, nor any host that it is its own."""
        known = {*self._key_owners, *(claim.key for claim in claims.values()), *(k for o in self._told.values() for k in o.keys)}
        strangers = {}
        for key in self._peers.all_keys():
            seen = self._peers.keyed(key)
            name = next((peer.name for _host, peer in seen if peer.name is not None), None)
            if key not in known and name not in self._refused:
                strangers[key] = (name, tuple(dict.fromkeys(host for host, _peer in seen)))
        return dict(sorted(strangers.items(), key=lambda item: (item[1][0] or "", item[0])))


def _with(node: Node, claim: _Claim) -> Node:
    return replace(
        node,
        public_key=node.public_key or claim.key,
        addresses=(*node.addresses, *claim.addresses),
        container_subnets=(*node.container_subnets, *claim.subnets),
        routes=(*node.routes, *claim.subnets),
    )


def _parts_in(entry: Mapping[str, Any]) -> Iterable[str]:
    return (*entry.get("addresses", ()), *entry.get("container_subnets", ()))


def _inside(network: Network, prefix: str) -> list[str]:
    """The network's other prefixes inside one of them."""
    outer = PrefixTable([(prefix, "")])
    return [other for other in network.prefixes if other != prefix and next(outer.holding(other), None) is not None]


def _shown(value: str) -> str:
    return short(value) if value.endswith("=") else value
