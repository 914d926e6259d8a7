# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts say of a network: each of itself, and as evidence, of the nodes that are its peers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..failover.bgp import interface_names
from ..model.findings import PlanError
from ..model.network import Network, Node
from ..model.prefixes import Coded, PrefixTable, code, text
from .adoption import Answer

LONGEST = {4: 32, 6: 128}
MOST = 4096
"""A prefix of more units than this stands for nodes that it does not name."""
Results = Mapping[str, Mapping[str, Any]]
"""Host -> result of the module ``conf_info``; without hosts that did not answer."""
Sightings = Sequence[tuple[str, Peer]]
"""(host, its peer), of one node."""


class Contradiction(PlanError):
    """What hosts say cannot all be true, or leaves a choice."""


@dataclass(frozen=True)
class Told:
    """What a host says: its public keys and addresses, its peers, and why a file could not be read."""

    keys: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    peers: tuple[Peer, ...] = ()
    errors: tuple[str, ...] = ()

    def owner(self, prefix: str) -> str | None:
        """The public key of the peer to which it sends; None if it sends that to none."""
        longest = self._owners.longest(prefix)
        return None if longest is None else longest[1]

    @cached_property
    def _owners(self) -> PrefixTable:
        return PrefixTable((prefix, peer.public_key) for peer in self.peers for prefix in peer.allowed_ips)


def told_of(network: Network, results: Results) -> dict[str, Told]:
    """Host -> what it says of the network, for the hosts of the network that answered."""
    return {
        host: _told(interface_names(network, node), results[host])
        for node in network.nodes.values()
        if node.managed
        for host in node.hosts
        if host in results
    }


def live_of(results: Results) -> dict[str, dict[str, Answer]]:
    """Host -> interface -> its addresses."""
    return {
        host: {one["name"]: Answer(_plain(one["config"].get("addresses", ()))) for one in result["interfaces"]}
        for host, result in results.items()
    }


def _told(names: Collection[str], result: Mapping[str, Any]) -> Told:
    mine = [one for one in result["interfaces"] if one["name"] in names]
    configs = [one["config"] for one in mine]
    return Told(
        tuple(dict.fromkeys(one["public_key"] for one in mine if one["public_key"])),
        tuple(dict.fromkeys(address for config in configs for address in _plain(config.get("addresses", ())))),
        tuple(_peer(peer) for config in configs for peer in config.get("peers", ())),
        tuple(f"interface {one['name']}: {one['error']}" for one in mine if one["error"]),
    )


def _peer(read: Mapping[str, Any]) -> Peer:
    """What matters of a peer. The results have been read strictly, one by one."""
    return Peer(read["public_key"], allowed_ips=tuple(read.get("allowed_ips", ())), name=read.get("name"))


def _plain(addresses: Collection[str]) -> tuple[str, ...]:
    return tuple(address.partition("/")[0] for address in addresses)


class Peers:
    """The peers of all hosts, by name and by key."""

    def __init__(self, told: Mapping[str, Told]) -> None:
        self._named: dict[str, list[tuple[str, Peer]]] = {}
        self._keyed: dict[str, list[tuple[str, Peer]]] = {}
        for host, one in sorted(told.items()):
            for peer in one.peers:
                self._keyed.setdefault(peer.public_key, []).append((host, peer))
                if peer.name is not None:
                    self._named.setdefault(peer.name, []).append((host, peer))

    def named(self, name: str) -> Sightings:
        """The peers of that name."""
        return tuple(self._named.get(name, ()))

    def keyed(self, key: str) -> Sightings:
        """The peers with that key."""
        return tuple(self._keyed.get(key, ()))

    def all_keys(self) -> Iterator[str]:
        """All keys, each once."""
        return iter(self._keyed)


