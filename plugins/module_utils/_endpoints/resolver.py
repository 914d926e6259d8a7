# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the unit ``meshwork-endpoints@NAME``: it gives peers the addresses that their host names have.

It stands on the host by itself, so it imports nothing but Python's own modules. It asks for a name until it resolves, and again
when the peer has been silent for longer than a session lives; a peer that somebody removed stays away.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable

SILENCE = 135
"""Seconds without a handshake after which a peer may have moved: sessions are renewed every two minutes under traffic."""
PAUSE = 2
"""Seconds between looks."""
LONGEST = 60
"""Seconds between tries, at most; they begin with PAUSE and double."""
_FIELD = re.compile(r"\s*(\[|# Resolve =|PublicKey\s*=)\s*([^\s#\]]+)", re.IGNORECASE)


def read_names(text: str) -> dict[str, str]:
    """Public key -> ``host:port``, of the peers that have a name."""
    found: dict[str, str] = {}
    section: dict[str, str] = {}
    for line in [*text.split("\n"), "[end]"]:
        field = _FIELD.match(line)
        if not field:
            continue
        if field.group(1) == "[":
            if len(section) == 2:
                found[section["key"]] = section["name"]
            section = {}
        else:
            section["name" if field.group(1).startswith("#") else "key"] = field.group(2)
    return found


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
        interface: str,
        path: str,
        lock: str,
        resolve: Callable[[str], list[str]] = addresses_of,
        silence: float = SILENCE,
    ) -> None:
        self._interface, self._path, self._lock = interface, path, lock
        self._resolve, self._silence = resolve, silence
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
                self._look_at(key, peer, there, _age(int(handshakes[key]), now) > self._silence, now)

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
            _say(f"{peer.name}: {error}")
            return
        peer.answered(now)
        if there not in found:
            self._set(key, peer.name, found[0])
            _say(f"{peer.name}: {found[0]}")

    def _set(self, key: str, name: str, endpoint: str) -> None:
        """Under the lock that changes of the interface take: ``wg set`` would bring a peer back that was just removed.

        What the peer's endpoint comes from may have changed, too, since the name was asked for.
        """
        os.makedirs(os.path.dirname(self._lock), mode=0o700, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if key in self._show("endpoints") and self._names().get(key) == name:
                self._wg("set", self._interface, "peer", key, "endpoint", endpoint)
        finally:
            os.close(descriptor)

    def _names(self) -> dict[str, str]:
        try:
            with open(self._path, encoding="utf-8", errors="surrogateescape") as stream:
                return read_names(stream.read())
        except FileNotFoundError:
            return {}

    def _show(self, what: str) -> dict[str, str]:
        """Public key -> value; nothing where the interface is not there."""
        return dict(line.split("\t", 1) for line in self._wg("show", self._interface, what).splitlines())

    def _wg(self, *words: str) -> str:
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            ["wg", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
        return done.stdout.decode() if done.returncode == 0 else ""


def _age(handshake: int, now: float) -> float:
    """Seconds; for ever where there was none. Some implementations report the age itself."""
    if handshake == 0:
        return float("inf")
    return now - handshake if handshake > now / 2 else handshake


def _say(text: str) -> None:
    """To the unit's journal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """``resolver.py NAME``, until it is stopped."""
    name = sys.argv[1]
    silence = float(os.environ.get("MESHWORK_SILENCE") or SILENCE)
    resolver = Resolver(name, f"/etc/wireguard/{name}.conf", f"/run/meshwork-wireguard/{name}.interface-lock", silence=silence)
    while True:
        resolver.look(time.time())
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
