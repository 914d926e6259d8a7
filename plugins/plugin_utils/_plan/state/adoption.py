# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a registry has forgotten, taken over from the hosts that still have it.

A registry can be lost, or be an old copy. Each host's own live address is then adopted, if nothing else was known to the registry
alone. Otherwise the run stops before it gives out an address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..documents.document_keys import ULA
from ..failover.bgp import interface_names
from ..model.findings import PlanError
from ..model.network import Network, Node
from ..rotation.node_keys import every_key
from ..topologies.topology import graph_of
from . import ipam, subnets
from .registry import Registry

_IMPORT = "rebuild it from the hosts that answer (ansible-playbook meshwork.wireguard.import -e import_registry=true)"
_REMEDY = (
    f"restore the registry, for example from git; or run this for all members at once, with all of them up; or {_IMPORT}, and "
    "review it; or set "
    "wireguard_addresses; or let all of them get new addresses (-e wireguard_renumber=true)"
)


@dataclass(frozen=True)
class Answer:
    """What is live on a host: addresses, and public keys of peers. ``left_out``: it is not in this run. ``named``: names of
    peers, with their public keys.
    """

    addresses: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    left_out: bool = False
    named: tuple[tuple[str, str], ...] = ()

    def and_of(self, other: Answer) -> Answer:
        """Both."""
        named = self.named + other.named
        return Answer(self.addresses + other.addresses, self.peers + other.peers, self.left_out, named)


Answers = Mapping[str, Answer]
"""Host -> its answer about one network; without hosts that gave none."""
Live = Mapping[str, Mapping[str, Answer]]
"""Host -> interface -> its answer."""


def answers_about(network: Network, live: Live, others: Live) -> dict[str, Answer]:
    """The answers of the network's hosts.

    :param others: of hosts that are not in this run.
    """
    answers = {}
    for node in network.nodes.values():
        names = interface_names(network, node)
        for host in node.hosts if node.managed else ():
            if host in live or host in others:
                given = live.get(host) or others.get(host, {})
                parts = [answer for name, answer in given.items() if name in names]
                answers[host] = reduce(Answer.and_of, parts, Answer(left_out=host not in live))
    return answers


def with_live_ula(described: Mapping[str, Any], registry: Registry, live: Live) -> Registry:
    """The registry with the unique local prefix that the hosts have, if it does not know the network's.

    :raises PlanError: they have several.
    """
    prefixes = described.get("prefixes")
    listed = [prefixes] if isinstance(prefixes, str) else prefixes
    if registry.ula is not None or not isinstance(listed, list) or ULA not in listed:
        return registry
    interface = str(described.get("interface") or Network.interface)
    addresses = {text for answers in live.values() for text in (answers[interface].addresses if interface in answers else ())}
    found = sorted({str(ula) for text in addresses for ula in _ula_of(text, listed)})
    if len(found) > 1:
        raise PlanError(
            f"network {described.get('name')}: the registry does not know its prefix '{ULA}', and hosts have addresses in "
            f"{', '.join(found)}; write the right one instead of '{ULA}'"
        )
    return replace(registry, ula=found[0]) if found else registry


def _ula_of(address: str, prefixes: Collection[Any]) -> Iterator[ipaddress.IPv6Network]:
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and ip in ipaddress.ip_network("fd00::/8"):
        given = [ipaddress.ip_network(str(prefix), strict=False) for prefix in prefixes if prefix != ULA and ":" in str(prefix)]
        if not any(ip in prefix for prefix in given):
            yield ipaddress.IPv6Network((int(ip) >> 64 << 64, 64))


def unknown_members(network: Network, registry: Registry) -> list[Node]:
    """The managed nodes that need an address, and of which neither inventory nor registry has one."""
    known = {**registry.removed, **registry.nodes}
    return [
        node
        for name in ipam.needs_addresses(network)
        for node in [network.nodes[name]]
        if node.managed and not known.get(name, {}).get("addresses")
    ]


