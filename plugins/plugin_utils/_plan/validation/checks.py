# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes that do not depend on the links: addresses, keys, routes and endpoints."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS

from ..failover.bgp import bgp_findings, uses_bgp
from ..failover.vrrp import vrrp_findings
from ..model.findings import Finding, PlanError
from ..model.network import ANY, LAN, Network, Node
from ..model.prefixes import PrefixTable
from ..topologies.topology import graph_of


def document_findings(network: Network) -> Iterator[Finding]:
    """All mistakes, errors and warnings, in a fixed order."""
    if not network.prefixes:
        what = f"network {network.name}: has no prefixes"
        yield Finding("no-prefixes", (), what, "set wireguard_prefixes, for example to ['10.8.0.0/24']")
    nodes = tuple(network.nodes.values())
    for node in nodes:
        yield from _own_findings(network, node)
    yield from _duplicates("duplicate-address", "address", ((address, node) for node in nodes for address in node.addresses))
    yield from _shared_keys(network)
    yield from _duplicates("same-route", "route", ((route, node) for node in nodes for route in node.routes))
    yield from _addresses_as_routes(nodes)
    yield from _addresses_in_routes(network)
    yield from _open_isolation(network)
    yield from _shared_endpoints(nodes)
    yield from _inside_routes(network)
    yield from _cycles(network)
    yield from vrrp_findings(network)
    yield from bgp_findings(network)


def _addresses_in_routes(network: Network) -> Iterator[Finding]:
    """Routes inside the overlay's prefixes. Wider routes do no harm, because the overlay's prefixes are longer."""
    overlay = PrefixTable((prefix, network.name) for prefix in network.prefixes)
    owned = [(route, node.name) for node in network.nodes.values() for route in node.routes if route not in network.prefixes]
    routes = PrefixTable(item for item in owned if overlay.longest(item[0]))
    for node in network.nodes.values():
        for address in node.addresses:
            for route, owner in routes.holding(address):
                if owner != node.name and not route.endswith(("/32", "/128")):
                    yield Finding(
                        "address-in-route",
                        tuple(sorted((node.name, owner))),
                        f"node {node.name}: its address {address} is inside {owner}'s route {route}, so {owner} would look for "
                        "it there",
                        f"narrow the route, or give {node.name} another address (wireguard_addresses)",
                    )


def _own_findings(network: Network, node: Node) -> Iterator[Finding]:
    for address in node.addresses:
        if network.prefixes and network.prefix_of(address) is None:
            yield Finding(
                "address-outside",
                (node.name,),
                f"node {node.name}: address {address} is in no prefix of network {network.name} ({', '.join(network.prefixes)})",
                "change the address, or add its prefix",
            )
        yield from _reserved(network, node, address)
    yield from _inside(network, node)
    if not node.numbered and (why := _why_numbered(network, node)):
        what = f"node {node.name}: has no address, but {why} needs one"
        yield Finding("no-address", (node.name,), what, "remove wireguard_addresses: none")
    if node.managed and node.port == 0 and node.dialled_at:
        what = f"node {node.name}: has an endpoint, but no fixed port"
        yield Finding("port-zero", (node.name,), what, "set wireguard_port to 1 to 65535")


def _inside(network: Network, node: Node) -> Iterator[Finding]:
    refused = {
        "netns and container": len(node.inside) > 1,
        "hooks": node.hooks != NO_HOOKS,
        "dns": bool(node.dns),
        "table": node.table != "auto",
        "routes": bool(node.routes),
        "several hosts": node.shared,
        "failover with BGP": network.failover == "bgp",
    }
    unsupported = [name for name, present in refused.items() if present]
    if node.inside and unsupported:
        where = " and ".join(f"{kind} {name}" for kind, name in node.inside.items())
        what = f"node {node.name}: interface in {where}: not supported there: {', '.join(unsupported)}"
        yield Finding("inside", (node.name,), what, "remove that, or leave the interface on the host")


