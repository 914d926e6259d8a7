# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node a subnet of containers belongs to, by the AllowedIPs of hosts.

On each host, all that is a node's goes to the same peer. So a subnet belongs to the node whose address goes where the subnet
goes, on every host that answered. Many nodes may be behind a peer, as long as hosts tell them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from .evidence import Pool, Told


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
    ways = [_Ways(host, one, found) for host, one in told.items()]
    owners = {
        name: _going_with(address, [way for way in ways if way.host not in hosts[name]]) for name, address in addresses.items()
    }
    uses = Counter(subnet for subnets in owners.values() for subnet in subnets)
    return {name: subnets[0] for name, subnets in owners.items() if len(subnets) == 1 and uses[subnets[0]] == 1}


class _Ways:
    """Where subnets go on one host: the public key of the peer, or None."""

    def __init__(self, host: str, told: Told, subnets: Collection[str]) -> None:
        self.host = host
        self.told = told
        self.of = {subnet: told.owner(subnet) for subnet in subnets}
        self.subnets: dict[str | None, list[str]] = {}
        for subnet, owner in self.of.items():
            self.subnets.setdefault(owner, []).append(subnet)


def _going_with(address: str, ways: Sequence[_Ways]) -> list[str]:
    """The subnets that go where the address goes, on all these hosts, and on one of them to a peer."""
    pairs = [(way, way.told.owner(address)) for way in ways]
    few = min((way.subnets.get(owner, []) for way, owner in pairs if owner is not None), key=len, default=[])
    return [subnet for subnet in few if all(way.of[subnet] == owner for way, owner in pairs)]
