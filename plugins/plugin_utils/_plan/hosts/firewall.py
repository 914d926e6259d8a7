# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AllowedIPs mean, said again where hosts forward: between the tunnel and the rest go the routes of the node alone.

WireGuard looks at what comes out of the tunnel and at what goes in, not at where that goes on or comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import table_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import written

from ..failover.routed import interface_names, ports_of
from ..model.network import Network, Node
from ..paths.exits import exit_of
from ..topologies.topology import graph_of


def firewalls(networks: Iterable[Network], host: str) -> list[dict[str, Any]]:
    """One entry per network of the host, JSON-ready: ``table``, a name; ``chains``, a table of nftables; and ``ports``, at which
    other nodes dial it.
    """
    return [
        {
            "table": table_of(network.interface),
            "chains": _chains(network, node),
            "ports": list(ports_of(network, node)) if node.endpoint or node.site_endpoint else [],
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
    for version, routes in _by_version(node.routes):
        rules += [f"iifname {links} {version} daddr {routes} accept", f"oifname {links} {version} saddr {routes} accept"]
    exits = is_exit(network, node.name)
    if exits:
        rules.append(f"iifname {links} accept")
    chains = _chain("forward", "filter hook forward priority filter", [*rules, "counter drop"])
    if exits:
        ours = _by_version(network.prefixes)
        masquerade = [f"{version} saddr {prefixes} oifname != {links} masquerade" for version, prefixes in ours]
        chains += _chain("postrouting", "nat hook postrouting priority srcnat", masquerade)
    return chains


def is_exit(network: Network, name: str) -> bool:
    """Some node sends more than the network to this one."""
    graph = graph_of(network)
    return any(node.allowed_ips and exit_of(graph, node) == name for node in network.nodes.values())


def quoted_links(interfaces: Iterable[str]) -> str:
    """A set of interfaces: in quotes, in which nft knows no escapes, and takes a ``*`` for any characters."""
    return "{ " + ", ".join('"' + written(name, "interface", '"*\\', spaces=False) + '"' for name in interfaces) + " }"


def _by_version(prefixes: Iterable[str]) -> list[tuple[str, str]]:
    listed = [written(prefix, "prefix", '{},;"#', spaces=False) for prefix in prefixes]
    four, six = ([p for p in listed if (":" in p) is wanted] for wanted in (False, True))
    return [(version, "{ " + ", ".join(some) + " }") for version, some in (("ip", four), ("ip6", six)) if some]


def _chain(name: str, kind: str, rules: Iterable[str]) -> str:
    lines = "".join(f"    {rule}\n" for rule in rules)
    return f"  chain {name} {{\n    type {kind}; policy accept;\n{lines}  }}\n"
