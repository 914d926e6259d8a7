# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A packet walk over finished peer lists, as WireGuard does it; it shares no code with the planner."""

from __future__ import annotations

import ipaddress


def number_of(prefix):
    """(IP version, first address, last address) as numbers."""
    network = ipaddress.ip_network(prefix)
    return network.version, int(network[0]), int(network[-1])


class Table:
    """Prefixes and whose they are: the longest that holds an address wins."""

    def __init__(self, entries):
        found = [(number_of(prefix), owner) for prefix, owner in entries]
        assert len({number for number, _owner in found}) == len(found), f"a prefix stands twice in {entries}"
        self.entries = sorted(found, key=lambda item: item[0][2] - item[0][1])
        self.known = {}

    def match(self, version, address):
        """The owner; None where no prefix holds the address."""
        if (version, address) not in self.known:
            owners = (o for (v, low, high), o in self.entries if v == version and low <= address <= high)
            self.known[version, address] = next(owners, None)
        return self.known[version, address]


class Walker:
    """All nodes of a network with their finished peers: node -> [(peer, its AllowedIPs)]."""

    def __init__(self, nodes, peers, forwarders):
        self.forwarders = forwarders
        self.out = {name: Table([(p, peer) for peer, prefixes in peers[name] for p in prefixes]) for name in nodes}
        self.at_node = {
            name: Table(
                [(route, name) for route in node.routes]
                + [(p, peer) for peer, prefixes in peers[name] for p in prefixes if p not in node.routes]
            )
            for name, node in nodes.items()
        }
        self.own = {name: {number_of(address)[:2] for address in node.addresses} for name, node in nodes.items()}

    def send(self, source, sender, receiver):
        """(the nodes passed, what happened): a packet from an address at a node to an address, all addresses as numbers."""
        path = [source]
        while len(path) <= len(self.out):
            here = path[-1]
            if receiver in self.own[here]:
                return path, "arrived"
            there = self.at_node[here].match(*receiver)
            if there == here:
                return path, "left"
            if there is None:
                return path, "no entry"
            if len(path) > 1 and here not in self.forwarders:
                return path, "no forwarding"
            if self.out[there].match(*sender) != here:
                return path, "not accepted"
            path.append(there)
        return path, "a loop"