def _why_numbered(network: Network, node: Node) -> str | None:
    """What a node needs an address for."""
    if node.shared:
        return "a node on several hosts"
    if uses_bgp(network):
        return "wireguard_failover: bgp"
    return "a container network" if network.container_prefixes and node.managed and node.containers else None


def _reserved(network: Network, node: Node, address: str) -> Iterator[Finding]:
    """Broadcast addresses, and IPv6's subnet-router anycast address (RFC 4291, 2.6.1), which every forwarding node has."""
    prefix = network.prefix_of(address)
    whole = ipaddress.ip_network(prefix) if prefix else None
    if whole is None or whole.max_prefixlen - whole.prefixlen < 2:
        return
    what, remedy, reserved = "the first address", "give it a later one", [whole.network_address]
    if whole.version == 4:
        what, remedy, reserved = "an end", "give it one between", [whole.network_address, whole.broadcast_address]
    if ipaddress.ip_address(address) in reserved:
        yield Finding(
            "reserved-address", (node.name,), f"node {node.name}: address {address} is {what} of prefix {prefix}", remedy
        )


def _duplicates(code: str, noun: str, owned: Iterable[tuple[str, Node]]) -> Iterator[Finding]:
    owners: dict[str, Node] = {}
    for thing, node in owned:
        other = owners.setdefault(thing, node)
        if other is not node:
            what = f"node {node.name}: {noun} {thing} is already {other.name}'s"
            yield Finding(code, _names(other, node), what, f"give {node.name} another or remove {other.name}")


def _shared_keys(network: Network) -> Iterator[Finding]:
    owned = ((node.public_key, node) for node in network.nodes.values() if node.public_key)
    for finding in _duplicates("duplicate-key", "public key", owned):
        first, second = finding.nodes
        yield replace(finding, code="own-key") if _are_linked(network, first, second) else finding


def _are_linked(network: Network, a: str, b: str) -> bool:
    try:
        return b in graph_of(network).neighbours(a)
    except PlanError:
        return False


