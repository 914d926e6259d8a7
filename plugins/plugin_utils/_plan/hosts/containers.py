# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container networks of a host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import nft_table_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import written

from ..failover.bgp import interface_names
from ..model.network import Network
from .nftables import quoted_links


def container_networks(networks: Iterable[Network], host: str) -> list[dict[str, Any]]:
    """One entry per network in which the host has subnets for containers, JSON-ready.

    ``name`` (the network's), ``table`` (the name of its table of nftables), ``interfaces`` (WireGuard's), ``subnets``, ``mtu``
    (bytes, the tunnel's), and ``chains``, which let packets into the tunnel keep their sources.
    """
    return [
        {
            "name": network.name,
            "table": nft_table_of(network.interface) + "_containers",
            "interfaces": list(interface_names(network, node)),
            "subnets": list(node.container_subnets),
            "mtu": node.tunnel_mtu,
            "chains": _chains(node.container_subnets, interface_names(network, node)),
        }
        for network in networks
        for node in network.nodes.values()
        if node.managed and host in node.hosts and node.container_subnets
    ]


def _chains(subnets: Iterable[str], interfaces: Iterable[str]) -> str:
    """Rules that map an address to itself. The first chain that maps an address decides, so no later one masquerades it."""
    links = quoted_links(interfaces)
    rules = [_keep(written(subnet, "subnet", '{},;"#', spaces=False), links) for subnet in subnets]
    head = "  chain postrouting {\n    type nat hook postrouting priority srcnat - 10; policy accept;\n"
    return head + "".join(f"    {rule}\n" for rule in rules) + "  }\n"


def _keep(subnet: str, links: str) -> str:
    version = "ip6" if ":" in subnet else "ip"
    return f"{version} saddr {subnet} oifname {links} snat {version} to {version} saddr"
