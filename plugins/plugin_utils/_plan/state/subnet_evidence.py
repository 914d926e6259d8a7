# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node a subnet of containers belongs to, by the AllowedIPs of hosts.

On each host, all that is a node's goes to the same peer. So a subnet belongs to the node whose address goes where the subnet
goes, on every host that answered. Many nodes may be behind a peer, as long as hosts tell them apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .evidence import Pool, Told

_Way = tuple[str | None, ...]
"""The public key of the peer to which something goes, for each host; None: to none."""


def subnets_in(
    pool: Pool,
    addresses: Mapping[str, str],
    hosts: Mapping[str, Collection[str]],
    told: Mapping[str, Told],
    taken: Collection[str],
) -> dict[str, str]:
    """Node -> its subnet, for the nodes that have one for certain.

    :param addresses: node -> one of its addresses, of the nodes whose subnets are not known.
    :param hosts: node -> its hosts, which have nothing of it behind a peer.
    :param taken: subnets of other nodes.
    """
    found = {part for one in told.values() for peer in one.peers for part in pool.parts(one, peer)}.difference(taken)
    ways = {what: _way(what, told) for what in (*found, *addresses.values())}
    owners = {name: [subnet for subnet in found if _same(ways, subnet, address, told, hosts[name])]
              for name, address in addresses.items()}  # fmt: skip
    shared = [subnet for subnets in owners.values() for subnet in subnets]
    return {name: subnets[0] for name, subnets in owners.items() if len(subnets) == 1 and shared.count(subnets[0]) == 1}


def _way(what: str, told: Mapping[str, Told]) -> _Way:
    return tuple(one.owner(what) for one in told.values())


def _same(ways: Mapping[str, _Way], subnet: str, address: str, told: Mapping[str, Told], own: Collection[str]) -> bool:
    pairs = [pair for host, pair in zip(told, zip(ways[subnet], ways[address], strict=True), strict=True) if host not in own]
    return any(to for to, _address in pairs) and all(to == other for to, other in pairs)