def _addresses_as_routes(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    owners = {str(ipaddress.ip_network(address)): node for node in nodes for address in node.addresses}
    for node in nodes:
        for route in node.routes:
            owner = owners.get(route, node)
            if owner is not node:
                what = f"node {node.name}: route {route} is {owner.name}'s address"
                yield Finding("same-prefix", _names(owner, node), what, f"give {node.name} another or remove {owner.name}")


def _open_isolation(network: Network) -> Iterator[Finding]:
    """Isolated spokes do not have each other's prefixes in AllowedIPs, so the routes of those to which they are linked must not
    contain them. These are the hubs, and, where there are further links, spokes.
    """
    if not network.isolate_spokes or network.topology != "star":
        return
    linked = [node for node in network.nodes.values() if node.hub or network.links]
    routes = PrefixTable((route, node.name) for node in linked for route in node.routes)
    for node in network.nodes.values():
        for own in (*node.addresses, *node.routes) if not node.hub else ():
            route = next((found for found in routes.holding(own) if found[1] != node.name), None)
            if route is not None:
                kind = "hub" if network.nodes[route[1]].hub else "node"
                yield Finding(
                    "open-isolation",
                    tuple(sorted((node.name, route[1]))),
                    f"node {node.name}: {own} is inside {kind} {route[1]}'s route {route[0]}, so isolated spokes can reach it",
                    f"narrow the route, or filter packets on {route[1]} instead of wireguard_isolate_spokes",
                )
                return


def _shared_endpoints(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    """Equal endpoints on one underlay, such as two nodes behind one NAT. One of :data:`ANY` is on all but ``LAN``."""
    remedy = "give one of them another port (wireguard_port)"
    found: dict[Finding, None] = {}
    owners: dict[str, list[tuple[str, Node]]] = {}
    for node in nodes:
        for underlay, endpoint in node.dialled_at.items():
            if underlay != LAN:
                for there, other in owners.setdefault(endpoint, []):
                    if other is not node and (ANY in (there, underlay) or there == underlay):
                        where = "" if ANY in (there, underlay) else f" on {underlay}"
                        what = f"node {node.name}: endpoint {endpoint}{where} is already {other.name}'s"
                        found[Finding("shared-endpoint", _names(other, node), what, remedy)] = None
                        break
                owners[endpoint].append((underlay, node))
    yield from found
    of_sites = [(f"{node.dialled_at[LAN]} of site {node.site}", node) for node in nodes if node.site and LAN in node.dialled_at]
    for finding in _duplicates("shared-endpoint", "site endpoint", of_sites):
        yield replace(finding, remedy=remedy)


def _inside_routes(network: Network) -> Iterator[Finding]:
    """Underlay addresses inside prefixes that go into the tunnel. Routes of length 0 are handled by rules."""
    overlay = PrefixTable((prefix, network.name) for prefix in network.prefixes)
    routes = PrefixTable(
        (route, node.name) for node in network.nodes.values() for route in node.routes if not route.endswith("/0")
    )
    for node in network.nodes.values():
        if node.table == "off":
            continue
        for endpoint in dict.fromkeys(node.dialled_at.values()):
            yield from _endpoint_inside(node, endpoint, overlay, routes)
        if node.managed and node.management and node.management not in node.addresses:
            yield from _management_inside(node, node.management, overlay, routes)


def _endpoint_inside(node: Node, endpoint: str, overlay: PrefixTable, routes: PrefixTable) -> Iterator[Finding]:
    host = endpoint.rpartition(":")[0].strip("[]").partition("%")[0]
    prefix = overlay.longest(host)
    if prefix is not None:
        yield Finding(
            "endpoint-in-tunnel",
            (node.name,),
            f"node {node.name}: endpoint {endpoint} is inside the overlay's prefix {prefix[0]}",
            "use an address outside the tunnel, or give the network another prefix",
        )
    for route, owner in routes.holding(host):
        if owner == node.name:
            yield Finding(
                "endpoint-in-route",
                (node.name,),
                f"node {node.name}: its route {route} contains its endpoint {endpoint}, so packets to it would go into the "
                "tunnel",
                "narrow the route so that the endpoint is outside",
            )
        else:
            yield Finding(
                "endpoint-behind-peer",
                tuple(sorted((node.name, owner))),
                f"node {node.name}: its endpoint {endpoint} is inside {owner}'s route {route}, so {owner}'s peers dial it "
                f"through {owner}",
                f"narrow {owner}'s route if that is not intended",
            )


def _management_inside(node: Node, address: str, overlay: PrefixTable, routes: PrefixTable) -> Iterator[Finding]:
    prefix = overlay.longest(address)
    if prefix is not None:
        yield Finding(
            "management-in-tunnel",
            (node.name,),
            f"node {node.name}: it is managed at {address}, which is inside the overlay's prefix {prefix[0]} but not its own "
            "address",
            "give the network another prefix, or let the controller reach the host at another address",
        )
    for route, owner in routes.holding(address):
        if owner != node.name:
            yield Finding(
                "management-in-tunnel",
                tuple(sorted((node.name, owner))),
                f"node {node.name}: it is managed at {address}, which is inside {owner}'s route {route}",
                f"narrow {owner}'s route, or let the controller reach the host at another address",
            )


def _cycles(network: Network) -> Iterator[Finding]:
    """Nodes of a tree that are their own ancestors."""
    homes = {name: node.home for name, node in network.nodes.items() if network.topology == "tree" and node.home != name}
    done: set[str] = set()
    for start in homes:
        path: list[str] = []
        name: str | None = start
        while name in homes and name not in done:
            done.add(name)
            path.append(name)
            name = homes[name]
        if name in path:
            cycle = path[path.index(name) :]
            what = f"network {network.name}: a cycle of parents in the tree (wireguard_home): {', '.join([*cycle, name])}"
            yield Finding(
                "topology", tuple(sorted(cycle)), what, "set wireguard_home of one of them to a node nearer to the root"
            )


def _names(*nodes: Node) -> tuple[str, ...]:
    return tuple(sorted(node.name for node in nodes))