def disputed(network: Network, registry: Registry, answers: Answers) -> dict[str, str]:
    """Host -> why it is left out: the registry does not know its node, and it has an address that is another node's by the
    registry or the inventory.
    """
    recorded = {
        address: name
        for name, entry in (*registry.removed.items(), *registry.nodes.items())
        for address in entry.get("addresses", ())
    }
    owners = {**recorded, **{address: name for name, node in network.nodes.items() for address in node.addresses}}
    refused = {}
    for node in unknown_members(network, registry):
        for host in node.hosts:
            foreign = (
                [a for a in _inside(network, answers[host]) if owners.get(a, node.name) != node.name] if host in answers else []
            )
            if foreign:
                refused[host] = (
                    f"host {host}: has {', '.join(foreign)}, which belongs to {owners[foreign[0]]}; remove it from the host's "
                    f"interface, or give {owners[foreign[0]]} another address (wireguard_addresses)"
                )
    return refused


def adopt(network: Network, registry: Registry, answers: Answers, own_keys: Collection[str]) -> Registry:
    """The registry with the live addresses of the nodes that it does not know.

    :param own_keys: public keys that hosts have reported as their own.
    :raises PlanError: the network is running, but what the registry knew cannot be read from the hosts alone.
    """
    unknown = unknown_members(network, registry)
    claims = {
        node.name: claimed
        for node in unknown
        if (claimed := {address for host in node.hosts if host in answers for address in _inside(network, answers[host])})
    }
    if not claims:
        return registry
    faults = [
        *_silent(network, answers),
        *_clashing(claims),
        *_forgotten_peers(network, registry, answers, own_keys),
        *_forgotten_clients(network, registry),
        *_forgotten_subnets(network, registry, claims),
    ]
    if faults:
        names = ", ".join(node.name for node in unknown)
        raise PlanError(
            f"network {network.name}: it is running, but the registry does not know {names}, and the hosts cannot complete it: "
            f"{'; '.join(faults)}. Nothing was recorded or changed; {_REMEDY}"
        )
    adopted = {name: {**registry.nodes.get(name, {}), "addresses": sorted(claimed)} for name, claimed in claims.items()}
    return replace(registry, nodes={**registry.nodes, **adopted})


def _inside(network: Network, answer: Answer) -> list[str]:
    return [address for address in answer.addresses if network.prefix_of(address) is not None]


def _silent(network: Network, answers: Answers) -> Iterator[str]:
    hosts = [host for node in network.nodes.values() if node.managed for host in node.hosts]
    left_out = [host for host in hosts if host in answers and answers[host].left_out]
    silent = [host for host in hosts if host not in answers]
    if left_out:
        yield f"not in this run: {', '.join(left_out)}"
    if silent and any(not answer.left_out for answer in answers.values()):  # otherwise nobody was asked yet
        yield f"no answer from {', '.join(silent)}"


def _clashing(claims: Mapping[str, Collection[str]]) -> Iterator[str]:
    owners: dict[str, list[str]] = {}
    for name, addresses in sorted(claims.items()):
        for address in addresses:
            owners.setdefault(address, []).append(name)
    for address, names in sorted(owners.items()):
        if len(names) > 1:
            yield f"{address} belongs to {' and '.join(names)}"


def _forgotten_peers(network: Network, registry: Registry, answers: Answers, own_keys: Collection[str]) -> Iterator[str]:
    known = {node.public_key for node in network.nodes.values()} | set(own_keys)
    known |= {key for entry in (*registry.nodes.values(), *registry.removed.values()) for key in every_key(entry)}
    for host, answer in answers.items():
        forgotten = [key for key in answer.peers if key not in known]
        if forgotten:
            yield f"{host} has peers that nobody knows, such as removed hosts or clients: {', '.join(map(short, forgotten))}"


