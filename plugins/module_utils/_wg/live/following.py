# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that follow another one: the next keys of nodes, and which of a node's two keys has its prefixes.

A node changes its key without telling anybody. Its peers know both keys beforehand, and notice by the handshakes: of the two keys
the one with the newer handshake has the prefixes and the keepalive. That depends on nothing that happened before, so it is also
right after a restart, and after the node has gone back.
"""

from __future__ import annotations

from dataclasses import replace

from ..config.model import Config
from .dump import LiveDevice, LivePeer, handshake_age


def followed(config: Config, device: LiveDevice, now: float) -> Config:
    """The configuration as it should run now.

    A peer that follows another one and is not there yet gets that one's live endpoint, so that it can be dialled at once. Later
    its endpoint is left alone: packets move it.

    :param now: seconds since the epoch on the host, for the age of handshakes.
    """
    peers = {peer.public_key: peer for peer in config.peers}
    for peer in config.peers:
        before = peers.get(peer.follows or "")
        if before is None:
            continue
        live, old = device.peers.get(peer.public_key), device.peers.get(before.public_key)
        endpoint = (old and old.endpoint) or peer.endpoint if live is None or live.endpoint is None else None
        peers[peer.public_key] = replace(peer, endpoint=endpoint)
        if has_changed(old, live, now):
            peers[peer.public_key] = replace(peer, endpoint=endpoint, allowed_ips=before.allowed_ips, keepalive=before.keepalive)
            peers[before.public_key] = replace(before, allowed_ips=(), keepalive=0, endpoint=None)
    return replace(config, peers=tuple(peers.values()))


def has_changed(old: LivePeer | None, new: LivePeer | None, now: float) -> bool:
    """Whether a node uses its new key. If both handshakes are from the same second, the key that has the prefixes stays.

    :param now: as for :func:`followed`.
    """
    if new is None:
        return False
    if old is None:
        return True
    ages = [age if (age := handshake_age(one.handshake, now)) is not None else float("inf") for one in (old, new)]
    return ages[1] < ages[0] or (ages[1] == ages[0] and bool(new.allowed_ips) and not old.allowed_ips)
