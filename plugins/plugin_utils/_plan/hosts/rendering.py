# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network as files: its document, and the configurations of its nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_interface, render_peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer

from ..documents.document import network_to_dict
from ..failover.bgp import uses_bgp
from ..model.network import Network
from ..topologies.topology import graph_of
from .interfaces import configs_of
from .peers import Peers

HEAD = "# Made by meshwork.wireguard from the plan of a network.\n"
"""The first line of each configuration. Only files with this line are replaced or removed."""


def files_of(network: Network) -> Iterator[tuple[str, str]]:
    """Path below the network's directory, text; one at a time.

    :raises PlanError: links that cannot be planned.
    """
    peers = Peers(graph_of(network))
    yield "network.json", json.dumps(network_to_dict(network), indent=2) + "\n"
    sections = _Sections()
    for name, node in network.nodes.items():
        for interface, config in configs_of(peers, node):
            path = f"nodes/{name}.conf" if not uses_bgp(network) else f"nodes/{name}/{interface}.conf"
            yield path, HEAD + "\n".join([render_interface(config), *map(sections.of, config.peers)])


class _Sections:
    """Peers as text, with a cache. Most nodes share the object for a peer; only the last one of each kind is cached."""

    def __init__(self) -> None:
        self._last: dict[tuple[str | None, str | None, int], tuple[Peer, str]] = {}

    def of(self, peer: Peer) -> str:
        """The section of a peer."""
        kind = (peer.name, peer.endpoint, peer.keepalive)
        known = self._last.get(kind)
        if known is None or known[0] is not peer:
            known = self._last[kind] = (peer, render_peer(peer))
        return known[1]
