# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Existing configurations in all common formats, as one value."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from ..config.conf import parse_conf
from ..config.model import Config, Peer
from ..config.peer_names import names_in

_REPLACED_IF_GIVEN = tuple(field.name for field in fields(Peer) if field.name != "allowed_ips")


@dataclass(frozen=True)
class Foreign:
    """``interface``: its name, if the text has it. ``key_file``: the file of the private key, if the text names one instead of
    the key. ``left_out``: settings that a configuration cannot hold, one line each.
    """

    config: Config
    interface: str | None = None
    key_file: str | None = None
    left_out: tuple[str, ...] = ()


def read_conf(text: str) -> Foreign:
    """A file of wg-quick, or the output of ``wg showconf``. Peers' names are read from comments.

    :raises ConfError: it is not such a text.
    """
    config = parse_conf(text)
    names = names_in(text)
    peers = tuple(replace(peer, name=peer.name or names.get(peer.public_key)) for peer in config.peers)
    return Foreign(as_loaded(replace(config, peers=peers)))


def as_loaded(config: Config) -> Config:
    """The configuration after ``wg setconf``: a peer's later section replaces its prefixes, and a prefix stays with its last
    peer.
    """
    peers: dict[str, Peer] = {}
    owner: dict[str, str] = {}
    for peer in config.peers:
        known = peers.get(peer.public_key, peer)
        merged = {name: getattr(peer, name) or getattr(known, name) for name in _REPLACED_IF_GIVEN}
        peers[peer.public_key] = replace(peer, **merged)
        owner.update(dict.fromkeys(peer.allowed_ips, peer.public_key))
    kept = ((peer, tuple(p for p in peer.allowed_ips if owner[p] == key)) for key, peer in peers.items())
    return replace(config, peers=tuple(replace(peer, allowed_ips=prefixes) for peer, prefixes in kept))
