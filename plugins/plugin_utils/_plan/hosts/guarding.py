# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that a plan would remove from hosts, checked before any host is touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.removals import TooManyRemovals, check_removals

from ..model.network import Network
from ..topologies.topology import graph_of
from .interfaces import configs_of
from .peers import Peers


def removals(
    networks: Iterable[Network],
    live: Mapping[str, Mapping[str, Sequence[Peer]]],
    limit: int | None,
    ended: Collection[str] = (),
) -> dict[str, str]:
    """Host -> one line for each of its interfaces that would lose too many peers.

    :param live: host -> name of an interface -> the live peers that a run may remove.
    :param limit: see :func:`check_removals`, as for ``ended``.
    """
    refused: dict[str, list[str]] = {}
    for host, line in _lines(networks, live, limit, ended):
        refused.setdefault(host, []).append(line)
    return {host: "\n".join(lines) for host, lines in refused.items()}


def _lines(
    networks: Iterable[Network], live: Mapping[str, Mapping[str, Sequence[Peer]]], limit: int | None, ended: Collection[str]
) -> Iterator[tuple[str, str]]:
    for network in networks:
        peers: Peers | None = None
        for node in network.nodes.values():
            by_host = [(host, live.get(host, {})) for host in node.hosts if node.managed]
            if not any(interfaces for _host, interfaces in by_host):
                continue
            peers = peers or Peers(graph_of(network))
            for interface, config in configs_of(peers, node):
                for host, interfaces in by_host:
                    try:
                        where = f"host {host}, interface {interface}"
                        check_removals(where, interfaces.get(interface, ()), config.peers, limit, ended)
                    except TooManyRemovals as error:
                        yield host, str(error)
