# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that measures outages: it pings many addresses twenty times a second and records the outages between answers.

It ends on its own when its time is over or its folder is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
import time
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._live.echo import answered, request, version_of

INTERVAL = 0.05
"""Seconds between two probes of one address."""
SHORTEST = 0.09
"""Seconds; less between two answers is no outage, but the interval itself."""
WRITE = 0.2
"""Seconds between two states."""


class Target:
    """One address, and when it answered: seconds of the host's monotonic clock."""

    def __init__(self) -> None:
        self.last: float | None = None
        self.outages: list[tuple[float, float]] = []

    def answered(self, now: float) -> None:
        """Take an answer."""
        if self.last is not None and now - self.last > SHORTEST:
            self.outages.append((self.last, now))
        self.last = now

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"last": self.last, "outages": self.outages}


class Prober:
    """All addresses of one host."""

    def __init__(self, folder: str, targets: list[str], sources: list[str], seconds: float) -> None:
        self.folder = folder
        self.targets = {target: Target() for target in targets}
        self.end = time.monotonic() + seconds
        self.identifier = os.getpid() & 0xFFFF
        self.sockets: dict[int, socket.socket] = {}
        for version in sorted({version_of(target) for target in targets}):
            family, protocol = (socket.AF_INET, 1) if version == 4 else (socket.AF_INET6, 58)
            self.sockets[version] = socket.socket(family, socket.SOCK_RAW, protocol)
            self.sockets[version].setblocking(False)
            source = next((s for s in sources if version_of(s) == version), None)
            if source:
                self.sockets[version].bind((source, 0))

    def run(self) -> None:
        """Probe until the end."""
        number, due, written = 0, time.monotonic(), 0.0
        while True:
            now = time.monotonic()
            if now >= due:
                self.send(number)
                number, due = number + 1, max(due + INTERVAL, now)
            if now - written >= WRITE:
                if now >= self.end or not os.path.isdir(self.folder):
                    return
                written = now
                self.write(now)
            for ready in select.select(list(self.sockets.values()), [], [], max(0.0, due - time.monotonic()))[0]:
                self.receive(ready)

    def send(self, number: int) -> None:
        """One probe for each address."""
        for target in self.targets:
            version = version_of(target)
            with contextlib.suppress(OSError):  # no route for a while is what is measured
                self.sockets[version].sendto(request(version, self.identifier, number), (target, 0))

    def receive(self, ready: socket.socket) -> None:
        """Take all packets that have come in."""
        version = 6 if ready.family == socket.AF_INET6 else 4
        while True:
            try:
                packet, sender = ready.recvfrom(2048)
            except OSError:
                return
            target = self.targets.get(sender[0].partition("%")[0])
            if target and answered(version, packet, self.identifier) is not None:
                target.answered(time.monotonic())

    def write(self, now: float) -> None:
        """The state, in one step."""
        path = os.path.join(self.folder, "state.json")
        state = {"now": now, "targets": {name: target.to_dict() for name, target in self.targets.items()}}
        try:
            with open(path + ".new", "w", encoding="ascii") as stream:
                json.dump(state, stream)
            os.replace(path + ".new", path)
        except OSError:
            pass  # the folder is gone


def main() -> None:
    """The arguments are the folder and the seconds; the folder has the targets."""
    folder, seconds = sys.argv[1], float(sys.argv[2])
    with open(os.path.join(folder, "targets.json"), encoding="ascii") as stream:
        probes = json.load(stream)
    Prober(folder, probes["targets"], probes["sources"], seconds).run()
