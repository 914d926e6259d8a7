# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From configurations to a network: links, owners of prefixes, topology.

A network is guessed, planned, and the plan is held against what was found. So whatever the guess does not catch is known,
setting by setting.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.meaning import differences
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import HAND, QUICK
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import sort_prefixes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import KEEPALIVE, PORT
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..documents.document import network_from_dict, network_to_dict
from ..documents.lint import network_findings
from ..hosts.interfaces import config_of
from ..hosts.peers import Peers
from ..model.findings import PlanError, stop_at_errors
from ..model.network import AUTO_MTU, Link, Network, Node
from ..model.prefixes import cut
from ..state import ipam
from ..topologies.topology import graph_of
from .found import Found

FULL = frozenset({"0.0.0.0/0", "::/0"})


@dataclass(frozen=True)
class Imported:
    """A network, its differences from the configurations (host -> lines), notes on guesses, and its links' preshared keys."""

    network: Network
    differences: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()
    preshared: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)

    @property
    def distance(self) -> int:
        """The number of differences."""
        return sum(map(len, self.differences.values()))


class Guess:
    """One network in the making."""

    def __init__(self, name: str, part: list[Found]) -> None:
        self.name = name
        self.interface = Counter(item.interface for item in part).most_common(1)[0][0]
        self.part = {item.public_key: item for item in part if item.public_key is not None}

    def best(self) -> Imported:
        """The topology whose plan has the fewest differences; of equals, the simplest."""
        refusals = []
        nearest: Imported | None = None
        for network in self._candidates():
            try:
                candidate = Imported(network, self._differences(network), tuple(self._notes()), self._preshared)
            except PlanError as error:
                refusals.append(error)
                continue
            if nearest is None or candidate.distance < nearest.distance:
                nearest = candidate
            if nearest.distance == 0:
                break
        if nearest is None:
            raise PlanError(f"network {self.name}: no network fits these configurations: {refusals[0]}")
        return nearest

    @cached_property
    def _names(self) -> dict[str, str]:
        """Public key -> node. Hosts keep their names; other nodes get theirs from comments, made unique."""
        names = {key: item.host for key, item in self.part.items()}
        for item in self.part.values():
            for peer in item.config.peers:
                if peer.public_key not in names:
                    names[peer.public_key] = self._free(_node_name(peer), set(names.values()))
        return names

    def _free(self, name: str, taken: set[str]) -> str:
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}-{number}", number + 1
        return free

    def _managed(self, key: str) -> bool:
        """A network has one interface name, so a host with another name cannot be managed."""
        return key in self.part and self.part[key].interface == self.interface

    @cached_property
    def _links(self) -> set[tuple[str, str]]:
        """Pairs of keys, sorted, that have each other as peers. A node without a configuration need not list the other."""
        listed = {
            (key, peer.public_key)
            for key, item in self.part.items()
            for peer in item.config.peers
            if peer.allowed_ips or peer.endpoint
        }
        return {(min(pair), max(pair)) for pair in listed if pair[::-1] in listed or pair[1] not in self.part}

    @cached_property
    def _listed(self) -> dict[str, list[tuple[str, Peer]]]:
        """Public key -> the nodes that have it as a peer, each with that peer."""
        found: dict[str, list[tuple[str, Peer]]] = {key: [] for key in self._names}
        for key, item in self.part.items():
            for peer in item.config.peers:
                found[peer.public_key].append((key, peer))
        return found

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        """The prefixes of the addresses. A single address gets the narrowest prefix of AllowedIPs around it, or else a /24 or
        /64.
        """
        interfaces = [ipaddress.ip_interface(text) for item in self.part.values() for text in item.config.addresses]
        allowed = [ipaddress.ip_network(p) for item in self.part.values() for peer in item.config.peers for p in peer.allowed_ips]
        prefixes = {one.network for one in interfaces if one.network.prefixlen < one.max_prefixlen}
        single = [one.ip for one in interfaces if one.network.prefixlen == one.max_prefixlen]
        if not interfaces:
            single = [net.network_address for net in allowed if net.prefixlen == net.max_prefixlen]
        for ip in single:
            if not any(ip in net for net in prefixes):
                around = [net for net in allowed if ip in net and 0 < net.prefixlen < net.max_prefixlen]
                usual = ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False)
                prefixes.add(max(around, key=lambda net: net.prefixlen, default=usual))
        widest = [net for net in prefixes if not any(net != other and _within(net, other) for other in prefixes)]
        return tuple(str(net) for net in sorted(widest, key=lambda net: (net.version, int(net.network_address))))

    def _inside(self, prefix: str) -> bool:
        net = ipaddress.ip_network(prefix)
        return any(_within(net, ipaddress.ip_network(own)) for own in self._prefixes)

    def _addresses(self, key: str) -> tuple[str, ...]:
        if key in self.part:
            found = [str(ipaddress.ip_interface(text).ip) for text in self.part[key].config.addresses]
        else:
            taken = {str(ipaddress.ip_interface(text).ip) for other in self.part.values() for text in other.config.addresses}
            listed = [p for _by, peer in self._listed[key] for p in peer.allowed_ips]
            single = [p.partition("/")[0] for p in listed if is_single(p) and self._inside(p)]
            found = [address for address in single if address not in taken]
        return tuple(dict.fromkeys(found))

    def _lengths(self, key: str) -> dict[str, int]:
        """The prefix lengths of addresses that are not those of the network's prefixes."""
        listed = map(ipaddress.ip_interface, self.part[key].config.addresses if key in self.part else ())
        own = Network({}, prefixes=self._prefixes)
        return {
            str(one.ip): one.network.prefixlen
            for one in listed
            if not str(own.prefix_of(str(one.ip))).endswith(f"/{one.network.prefixlen}")
        }

    def _routes(self, key: str) -> tuple[str, ...]:
        """The prefixes that others send to the node and that end there, without the overlay itself."""
        further = {p for peer in (self.part[key].config.peers if key in self.part else ()) for p in peer.allowed_ips}
        own = {str(ipaddress.ip_network(address)) for address in self._addresses(key)}
        listed = {p for _by, peer in self._listed[key] for p in peer.allowed_ips}
        ends = {p for p in listed - further - own if not self._is_overlay(p) and key in self._owners(p)}
        ends -= FULL if key in self._exits.values() else frozenset()
        return sort_prefixes(rest for prefix in ends for rest in _without(prefix, further | own))

    def _is_overlay(self, prefix: str) -> bool:
        """Whether it is a prefix of the network, or a part of one with nodes in it."""
        net = ipaddress.ip_network(prefix)
        return prefix in self._prefixes or (
            self._inside(prefix) and any(ipaddress.ip_address(a) in net for key in self._names for a in self._addresses(key))
        )

    def _owners(self, prefix: str) -> set[str]:
        """Where the path to a prefix ends: nodes to which it is sent and that do not send it on, those with a configuration
        first.
        """
        receiving = {key for key in self._names if any(prefix in peer.allowed_ips for _by, peer in self._listed[key])}
        ends = {
            key
            for key in receiving
            if key not in self.part or not any(prefix in p.allowed_ips for p in self.part[key].config.peers)
        }
        return ends & set(self.part) or ends

    @cached_property
    def _exits(self) -> dict[str, str]:
        """Node -> the peer to which it sends everything, where other nodes send that peer less."""
        full, split = {}, set()
        for key, item in self.part.items():
            for peer in item.config.peers:
                if FULL.intersection(peer.allowed_ips):
                    full[key] = peer.public_key
                else:
                    split.add(peer.public_key)
        return {key: exit_ for key, exit_ in full.items() if exit_ in split}

    def _endpoint(self, key: str) -> str | None:
        endpoints = Counter(peer.endpoint for _by, peer in self._listed[key] if peer.endpoint)
        return endpoints.most_common(1)[0][0] if endpoints else self._named_endpoints.get(key)

    @cached_property
    def _named_endpoints(self) -> dict[str, str]:
        """For two linked nodes without any endpoint, the name of the one that listens stands for its endpoint."""
        dialled = {peer.public_key for item in self.part.values() for peer in item.config.peers if peer.endpoint}
        found: dict[str, str] = {}
        for pair in sorted(self._links):
            ends = [key for key in pair if key in self.part]
            if not dialled.intersection(pair) and not set(found).intersection(pair):
                key = max(ends, key=lambda one: (self.part[one].config.port or 0, len(self.part[one].config.peers)))
                found[key] = f"{self._names[key]}:{self.part[key].config.port or PORT}"
        return found

    def _notes(self) -> Iterator[str]:
        for key, endpoint in self._named_endpoints.items():
            name = self._names[key]
            yield f"{name}: has no known endpoint, so its name is used, {endpoint}; correct wireguard_endpoint"

    def _node(self, key: str) -> Node:
        name = self._names[key]
        values: dict[str, Any] = {
            "name": name,
            "public_key": key,
            "addresses": self._addresses(key),
            "numbered": key not in self.part or bool(self._addresses(key)),
            "lengths": self._lengths(key),
            "routes": self._routes(key),
            "endpoint": self._endpoint(key),
            "hosts": (name,),
            "managed": self._managed(key),
        }
        if key in self._exits:
            own = {prefix for peer in self.part[key].config.peers for prefix in peer.allowed_ips}
            values |= {"exit": self._names[self._exits[key]], "allowed_ips": sort_prefixes(own & FULL)}
        if key in self.part:
            item = self.part[key]
            config = item.config
            values |= {"fwmark": config.fwmark or None, "table": config.table, "dns": config.dns, "hooks": config.hooks}
            usual = (config.mtu or item.mtu) == Node(name).tunnel_mtu
            values["mtu"] = None if usual else config.mtu or AUTO_MTU
            values["port"] = config.port or (int(values["endpoint"].rpartition(":")[2]) if values["endpoint"] else 0)
            values["keepalive"] = self._keepalive(key)
        return Node(**values)

    def _keepalive(self, key: str) -> int | None:
        """None if it is the plan's default; the most frequent one if peers have different ones."""
        config = self.part[key].config
        dialled = self._endpoint(key) is not None
        usual = {peer.public_key: 0 if dialled else KEEPALIVE for peer in config.peers}
        if all(peer.keepalive == usual[peer.public_key] for peer in config.peers):
            return None
        return Counter(peer.keepalive for peer in config.peers).most_common(1)[0][0]

    @cached_property
    def _base(self) -> Network:
        nodes = sorted((self._node(key) for key in self._names), key=lambda node: node.name)
        whole = Network({node.name: node for node in nodes}, self.name, self.interface, "mesh", self._prefixes)
        return ipam.assign(whole, {}, frozenset())

    def _candidates(self) -> Iterator[Network]:
        """From the simplest topology to the one that names every link."""
        base = self._base
        yield base
        degrees = Counter(name for pair in self._linked_names for name in pair)
        several = {name for name, degree in degrees.items() if degree > 1}
        single = [{name} for name in sorted(base.nodes, key=lambda one: (-degrees[one], one))[:2]]
        for hubs in [*([several] if several else []), *(one for one in single if one != several)]:
            yield self._star(hubs, isolated=False)
            yield self._star(hubs, isolated=True)
        yield replace(base, topology="ring")
        yield replace(base, topology="chain")
        custom = replace(base, topology="custom", links=tuple(Link(a, b) for a, b in self._linked_names))
        yield custom
        yield replace(custom, nodes={name: replace(node, forward=degrees[name] > 1) for name, node in base.nodes.items()})

    @cached_property
    def _linked_names(self) -> list[tuple[str, str]]:
        names = self._names
        return sorted((min(names[a], names[b]), max(names[a], names[b])) for a, b in self._links)

    def _star(self, hubs: set[str], isolated: bool) -> Network:
        homes = {a if b in hubs else b: b if b in hubs else a for a, b in self._linked_names if (a in hubs) != (b in hubs)}
        nodes = {
            name: replace(node, hub=name in hubs, home=homes.get(name) if len(hubs) > 1 else None)
            for name, node in self._base.nodes.items()
        }
        return replace(self._base, topology="star", nodes=nodes, isolate_spokes=isolated)

    def _differences(self, network: Network) -> dict[str, tuple[str, ...]]:
        """Host -> how its planned configuration differs from the existing one.

        :raises PlanError: the network cannot be planned.
        """
        whole = network_from_dict(network_to_dict(network))
        stop_at_errors(network_findings([whole]))
        peers = Peers(graph_of(whole))
        result: dict[str, tuple[str, ...]] = {}
        for key, item in self.part.items():
            node = whole.nodes[self._names[key]]
            if not node.managed:
                lines = [
                    (
                        f"interface {item.interface}: differs from the name on most hosts, {self.interface}; the host is not "
                        "managed until it is renamed"
                    )
                ]
            else:
                names = self._names
                named = tuple(replace(p, name=names[p.public_key], preshared_key=None) for p in item.config.peers)
                lines = list(differences(replace(item.config, peers=named, private_key=None), config_of(peers, node)))
            result[item.host] = (*lines, *_of_addresses(node), *self._secrets(key), *_of_others(item), *item.notes)
        return result

    @cached_property
    def _preshared(self) -> dict[tuple[str, str], str]:
        """The keys on which both ends agree, as far as they are known."""
        found: dict[tuple[str, str], str] = {}
        for key, item in self.part.items():
            for peer in item.config.peers:
                if peer.preshared_key not in (None, KEPT) and self._agree(key, peer):
                    a, b = sorted((self._names[key], self._names[peer.public_key]))
                    found[a, b] = str(peer.preshared_key)
        return dict(sorted(found.items()))

    def _agree(self, key: str, peer: Peer) -> bool:
        """Whether the other end has the same preshared key, or no configuration."""
        other = self.part.get(peer.public_key)
        theirs = [one.preshared_key for one in other.config.peers if one.public_key == key] if other else []
        return all(secret == peer.preshared_key for secret in theirs)

    def _secrets(self, key: str) -> Iterator[str]:
        """What has to be known of an interface's preshared keys."""
        for peer in self.part[key].config.peers:
            if peer.preshared_key == KEPT:
                yield "preshared keys: are not read; import them, too (import_preshared_keys)"
                return
        for peer in self.part[key].config.peers:
            if not self._agree(key, peer):
                yield (
                    f"peer {self._names[peer.public_key]}: the preshared key differs from the other end's, so the link is dead; "
                    "none is imported"
                )


