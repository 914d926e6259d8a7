# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Existing configurations in all common formats, as one value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Collection, Mapping, Sequence

from ..config.conf import parse_conf
from ..config.model import Config, Peer
from ..config.peer_names import names_in
from ..values.constants import PORT
from ..values.keys import short
from .hooks import hooked
from .routes import with_routes_of
from .spellings import cleared, secrets_in, undialled, usual

_REPLACED_IF_GIVEN = tuple(field.name for field in fields(Peer) if field.name != "allowed_ips")
_NOTHING = {"keepalive": 0, "preshared_key": None}
_NAMELESS = re.compile(r"\[\s*interface\s*\]", re.IGNORECASE)


@dataclass(frozen=True)
class Foreign:
    """``interface``: its name, if the text has it. ``key_file``, ``preshared_files`` (public key -> path): files of keys that the
    text names instead of the keys. ``loads``: files with peers that a hook adds. ``left_out``: settings that a configuration
    cannot hold, one line each. ``notes``: what it has in another form here.
    """

    config: Config
    interface: str | None = None
    key_file: str | None = None
    left_out: tuple[str, ...] = ()
    preshared_files: Mapping[str, str] = field(default_factory=dict)
    loads: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def is_fragment(text: str) -> bool:
    """Whether a text in the format of wg has no section for the interface: peers that something adds, or a template."""
    return not any(_NAMELESS.match(line.strip()) for line in text.lstrip("\ufeff").split("\n"))


def read_conf(text: str, name: str = "%i") -> Foreign:
    """A file of wg-quick, or the output of ``wg showconf``. Peers' names are read from comments.

    :param name: of the interface; hooks may have it instead of ``%i``.
    :raises ConfError: it is not such a text.
    """
    plain = usual(text)
    written = parse_conf(plain)
    config, notes = _without_learned(written) if written.save_config else (written, ())
    notes = (*notes, *(["endpoint: one has port 0, which nobody can dial, so it is left out"] if undialled(text) else []))
    names = names_in(plain)
    peers = tuple(
        replace(peer, name=_public(peer.name or names.get(peer.public_key)), next_preshared_key=None) for peer in config.peers
    )
    loaded = as_loaded(replace(config, peers=peers), cleared(text))
    after = hooked(loaded, name)
    routed, routes = with_routes_of(loaded, after.config)
    return Foreign(
        routed,
        key_file=after.key_file if config.private_key is None else None,
        preshared_files=after.preshared_files,
        loads=tuple(after.loads),
        notes=(*notes, *after.notes, *routes),
    )


def _public(name: str | None) -> str | None:
    """The name of a peer, if nothing in it looks like a key."""
    return name if name and not secrets_in(name) else None


def seems_dialled(port: int | None, peer: Peer) -> bool:
    """Whether a running interface's endpoint of a peer may have been set, and not learned from packets: the host keeps the peer
    alive, or the peer is at a usual port.
    """
    return peer.endpoint is None or bool(peer.keepalive) or peer.endpoint.endswith((f":{port}", f":{PORT}"))


def _without_learned(config: Config) -> tuple[Config, tuple[str, ...]]:
    """A file that ``SaveConfig`` has written, without the endpoints that the interface may have learned."""
    peers, notes = [], ["SaveConfig: is left out; the interface goes on writing its file until the first change"]
    for peer in config.peers:
        learned = not seems_dialled(config.port, peer)
        if learned:
            title = peer.name or short(peer.public_key)
            notes.append(
                f"peer {title}: endpoint {peer.endpoint} is left out, because SaveConfig writes learned ones; set it if this "
                "host has to dial the peer"
            )
        peers.append(replace(peer, endpoint=None) if learned else peer)
    return replace(config, save_config=False, peers=tuple(peers)), tuple(notes)


def read_peers(text: str) -> tuple[Peer, ...]:
    """The peers of a fragment, which ``wg addconf`` would add.

    :raises ConfError: it is not such a text.
    """
    return read_conf(f"{text}\n[Interface]\n").config.peers


def as_loaded(config: Config, nothing: Sequence[Collection[str]] = ()) -> Config:
    """The configuration after ``wg setconf``: a peer's later section replaces its prefixes, and a prefix stays with its last
    peer.

    :param nothing: for each peer, the attributes that its section sets to nothing.
    """
    peers: dict[str, Peer] = {}
    owner: dict[str, str] = {}
    for number, peer in enumerate(config.peers):
        known = peers.get(peer.public_key, peer)
        merged = {name: getattr(peer, name) or getattr(known, name) for name in _REPLACED_IF_GIVEN}
        merged.update((name, _NOTHING[name]) for name in (nothing[number] if nothing else ()))
        peers[peer.public_key] = replace(peer, **merged)
        owner.update(dict.fromkeys(peer.allowed_ips, peer.public_key))
    kept = ((peer, tuple(p for p in peer.allowed_ips if owner[p] == key)) for key, peer in peers.items())
    return replace(config, peers=tuple(replace(peer, allowed_ips=prefixes) for peer, prefixes in kept))
