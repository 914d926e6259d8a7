# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS names that a host gets: those of its networks, and the hubs that resolve them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import RESOLVER, WAYS

from ..failover.bgp import uses_bgp
from ..model.findings import PlanError, refusal
from ..model.network import Network, Node
from ..names.name_files import zones_inside
from ..names.naming import domain_of, hidden_endpoints, named
from .interfaces import Interfaces

NONE = "none"
CHOICES = (NONE, *WAYS)
"""The values of ``wireguard_names``; the first one is the default."""


def names_on(interfaces: Interfaces, host: str, way: str) -> dict[str, Any] | None:
    """What a host's program gets, JSON-ready, as ``NamesSettings`` has it; None if it gets none. An interface in a namespace or a
    container gives the host no names.

    :param way: one of ``CHOICES``.
    :raises PlanError: another one; a network's name is no domain; the domain hides endpoints; or the network does not go together
        with it.
    """
    if way not in CHOICES:
        raise PlanError(f"wireguard_names: '{way}' is not one of {', '.join(CHOICES)}")
    if way == NONE:
        return None
    found: dict[str, tuple[Network, Node, dict[str, Config]]] = {}
    for network, node, name, config in interfaces.configs(host):
        if not node.inside:
            found.setdefault(network.name, (network, node, {}))[-1][name] = config
    return {"way": way, "networks": {name: _named(*one, way) for name, one in found.items()}}


def _named(network: Network, node: Node, configs: Mapping[str, Config], way: str) -> dict[str, Any]:
    if node.dns:
        raise PlanError(
            f"node {node.name}: has both wireguard_dns and wireguard_names: {way}; remove wireguard_dns, which gives all lookups "
            "to its servers, or set wireguard_names: none"
        )
    domain = domain_of(network)
    hidden = [*hidden_endpoints(network, domain)]
    if hidden:
        raise refusal(hidden)
    servers = dict(_servers(network, node, configs)) if way == RESOLVER else {}
    serves = list(node.addresses) if way == RESOLVER and node.hub else []
    return {
        "domain": domain,
        "interfaces": list(configs),
        "hosts": _hosts(network) if way != RESOLVER or serves else {},
        "zones": zones_inside(network) if servers else [],
        "servers": servers,
        "serves": serves,
    }


def _hosts(network: Network) -> Mapping[str, list[str]]:
    return {dns_name: list(network.nodes[name].addresses) for name, dns_name in named(network).items()}


def _servers(network: Network, node: Node, configs: Mapping[str, Config]) -> Iterator[tuple[str, list[str]]]:
    """Interface -> the addresses that it asks: first those of the node itself if it is a hub, then those of hubs that are peers,
    then those of other hubs. A host that gets no answer asks at the next address, so the hubs take turns.

    With BGP, an interface asks only its peer: systemd-resolved asks on all interfaces at once.
    """
    hubs = {
        name: hub.addresses
        for name, hub in network.nodes.items()
        if hub.hub and hub.managed and hub.addresses and not hub.inside and not hub.revoked
    }
    if not hubs:
        raise PlanError(
            f"network {network.name}: has no hub that could resolve names; set wireguard_hub: true on one that Ansible "
            "manages, or wireguard_names: hosts"
        )
    for interface, config in configs.items():
        peers = [peer.name for peer in config.peers]
        first = [name for name in (node.name, *peers) if name in hubs]
        if uses_bgp(network):
            asked = first[:1] if interface == network.interface else [name for name in first if name != node.name]
        else:
            asked = [*first, *(name for name in hubs if name not in first)]
        addresses = zip_longest(*(hubs[name] for name in dict.fromkeys(asked)))
        if asked:
            yield interface, [address for some in addresses for address in some if address]
