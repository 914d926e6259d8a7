# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WireGuard interfaces in a folder of files, with systemd's drop-ins as ``NAME.netdev.d/PART.conf``."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Mapping, NamedTuple

from ..config.model import Peer
from . import network_manager, networkd
from .foreign import Foreign, is_fragment, read_conf, read_peers
from .routes import with_routes_of
from .spellings import without_secrets

CONF, NETDEV, NETWORK, KEYFILE = ".conf", ".netdev", ".network", ".nmconnection"
QUICK, NETWORKD, NETWORK_MANAGER = "wg-quick", "networkd", "NetworkManager"
HAND = "hand"
PROGRAMS = (QUICK, NETWORKD, NETWORK_MANAGER, HAND)
"""What an interface may have been made by."""


class Described(NamedTuple):
    """An interface: the name of the file without its ending, the program that reads it, and the configuration.

    ``files``: the names of its files. ``error``: why they cannot be read, with file and line; the configuration is None then.
    ``shared``: those of its files that other interfaces may have, too. ``starts``: whether its program starts it at boot, as far
    as the files say.
    """

    stem: str
    by: str
    foreign: Foreign | None
    files: tuple[str, ...]
    error: str | None = None
    shared: tuple[str, ...] = ()
    starts: bool = True


def described(files: Mapping[str, str]) -> Iterator[Described]:
    """The interfaces of some files, name -> text, sorted by the files' names. One that cannot be read does not hide others."""
    for name, text in sorted(files.items()):
        stem, dot, ending = name.rpartition(".")
        try:
            if "/" in name:
                continue
            if dot + ending == CONF and not is_fragment(text):
                yield Described(stem, QUICK, _with_loaded(read_conf(text, stem), files), (name,))
            elif dot + ending == NETDEV and networkd.is_wireguard(text):
                yield _networkd(stem, files)
            elif dot + ending == KEYFILE and network_manager.is_wireguard(text):
                connection = network_manager.read_keyfile(text)
                found = replace(connection, interface=connection.interface or stem)
                yield Described(stem, NETWORK_MANAGER, found, (name,), starts=network_manager.starts_at_boot(text))
        except ValueError as error:
            by = {CONF: QUICK, NETDEV: NETWORKD}.get(dot + ending, NETWORK_MANAGER)
            yield Described(stem, by, None, (name,), without_secrets(f"{name}: {error}"))


def is_configuration(name: str) -> bool:
    """Whether a file may describe an interface: by its ending, or as a drop-in."""
    return name.endswith((CONF, NETDEV, NETWORK, KEYFILE))


def fragments(files: Mapping[str, str]) -> list[str]:
    """The names of the files of wg-quick that describe no interface."""
    return [name for name, text in sorted(files.items()) if "/" not in name and name.endswith(CONF) and is_fragment(text)]


def _with_loaded(foreign: Foreign, files: Mapping[str, str]) -> Foreign:
    """With the peers that a hook adds from a file beside it."""
    peers = {peer.public_key: peer for peer in foreign.config.peers}
    notes = []
    for path in foreign.loads:
        name = path.rpartition("/")[2]
        if name not in files:
            notes.append(f"peers of {path}: a hook adds them, and the file is not there; only the running interface shows them")
            continue
        try:
            found = read_peers(files[name])
        except ValueError as error:
            raise ValueError(f"adds peers from {name}: {error}") from None
        for peer in found:
            peers[peer.public_key] = _filled(peers.get(peer.public_key), peer)
            notes.append(f"peer {peer.name or peer.public_key[:8]}: is added by a hook, from {name}")
    config, routes = with_routes_of(foreign.config, replace(foreign.config, peers=tuple(peers.values())))
    return replace(foreign, config=config, notes=(*foreign.notes, *notes, *routes))


def _filled(known: Peer | None, peer: Peer) -> Peer:
    return peer if known is None else replace(peer, name=peer.name or known.name)


def _networkd(stem: str, files: Mapping[str, str]) -> Described:
    netdev, own = _whole(stem + NETDEV, files)
    device = networkd.name_in(netdev) or stem
    network, title = None, None
    for name in sorted(name for name in files if name.endswith(NETWORK) and "/" not in name):
        if networkd.applies(files[name], device):
            title = name
            break
    if title is not None:
        network, more = _whole(title, files)
        own += more
    try:
        foreign = networkd.read_networkd(netdev, network)
    except ValueError:
        for part in own:
            _read_alone(part, files[part])
        raise
    shared = tuple(name for name in own if title and name.startswith(title) and not networkd.names_one(files[title]))
    return Described(stem, NETWORKD, replace(foreign, interface=device), tuple(own), shared=shared)


def _read_alone(name: str, text: str) -> None:
    """Read a part of an interface's files, so that an error has its own line number."""
    try:
        networkd.read_networkd(text, None)
    except ValueError as error:
        drop_in = name.rpartition("/")[2] if "/" in name else ""
        raise ValueError(f"{drop_in}: {error}" if drop_in else str(error)) from None


def _whole(name: str, files: Mapping[str, str]) -> tuple[str, list[str]]:
    """A file with its drop-ins, and all their names."""
    parts = [name, *(part for part in sorted(files) if part.startswith(f"{name}.d/") and part.endswith(CONF))]
    return "\n".join(files[part] for part in parts), parts
