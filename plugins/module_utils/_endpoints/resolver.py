# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the unit ``meshwork-endpoints@NAME``: it resolves DNS endpoints and sets the peers' addresses, and follows nodes
to their next keys, see ``follower.py``.

It resolves a name until that succeeds, and again when the latest handshake with the peer is older than a session lives. A peer
that was removed stays removed. A run has written the names into a file, by public key; the interface's own keys are not read.
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

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.follower import Follower
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
"""Seconds that it waits for a run that changes the interface. After that it tries again later."""


def addresses_of(name: str) -> list[str]:
    """The addresses of ``host:port``, each with the port, as ``wg`` writes them.

    :raises OSError: it does not resolve.
    """
    host, _colon, port = name.rpartition(":")
    answers = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)
    written = [("[%s]:%d" if ":" in str(place[0]) else "%s:%d") % place[:2] for *_kind, place in answers]
    return list(dict.fromkeys(written))


class Peer:
    """The DNS endpoint of one peer, and when it is resolved next."""

    def __init__(self, name: str, settled: bool) -> None:
        self.name = name
        self.settled = settled  # False: an existing endpoint is not from this name
        self.answer: Future[list[str]] | None = None
        self.next = 0.0
        self._pause = PAUSE

    def failed(self, now: float) -> None:
        """Try again, later each time."""
        self.next, self._pause = now + self._pause, min(LONGEST, 2 * self._pause)

    def answered(self, now: float) -> None:
        """Resolve again soon only if there is still no handshake."""
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
        """Go over all names once. Start to resolve those that are due, and use the answers in a later look.

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
                endpoint = endpoints[key] if endpoints[key] != "(none)" else None
                age = handshake_age(int(handshakes[key]), now)
                self._look_at(key, peer, endpoint, age is None or age > self._silence, now)

    def _look_at(self, key: str, peer: Peer, endpoint: str | None, silent: bool, now: float) -> None:
        if peer.answer is None:
            if now >= peer.next and (endpoint is None or silent or not peer.settled):
                peer.answer = self._threads.submit(self._resolve, peer.name)
            return
        if not peer.answer.done():
            return
        answer, peer.answer = peer.answer, None
        try:
            addresses = answer.result()
        except (OSError, UnicodeError) as error:
            peer.failed(now)
            say(f"{peer.name}: {error}")
            return
        try:
            if endpoint not in addresses:
                self._set(key, peer.name, addresses[0])
                say(f"{peer.name}: {addresses[0]}")
        except Held as held:
            peer.failed(now)
            say(f"{peer.name}: {held}")
            return
        peer.answered(now)

    def _set(self, key: str, name: str, endpoint: str) -> None:
        """Set the endpoint under the interface's lock, because ``wg set`` would bring back a peer that was just removed.

        The peer's DNS endpoint may have changed, too, since the name was looked up.

        :raises Held: a run, or a pending change, holds the lock for too long.
        """
        with interface_lock(self.host, self._interface, self._locked):
            if key in self._show("endpoints") and self._names().get(key) == name:
                self._wg("set", self._interface, "peer", key, "endpoint", endpoint)

    def _names(self) -> dict[str, str]:
        names: dict[str, str] = json.loads(self.host.read(self._path) or "{}").get("resolve", {})
        return names

    def _show(self, what: str) -> dict[str, str]:
        """Public key -> value; empty if the interface does not exist."""
        return dict(line.split("\t", 1) for line in self._wg("show", self._interface, what).split("\n") if line)

    def _wg(self, *words: str) -> str:
        done = self.host.run(["wg", *words], check=False)
        return done.out if done.status == 0 else ""


def main() -> None:
    """``NAME FILE``, until it is stopped."""
    name, path = sys.argv[1:]
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # each look reads the file
    silence = float(os.environ.get("MESHWORK_SILENCE") or SILENCE)
    resolver, follower, due = Resolver(Host(), name, path, silence=silence), Follower(Host(), name, path), 0.0
    while True:
        now = time.time()
        if now >= due:
            resolver.look(now)
            due = now + PAUSE
        time.sleep(follower.look() or PAUSE)
