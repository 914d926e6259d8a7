# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan would take from hosts, peers and networks of their own, checked before any host is touched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.removals import TooManyRemovals, check_removals
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import all_routes

from ..failover.bgp import uses_bgp
from ..model.findings import shown
from ..model.network import Network
from ..model.prefixes import PrefixTable
from ..secrets.preshared import half_changed
from .interfaces import Interfaces


def guarded(
    networks: Sequence[Network], looks: Mapping[str, Mapping[str, Any]], limit: int | None, ended: Collection[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """The hosts that would lose too many peers, as :func:`removals`, and warnings.

    :param looks: host -> result of the module ``prepare``; without hosts on which it has not run.
    :param limit: see :func:`check_removals`, as for ``ended``.
    """
    found = {host: look.get("interfaces") or {} for host, look in looks.items()}
    live = {
        host: {name: [Peer(peer["public_key"], name=peer["name"]) for peer in one["peers"]] for name, one in interfaces.items()}
        for host, interfaces in found.items()
    }
    preshared = {(host, name): one.get("preshared", ()) for host, some in found.items() for name, one in some.items()}
    running = [host for host, interfaces in found.items() if interfaces]
    routes = {host: {one["prefix"]: one["connected"] for one in look.get("routes") or ()} for host, look in looks.items()}
    computed = Interfaces(networks)
    warnings = [*half_changed(networks, preshared, running), *own_networks(computed, routes)]
    return removals(computed, live, limit, ended), warnings


def removals(
    computed: Interfaces, live: Mapping[str, Mapping[str, Sequence[Peer]]], limit: int | None, ended: Collection[str] = ()
) -> dict[str, str]:
    """Host -> one line for each of its interfaces that would lose too many peers.

    :param live: host -> name of an interface -> the live peers that a run may remove.
    :param limit: see :func:`check_removals`, as for ``ended``.
    """
    refused: dict[str, list[str]] = {}
    for host, interfaces in live.items():
        for _network, _node, name, config in computed.configs(host) if interfaces else ():
            try:
                check_removals(f"host {host}, interface {name}", interfaces.get(name, ()), config.peers, limit, ended)
            except TooManyRemovals as error:
                refused.setdefault(host, []).append(str(error))
    return {host: "\n".join(lines) for host, lines in refused.items()}


def own_networks(computed: Interfaces, routes: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    """A line for each network of a host's own that would go into the tunnel, all of it or a part.

    A part of what lies behind another router is meant: the overlay may lie there.

    :param routes: host -> its own routes, each with whether it is connected to that network.
    """
    for host, own in routes.items():
        for network, node, name, config in computed.configs(host) if own else ():
            if not (node.inside or node.table == "off" or uses_bgp(network)):
                yield from _taken(f"host {host}, interface {name}", config, own)


def _taken(where: str, config: Config, routes: Mapping[str, bool]) -> Iterator[str]:
    if config.table not in ("auto", "main", "254"):
        return
    own = PrefixTable((prefix, "") for prefix in routes)
    taken: dict[str, list[str]] = {}
    for prefix in all_routes(config):
        holding = next(own.holding(prefix), None)
        if holding is not None and (holding[0] == prefix or routes[holding[0]]):
            taken.setdefault(holding[0], []).append(prefix)
    owners = PrefixTable((prefix, peer.name or peer.public_key) for peer in config.peers for prefix in peer.allowed_ips)
    for route, prefixes in taken.items():
        owner = owners.longest(prefixes[0])
        which = "all" if route in prefixes else shown("prefix", prefixes)
        yield (
            f"{where}: {which} of the host's own network {route} would go into the tunnel{f' to {owner[1]}' if owner else ''}; "
            "exclude it (wireguard_excluded_ips), or narrow the routes or prefixes of the network"
        )