def _forgotten_clients(network: Network, registry: Registry) -> Iterator[str]:
    lacking = set(ipam.needs_addresses(network))
    for name, node in network.nodes.items():
        if not node.managed and name not in registry.nodes and (name in lacking or node.public_key is None):
            yield f"the client {name} has no recorded key or address"


def _forgotten_subnets(network: Network, registry: Registry, claims: Collection[str]) -> Iterator[str]:
    without_subnet = [name for name in subnets.needs_subnets(network) if name in claims]
    lacking = sorted(name for name in without_subnet if not registry.nodes.get(name, {}).get("container_subnets"))
    if lacking:
        yield f"subnets of container networks are not recorded: {', '.join(lacking)} (wireguard_container_subnets)"


def renumbered(network: Network, registry: Registry, answers: Answers) -> dict[str, str]:
    """Host -> why it is left out: the run would change its address, although nobody asked for that.

    The registry has another address than the host. So it has been restored from a copy, or was begun anew elsewhere.
    """
    refused = {}
    for name, node in network.nodes.items():
        recorded = registry.nodes.get(name, {}).get("addresses", ())
        if not node.managed or node.addresses or not recorded:
            continue
        for host in node.hosts:
            have = _inside(network, answers[host]) if host in answers else []
            other = [address for address in have if network.prefix_of(address) in _prefixes_of(network, recorded)]
            if other and not set(other).intersection(recorded):
                refused[host] = (
                    f"host {host}: has {', '.join(other)}, but the registry has {', '.join(recorded)} for {name}, and nobody "
                    "asked for another address; restore the newest registry, set wireguard_addresses, or let the host get the "
                    "recorded address (-e wireguard_renumber=true)"
                )
    return refused


def lost_peers(network: Network, registry: Registry, answers: Answers, sliced: bool = False) -> dict[str, tuple[str, ...]]:
    """Host -> the nodes that are live peers of it, although their public keys have been lost: a run would remove them.

    :param network: with all keys that are known.
    :param sliced: the inventory may not have such a node.
    """
    pending = {name for name, node in network.nodes.items() if node.pending}

    def is_lost(name: str) -> bool:
        return name in pending or (sliced and name not in network.nodes and name not in registry.removed)

    known: set[str | None] = {key for entry in (*registry.nodes.values(), *registry.removed.values()) for key in every_key(entry)}
    known |= {node.public_key for node in network.nodes.values()}
    return {
        host: lost
        for host, answer in answers.items()
        if (lost := tuple(dict.fromkeys(name for name, key in answer.named if is_lost(name) and key not in known)))
    }


def why_lost(host: str, names: Collection[str]) -> str:
    """Why a host is left out that would lose such peers."""
    those = ", ".join(names)
    return (
        f"host {host}: has the live peers {those}, but the registry does not know their public keys, so a run would remove them; "
        f"restore the registry, or {_IMPORT}, or set wireguard_public_key and wireguard_addresses of {those}; or let them be "
        "removed (-e wireguard_renumber=true)"
    )


def _prefixes_of(network: Network, addresses: Collection[str]) -> set[str | None]:
    return {network.prefix_of(address) for address in addresses}


def outdated(network: Network, registry: Registry, answers: Answers, members: Collection[str]) -> list[str]:
    """Recorded nodes that left the inventory and are not a live peer of any host that would have them: the registry is older than
    their removal.

    :param network: with the recorded nodes.
    :param members: the nodes of the inventory.
    """
    gone = [name for name in registry.nodes if name not in members and name in network.nodes]
    if not gone:
        return []
    try:
        graph = graph_of(network)
    except PlanError:
        return []
    result = []
    for name in gone:
        neighbours = [network.nodes[other] for other in graph.neighbours(name) if other in members]
        hosts = [host for node in neighbours if node.managed for host in node.hosts]
        looks = [answers[host] for host in hosts if host in answers and answers[host].addresses and not answers[host].left_out]
        if looks and not any(network.nodes[name].public_key in look.peers for look in looks):
            result.append(name)
    return result