def _of_addresses(node: Node) -> Iterator[str]:
    """What a network's run would do with addresses that a script sets, of which an import of files cannot know."""
    if not node.numbered:
        yield "addresses: it has none; a run removes those that something else sets"


def _of_others(item: Found) -> Iterator[str]:
    """What a network's run would do beside the files of another program."""
    if item.by == HAND:
        yield "file: the interface was made by hand and has none; one is written"
    elif item.by != QUICK:
        yield f"{item.by}: has files for the interface; remove them, or two programs make the interface at the next boot"


def is_single(prefix: str) -> bool:
    """Whether a prefix is a single address."""
    net = ipaddress.ip_network(prefix)
    return net.prefixlen == net.max_prefixlen


def _node_name(peer: Peer) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", peer.name or "")[:63].strip("-.")
    return plain or "peer-" + re.sub("[^A-Za-z0-9]", "", short(peer.public_key)).lower()


def _within(inner: Any, outer: Any) -> bool:
    return bool(inner.version == outer.version and inner.subnet_of(outer))


def _without(prefix: str, further: Iterable[str]) -> list[str]:
    """The rest of a prefix that was joined from others; the prefix itself if it was not."""
    rest = [ipaddress.ip_network(prefix)]
    for hole in map(ipaddress.ip_network, further):
        rest = [piece for net in rest for piece in (cut(net, hole) if _within(hole, net) else [net])]
    return [str(piece) for piece in rest] if len(rest) < 2 else [prefix]
