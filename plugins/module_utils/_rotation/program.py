# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that changes an interface to its next key. It goes on if the run that started it ends, or loses its connection."""

from __future__ import annotations

import json
import random
import sys
import time
from functools import partial
from typing import Any, Collection, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.follower import watch_file
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN, WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import next_key_file, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.floating import is_standby
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.handshakes import handshakes
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at, place_of, where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.flip import PATIENCE, Flip
from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.key_files import use_next_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.followers import followers
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer

LONGEST = PATIENCE + 45
"""Seconds within which the program ends."""
_SETTLED = 0.3
"""Seconds until the module that started the program has ended: its end and the change would share the processor."""
_SPREAD = 0.2
"""Seconds over which nodes that change at the same time are spread, so that a hub does not answer them all at once."""
_FAILURES = (CommandFailed, ValueError, OSError)
_MAIN = "_rotation.program"


def watch(host: Host, interface: str, seconds: int) -> None:
    """Have the host look closely whether peers change their keys, for some seconds, if any has a next key."""
    if followers(host.read(f"{WIREGUARD}/{interface}.conf")):
        host.private_directory(RUN)
        host.write(watch_file(interface), f"{time.time() + seconds:.0f}\n")


def change(
    host: Host,
    interfaces: Sequence[str],
    key_file: str,
    without: Collection[str] = (),
    standby: bool = False,
    sleep: Any = time.sleep,
) -> dict[str, Any]:
    """Change interfaces that share a key to the next one, by a program of its own. Gives ``changed`` and ``silent``, the peers
    that have not answered.

    :param without: names of peers that need not answer.
    :param standby: only if the host is a standby one.
    :raises CommandFailed: WireGuard or systemd refuses, or the program does not end.
    :raises InvalidKey: a file does not contain a key.
    """
    first, end = interfaces[0], time.monotonic() + LONGEST
    program, told, unit = f"{RUN}/rotation-{first}.pyz", _told(first), detached.unit_name("rotation", first)
    while detached.running(host, unit):  # another run began it
        _pause(first, end, sleep)
    host.remove(told)
    if read_key(host, next_key_file(key_file)) is None or (standby and not is_standby(host, first)):
        return {"changed": False, "silent": []}
    host.private_directory(RUN)
    host.write_bytes(program, archive(_MAIN))
    asked = json.dumps([key_file, [*interfaces], [*without]], separators=(",", ":"))
    detached.start(host, unit, [sys.executable, "-I", program, asked], 0)
    while host.read(told) is None:
        _pause(first, end + LONGEST, sleep)
    outcome: Mapping[str, Any] = json.loads(host.read(told) or "{}")
    host.remove(told)
    if outcome["error"]:
        raise CommandFailed(f"interface {first}: {outcome['error']}; the old key is used")
    return {"changed": not outcome["silent"], "silent": outcome["silent"]}


def _pause(interface: str, end: float, sleep: Any) -> None:
    if time.monotonic() > end:
        raise CommandFailed(f"interface {interface}: the change to the next key has not ended in time")
    sleep(0.05)


def run(host: Host, interfaces: Sequence[str], key_file: str, without: Collection[str]) -> dict[str, Any]:
    """What the program does: change, and keep it or go back. Gives ``silent`` and ``error``."""
    old, new = read_key(host, key_file), read_key(host, next_key_file(key_file))
    if old is None or new is None:
        return {"silent": [], "error": "the key or the next key is gone"}
    changed: list[Flip] = []
    for interface in interfaces:
        try:
            flip, links, peers = _flip(host, interface)
            names = {peer.public_key: peer.name for peer in peers}
            preshared = {peer.public_key: peer.next_preshared_key for peer in peers if peer.next_preshared_key is not None}
            answering = [link for link in links if names.get(link[0]) not in without]
            silent = flip.change(old, new, answering, preshared=preshared)
        except _FAILURES:
            _go_back(changed, old)
            raise
        if silent:
            _go_back(changed, old)
            return {"silent": [names.get(key) or key for key in silent], "error": None}
        changed.append(flip)
    use_next_key(host, key_file)
    return {"silent": [], "error": None}


def _flip(host: Host, interface: str) -> tuple[Flip, list[tuple[str, ...]], tuple[Peer, ...]]:
    """The interface, the peers that must answer, and all of its file.

    :raises CommandFailed: there is no such interface.
    """
    inside = where_is(host, interface)
    place, there = (place_of(host, inside) if inside else None), host_at(host, inside)
    if there is None:
        raise CommandFailed(f"interface {interface}: its namespace is gone")
    text = host.read(f"{WIREGUARD}/{interface}.conf")
    flip = Flip(there, interface, partial(handshakes, place=place))
    peers = parse_conf(text).peers if text is not None else ()
    follows = [(peer.public_key, peer.follows) for peer in peers if peer.follows is not None]
    links = flip.links(follows) if not is_standby(host, interface) else []  # what a standby host sends does not leave it
    return flip, links, peers


def _go_back(changed: Sequence[Flip], old: str) -> None:
    for flip in changed:
        flip.go_back(old)


def _told(interface: str) -> str:
    return f"{RUN}/{interface}.rotation.json"


def main() -> None:
    """``[KEY_FILE, INTERFACES, PEERS] SECONDS``, after that many seconds."""
    asked, seconds = sys.argv[1:]
    key_file, interfaces, without = json.loads(asked)
    time.sleep(float(seconds) + _SETTLED + random.uniform(0, _SPREAD))  # noqa: S311
    host = Host()
    try:
        outcome = run(host, interfaces, key_file, without)
    except _FAILURES as error:
        outcome = {"silent": [], "error": str(error)}
    host.remove(sys.argv[0])
    host.write(_told(interfaces[0]), json.dumps(outcome))
