# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must stay outside of what a node sends to its exit: its peers' endpoints, and answers to whoever manages it.

wg-quick routes a prefix of length 0 by rules that exempt the tunnel's own packets and the routes of the main table (wg-quick(8),
``Table``; ``add_default``). All other prefixes are plain routes, with every backend, and carry the tunnel's own packets as well.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint

from ..failover.bgp import uses_bgp
from ..model.findings import Finding
from ..model.network import Node
from ..model.prefixes import PrefixTable
from ..paths.exits import exit_of, outgoing
from ..topologies.graph import Graph

_MAIN = ("auto", "main", "254")
"""Tables with which routes go into the main one, where the tunnel's own packets are looked up."""
_INTERNET = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("2000::/3")}
_PRIVATE = PrefixTable(
    (prefix, "")
    for prefix in (
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
        "fe80::/10",
    )
)  # fmt: skip
"""Addresses from which nobody comes over the Internet (RFC 1918, 6598, 3927, 4193, 4291)."""


def outside_findings(graph: Graph) -> Iterator[Finding]:
    """Endpoints of peers, and addresses of hosts, that nodes send into the tunnel."""
    for node in graph.network.nodes.values():
        exit_ = exit_of(graph, node) if node.allowed_ips and not uses_bgp(graph.network) else None
        if exit_ is not None and node.table in _MAIN and not node.inside:
            yield from _endpoints(graph, node, exit_)
            yield from _management(node, exit_)


def _endpoints(graph: Graph, node: Node, exit_: str) -> Iterator[Finding]:
    routed = [prefix for prefix in outgoing(node) if not (node.table == "auto" and prefix.endswith("/0"))]
    table = PrefixTable((prefix, exit_) for prefix in routed)
    inside: list[tuple[str, str, str, str]] = []
    names: list[tuple[str, str]] = []
    for other in map(graph.network.nodes.__getitem__, graph.neighbours(node.name) if routed else ()):
        for text in dict.fromkeys(other.dialled_at[underlay] for underlay in other.underlays_from(node)):
            endpoint = parse_endpoint(text, other.name)
            found = table.longest(endpoint.host)
            if endpoint.is_name:
                names.append((other.name, text))
            elif found is not None:
                inside.append((other.name, text, endpoint.host, found[0]))
    if not node.managed:
        yield from _of_a_client(node, inside)
    for peer, text, host, prefix in inside if node.managed else ():
        yield Finding(
            "endpoint-in-allowed-ips",
            tuple(sorted((node.name, peer))),
            f"node {node.name}: it dials {peer} at {text}, which is inside {prefix} of what it sends to {exit_}, so the tunnel's "
            "own packets would be routed into the tunnel",
            f"add {ipaddress.ip_network(host)} to its wireguard_excluded_ips",
        )
    if names and node.managed and _most_of_the_internet(routed):
        dialled = ", ".join(f"{peer} at {text}" for peer, text in names)
        yield Finding(
            "endpoint-not-excluded",
            (node.name,),
            f"node {node.name}: it dials {dialled}, and sends most of the Internet to {exit_}: if that contains the "
            "name's addresses, the tunnel's own packets would be routed into the tunnel",
            "add these addresses to its wireguard_excluded_ips",
        )


def _of_a_client(node: Node, inside: list[tuple[str, str, str, str]]) -> Iterator[Finding]:
    """WireGuard's applications keep their own packets outside the tunnel, whatever the routes are; wg-quick does not."""
    if inside:
        dialled = ", ".join(f"{peer} at {text}" for peer, text, _host, _prefix in inside)
        hosts = ", ".join(dict.fromkeys(str(ipaddress.ip_network(host)) for _peer, _text, host, _prefix in inside))
        yield Finding(
            "endpoint-not-excluded",
            (node.name,),
            f"node {node.name}: it dials {dialled}, which is inside what it sends into the tunnel; WireGuard's applications for "
            "phones and desktops cope with that, but wg-quick does not",
            f"for wg-quick, add {hosts} to its excluded_ips",
        )


def _most_of_the_internet(prefixes: Iterable[str]) -> bool:
    """Whether prefixes that do not overlap hold half of the Internet or more, of one IP version."""
    held = {4: 0, 6: 0}
    for net in map(ipaddress.ip_network, prefixes):
        whole = _INTERNET[net.version]
        if net.version == whole.version and net.overlaps(whole):
            held[net.version] += min(net.num_addresses, whole.num_addresses)
    return any(2 * held[version] >= whole.num_addresses for version, whole in _INTERNET.items())


def _management(node: Node, exit_: str) -> Iterator[Finding]:
    """A host at a public address is probably managed over the Internet, and answers by its routes. Where it excludes something
    public, that is taken to be where its controller is.
    """
    address = node.management
    if not node.managed or address is None or address in node.addresses or _PRIVATE.longest(address):
        return
    version = ipaddress.ip_address(address).version
    public = [p for p in node.excluded_ips if ipaddress.ip_network(p).version == version and not _PRIVATE.longest(p)]
    found = PrefixTable((prefix, exit_) for prefix in outgoing(node)).longest(address)
    if found is not None and not public:
        yield Finding(
            "management-in-tunnel",
            (node.name,),
            f"node {node.name}: it is managed at {address}, but sends {found[0]} to {exit_}, and with that its answers to the "
            "controller, unless they are in one LAN",
            "add the controller's address to its wireguard_excluded_ips",
        )
