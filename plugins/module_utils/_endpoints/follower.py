# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows nodes to their next keys: of the two keys of a node, the one with the newer handshake has the prefixes.

A node changes its key without telling anybody, and sends a handshake to all its peers at once. Here the prefixes and the
keepalive move in one command. That depends on the handshakes alone, so it is right after a restart, too, and when a node goes
back.
"""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import Held, interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import say
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.handshakes import Handshakes, handshakes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

WATCHED = 0.005
"""Seconds between looks while nodes change their keys."""
UNWATCHED = 0.2
"""Seconds between looks while a node only has a next key."""
SHARE = 0.2
"""The part of a processor that looking may take."""
FRESH = 10
"""Seconds after a start in which one of a node's keys must have had a handshake; otherwise both are dialled."""
LOCKED = 5
"""Seconds that it waits for a run that changes the interface. After that it tries again later."""
_DIALLING = 1
"""A keepalive in seconds. WireGuard makes a handshake at once when it is switched on."""


def watch_file(interface: str) -> str:
    """The file with the time, in seconds since the epoch, until which nodes change their keys."""
    return f"{RUN}/{interface}.watch"


class Follower:
    """The nodes of one interface's peers that have a next key.

    The file has, by the next key: ``old``, the key that it follows, and ``allowed_ips`` and ``keepalive`` for the one in use.
    """

    def __init__(
        self,
        host: Host,
        interface: str,
        path: str,
        read: Callable[[str], Handshakes] = handshakes,
        clock: Callable[[], float] = time.time,
        locked: float = LOCKED,
    ) -> None:
        self._host, self._interface, self._path = host, interface, path
        self._read, self._clock, self._locked = read, clock, locked
        self._started = clock()
        self._used: dict[str, str] = {}
        self._dialled: set[str] = set()
        self._identity: tuple[int, int] | None = None
        self._known: Mapping[str, Mapping[str, Any]] = {}

    def look(self) -> float | None:
        """Move what has to move. Gives the seconds until the next look; None if there is nobody to follow."""
        begin, pairs = time.process_time(), self._pairs()
        if not pairs:
            return None
        try:
            times = self._read(self._interface)
            for upcoming, pair in pairs.items():
                self._look_at(upcoming, pair, times)
        except OSError as error:
            say(str(error))
            return LOCKED
        until = (self._host.read(watch_file(self._interface)) or "0").strip()
        watched = until.replace(".", "", 1).isdigit() and float(until) > self._clock()
        return max(WATCHED if watched else UNWATCHED, (time.process_time() - begin) / SHARE)

    def _look_at(self, upcoming: str, pair: Mapping[str, Any], times: Handshakes) -> None:
        old = pair["old"]
        if upcoming not in times or old not in times:
            return  # a run is under way
        used = upcoming if times[upcoming] > times[old] else old if times[old] > times[upcoming] else None
        if used is not None and self._used.get(upcoming) != used:
            other = old if used == upcoming else upcoming
            whole = [used, "persistent-keepalive", pair["keepalive"], "allowed-ips", ",".join(pair["allowed_ips"])]
            if self._set(upcoming, old, whole, [other, "persistent-keepalive", 0]):
                self._used[upcoming] = used
                say(f"peer {short(old)}: uses {short(used)}")
        newest = max(times[upcoming], times[old]) / 1e9
        starting = self._clock() < self._started + FRESH
        if starting and newest < self._started - FRESH and upcoming not in self._dialled:
            self._dialled.add(upcoming)
            keeps = self._used.get(upcoming, old)
            after = {key: pair["keepalive"] if key == keeps else 0 for key in (upcoming, old)}
            for seconds in ({}, dict.fromkeys(after, _DIALLING), after):
                self._set(upcoming, old, *([key, "persistent-keepalive", seconds.get(key, 0)] for key in after))

    def _set(self, upcoming: str, old: str, *peers: list[Any]) -> bool:
        """Set both peers in one command, under the interface's lock: ``wg set`` would bring back a peer that was removed."""
        try:
            with interface_lock(self._host, self._interface, self._locked):
                pair = self._pairs().get(upcoming)
                if pair is None or pair["old"] != old or not {upcoming, old} <= set(self._read(self._interface)):
                    return False
                words = [str(word) for peer in peers for word in ("peer", *peer)]
                return self._host.run(["wg", "set", self._interface, *words], check=False).status == 0
        except Held as held:
            say(str(held))
            return False

    def _pairs(self) -> Mapping[str, Mapping[str, Any]]:
        """The file's content, read again only if the file is another one: runs replace it."""
        identity = self._host.identity_of(self._path)
        if identity is None:
            return {}
        if identity != self._identity:
            self._known, self._identity = self._parsed(self._host.read(self._path) or ""), identity
        return self._known

    def _parsed(self, text: str) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = json.loads(text or "{}").get("follow", {})
        return found
