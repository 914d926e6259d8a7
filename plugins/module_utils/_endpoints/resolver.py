# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the unit ``meshwork-endpoints@NAME``: it gives peers the addresses that their host names have.

It asks for a name until it resolves, and again when the peer has been silent for longer than a session lives; a peer that
somebody removed stays away. A run has written the names into a file, by public key; no key of the interface's is read here.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import Held, interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import say
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import handshake_age
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import SILENCE

PAUSE = 2
"""Seconds between looks."""
LONGEST = 60
"""Seconds between tries, at most; they begin with PAUSE and double."""
LOCKED = 5
"""Seconds that it waits for a run to end its change of the interface, before it tries again later."""


def addresses_of(name: str) -> list[str]:
    """The addresses of ``host:port``, each with the port, as ``wg`` writes them.

    :raises OSError: it does not resolve.
    """
    host, _colon, port = name.rpartition(":")
    found = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)
    written = [("[%s]:%d" if ":" in str(place[0]) else "%s:%d") % place[:2] for *_kind, place in found]
    return list(dict.fromkeys(written))


class Peer:
    """When a name is resolved, and what came of it."""

    def __init__(self, name: str, settled: bool) -> None:
        self.name = name
        self.settled = settled  # False: an endpoint that is there is not this name's
        self.answer: Future[list[str]] | None = None
        self.next = 0.0
        self._pause = PAUSE

    def failed(self, now: float) -> None:
        """Try again, later each time."""
        self.next, self._pause = now + self._pause, min(LONGEST, 2 * self._pause)

    def answered(self, now: float) -> None:
        """Ask again soon only if the peer goes on being silent."""
        self.settled, self.next, self._pause = True, now + LONGEST / 2, PAUSE


class Resolver:
    """The names of one interface."""

    def __init__(
        self,
        host: Host,
        interface: str,
        path: str,
        resolve: Callable[[str], list[str]] = addresses_of,
        silence: float = SILENCE,
        locked: float = LOCKED,
    ) -> None:
        self.host = host
        self._interface, self._path = interface, path
        self._resolve, self._silence, self._locked = resolve, silence, locked
        self._peers: dict[str, Peer] | None = None
        self._threads = ThreadPoolExecutor(32)

    def look(self, now: float) -> None:
        """Go once over all names; what has to be resolved is asked for, and its answer used in a later look.

        :param now: seconds since the epoch.
        """
        names = self._names()
        endpoints, handshakes = self._show("endpoints"), self._show("latest-handshakes")
        before = self._peers
        self._peers = {
            key: before[key] if before and key in before and before[key].name == name else Peer(name, before is None)
            for key, name in names.items()
        }
        for key, peer in self._peers.items():
            if key in endpoints and key in handshakes:
                there = endpoints[key] if endpoints[key] != "(none)" else None
                age = handshake_age(int(handshakes[key]), now)
                self._look_at(key, peer, there, age is None or age > self._silence, now)

    def _look_at(self, key: str, peer: Peer, there: str | None, silent: bool, now: float) -> None:
        if peer.answer is None:
            if now >= peer.next and (there is None or silent or not peer.settled):
                peer.answer = self._threads.submit(self._resolve, peer.name)
            return
        if not peer.answer.done():
            return
        answer, peer.answer = peer.answer, None
        try:
            found = answer.result()
        except (OSError, UnicodeError) as error:
            peer.failed(now)
            say(f"{peer.name}: {error}")
            return
        try:
            if there not in found:
                self._set(key, peer.name, found[0])
                say(f"{peer.name}: {found[0]}")
        except Held as held:
            peer.failed(now)
            say(f"{peer.name}: {held}")
            return
        peer.answered(now)

    def _set(self, key: str, name: str, endpoint: str) -> None:
        """Under the lock that changes of the interface take: ``wg set`` would bring a peer back that was just removed.

        What the peer's endpoint comes from may have changed, too, since the name was asked for.

        :raises Held: a run, or a pending change, has it for long.
        """
        with interface_lock(self.host, self._interface, self._locked):
            if key in self._show("endpoints") and self._names().get(key) == name:
                self._wg("set", self._interface, "peer", key, "endpoint", endpoint)

    def _names(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.host.read(self._path) or "{}")
        return found

    def _show(self, what: str) -> dict[str, str]:
        """Public key -> value; nothing where the interface is not there."""
        return dict(line.split("\t", 1) for line in self._wg("show", self._interface, what).split("\n") if line)

    def _wg(self, *words: str) -> str:
        done = self.host.run(["wg", *words], check=False)
        return done.out if done.status == 0 else ""


def main() -> None:
    """``NAME FILE``, until it is stopped."""
    name, path = sys.argv[1:]
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # each look reads the file
    silence = float(os.environ.get("MESHWORK_SILENCE") or SILENCE)
    resolver = Resolver(Host(), name, path, silence=silence)
    while True:
        resolver.look(time.time())
        time.sleep(PAUSE)
