# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewalls of forwarding hosts: only the node's routes pass between the tunnel and other links.

WireGuard checks packets that enter and leave the tunnel, but not where they go to or come from on the host.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import nft_table_of

from ..failover.bgp import interface_names, ports_of
from ..model.network import Network, Node
from ..topologies.topology import graph_of
from .isolation import entitled
from .nftables import by_version, chain, quoted_links


def firewalls(networks: Iterable[Network], host: str) -> list[dict[str, Any]]:
    """One entry per network of the host, JSON-ready: ``table``, a name; ``chains``, a table of nftables; and ``ports``, at which
    other nodes dial it.
    """
    return [
        {
            "table": nft_table_of(network.interface),
            "chains": _chains(network, node),
            "ports": list(ports_of(network, node)) if node.dialled_at else [],
        }
        for network in networks
        for node in network.nodes.values()
        if node.managed and host in node.hosts and not node.inside
    ]


def _chains(network: Network, node: Node) -> str:
    links = quoted_links(interface_names(network, node))
    rules = [
        f"iifname != {links} oifname != {links} accept",
        "ct state established,related accept",
        f"iifname {links} oifname {links} accept",
    ]
    for version, routes in by_version(node.routes):
        rules += [f"iifname {links} {version} daddr {routes} accept", f"oifname {links} {version} saddr {routes} accept"]
    exits = entitled(graph_of(network), node.name)
    rules += [f"iifname {links} {version} saddr {senders} accept" for version, senders in by_version(exits)]
    chains = chain("forward", "filter hook forward priority filter", [*rules, "counter drop"])
    if exits:
        masquerade = [f"{version} saddr {senders} oifname != {links} masquerade" for version, senders in by_version(exits)]
        chains += chain("postrouting", "nat hook postrouting priority srcnat", masquerade)
    return chains
