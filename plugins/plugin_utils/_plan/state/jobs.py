# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that share the work: some hosts each, or recording and applying apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..failover.vrrp import VRRP
from ..model.network import Network
from .registry import Registry

_RECORD = "run meshwork.wireguard.record on it first"
_REMEDIES = "run record on all its hosts in one job, or give them one key (wireguard_private_keys)"


def split_nodes(shown: Network, network: Network) -> tuple[str, ...]:
    """The nodes on several hosts of which this run does not show all.

    :param shown: as the inventory has it.
    :param network: with the hosts that the registry knows.
    """
    if network.failover != VRRP:
        return ()
    return tuple(
        name
        for name, node in network.nodes.items()
        if node.managed
        and (node.shared or node.floating or node.vrrp_addresses)
        and (not node.shared or set(node.hosts) != set(shown.nodes[name].hosts))
    )


def without_its_key(
    network: Network, registry: Registry, seen: Mapping[tuple[str, str], str | None], split: Collection[str]
) -> dict[str, str]:
    """Host -> why it is left out: its node has a key, which it lacks, and the hosts that have the key are in another job."""
    refused = {}
    for name in split:
        node = network.nodes[name]
        entry = registry.nodes.get(name, {})
        known, following = node.public_key or entry.get("public_key"), entry.get("next_public_key")
        reported = {host: seen[host, network.interface] for host in node.hosts if (host, network.interface) in seen}
        if known and not {known, following or known} & {*reported.values()}:
            for host in reported:
                refused[host] = (
                    f"host {host}: lacks the key of {name}, {short(known)}, which hosts in other jobs have; {_REMEDIES}"
                )
    return refused


def pending_lines(network: Network, shown: Network, split: Collection[str]) -> Iterator[str]:
    """A line for each node that gets no key in this run, because some of its hosts are missing."""
    for name in split:
        node = network.nodes.get(name)
        if node is not None and node.pending:
            mine = ", ".join(shown.nodes[name].hosts)
            yield f"network {network.name}: node {name} gets no key, because only {mine} of its hosts is in this run; {_REMEDIES}"


def hidden_lines(network: Network, shown: Network) -> Iterator[str]:
    """A line for each host of a node on several hosts that only the registry has."""
    for name, node in network.nodes.items():
        hidden = [host for host in node.hosts if host not in shown.nodes[name].hosts]
        if hidden:
            yield (
                f"network {network.name}: node {name}: no longer in the inventory, but still among its hosts: "
                f"{', '.join(hidden)}; -e wireguard_remove={','.join(hidden)} removes them"
            )


def unrecorded(network: Network, registry: Registry, seen: Mapping[tuple[str, str], str | None]) -> dict[str, str]:
    """Host -> why it is left out of a run that only applies: the registry does not have its key."""
    refused = {}
    for name, node in network.nodes.items():
        known = node.public_key or registry.nodes.get(name, {}).get("public_key")
        for host in node.hosts if node.managed else ():
            key = seen.get((host, network.interface))
            changed = key and key == registry.nodes.get(name, {}).get("next_public_key")
            if (host, network.interface) not in seen or (key and key == known) or changed:
                continue
            has = f"has the public key {short(key)}" if key else "has no key"
            refused[host] = f"host {host}: {has}, but the registry has {short(known) if known else 'none'} for {name}; {_RECORD}"
    return refused
