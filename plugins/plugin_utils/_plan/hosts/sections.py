# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations as text. Most nodes of a network have the same peers, and these are written once."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_interface, render_peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer


class Sections:
    """Writes configurations, with a cache of their peers. Most nodes share the object for a peer; only the last one of each kind
    is cached.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str | None, str | None, int], tuple[Peer, str]] = {}

    def render(self, config: Config) -> str:
        """As :func:`render_conf`."""
        return "\n".join([render_interface(config), *map(self._peer, config.peers)])

    def _peer(self, peer: Peer) -> str:
        if peer.preshared_key is not None:  # of this pair alone
            return render_peer(peer)
        kind = (peer.name, peer.endpoint, peer.keepalive)
        known = self._last.get(kind)
        if known is None or known[0] is not peer:
            known = self._last[kind] = (peer, render_peer(peer))
        return known[1]