class Pool:
    """A prefix of which each node has a part of one length: an address, or the subnet of its containers.

    :param length: of the parts.
    :param routes: prefixes that are no such parts.
    """

    def __init__(self, prefix: str, length: int, routes: Collection[str]) -> None:
        self.prefix = prefix
        self._code = code(prefix)
        self._length = length
        self._routes = PrefixTable((route, "") for route in routes)
        self._read: dict[str, tuple[str, ...] | None] = {}

    def holds(self, prefix: Coded) -> bool:
        """Whether a prefix is in it, or all of it."""
        version, outer, bits = self._code
        return prefix[0] == version and prefix[1] >= outer and prefix[2] >> (prefix[1] - outer) == bits

    def parts(self, host: Told, peer: Peer) -> frozenset[str]:
        """The parts in a peer's AllowedIPs, which may be joined there; none if they cover the whole pool.

        :param host: the one that has the peer. Its own parts may be among them.
        """
        found: list[str] = []
        for prefix in peer.allowed_ips:
            parts = self._parts_in(prefix)
            if parts is None:
                return frozenset()
            joined = len(parts) > 1
            found.extend(part for part in parts if not joined or host.owner(part) == peer.public_key)
        return frozenset(found)

    def _parts_in(self, prefix: str) -> tuple[str, ...] | None:
        """The parts in a prefix; None if it covers the pool. Many hosts have the same prefixes."""
        if prefix not in self._read:
            self._read[prefix] = self._split(code(prefix))
        return self._read[prefix]

    def _split(self, coded: Coded) -> tuple[str, ...] | None:
        version, length, bits = coded
        spare = self._length - length
        if not self.holds(coded) or spare < 0 or self._is_route(coded):
            return ()
        if coded == self._code or 1 << spare > MOST:
            return None
        parts = ((version, self._length, (bits << spare) + number) for number in range(1 << spare))
        return tuple(self._shown(part) for part in parts if not self._is_route(part))

    def _is_route(self, prefix: Coded) -> bool:
        return next(self._routes.holding(text(prefix)), None) is not None

    def _shown(self, part: Coded) -> str:
        return text(part).partition("/")[0] if self._length == LONGEST[self._code[0]] else text(part)


def key_of(node: Node, peers: Peers) -> tuple[str | None, Sightings]:
    """The public key of a node and the peers that are it: those with the key that the inventory gives, or else those of its name.

    :raises Contradiction: its name has several keys, or its key another name.
    """
    if node.public_key is not None:
        return node.public_key, peers.keyed(node.public_key)
    by_key: dict[frozenset[str], list[str]] = {}
    for host, peer in peers.named(node.name):
        by_key.setdefault(frozenset([short(peer.public_key)]), []).append(host)
        key = peer.public_key
    if not by_key:
        return None, ()
    if len(by_key) > 1:
        raise Contradiction(f"its public key is {_versions(by_key)}")
    sightings = peers.keyed(key)
    for host, peer in sightings:
        if peer.name not in (None, node.name):
            raise Contradiction(f"its public key is {_versions(by_key)}, but that of {peer.name} on {host}")
    return key, sightings


def part_of(
    pool: Pool, sightings: Sightings, told: Mapping[str, Told], taken: Collection[str], claimed: Collection[str]
) -> str | None:
    """The part of a pool that all hosts have for one node; None if no host has one.

    Behind a node that forwards there are others, whose parts are among its own in AllowedIPs.

    :param taken: parts of other nodes.
    :param claimed: parts that other nodes say that they have, and no host confirms. They explain what one host has more than
        another, and no more than that: otherwise a host that claims this node's part would give it a wrong one.
    :raises Contradiction: not all hosts have the same one, or they have several.
    """
    found: dict[frozenset[str], list[str]] = {}
    for host, peer in sightings:
        parts = pool.parts(told[host], peer)
        left = parts.difference(taken, told[host].addresses)
        if parts:  # its own one is among them, whoever is behind it
            found.setdefault(left or parts, []).append(host)
    explained = {parts if len(parts) == 1 else parts.difference(claimed) for parts in found}
    if len(explained) == 1 and any(len(parts) == 1 for parts in found):
        return next(iter(next(iter(explained))))
    if len(found) > 1:
        raise Contradiction(f"in {pool.prefix} it has {_versions(found)}")
    if found:
        raise Contradiction(f"in {pool.prefix} it has {_versions(found)}, and not all of these need be its own")
    return None


def _versions(found: Mapping[frozenset[str], Collection[str]]) -> str:
    texts = sorted((" and ".join(sorted(parts)), hosts) for parts, hosts in found.items())
    return ", but ".join(f"{text} on {', '.join(dict.fromkeys(hosts))}" for text, hosts in texts)
