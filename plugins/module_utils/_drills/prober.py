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
import struct
import sys
import time
from typing import Any

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


def checksum(data: bytes) -> int:
    """The Internet's checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def request(version: int, identifier: int, number: int) -> bytes:
    """An echo request; the kernel computes the checksum of IPv6."""
    kind = 8 if version == 4 else 128
    data = struct.pack("!BBHHH", kind, 0, 0, identifier, number & 0xFFFF) + b"meshwork"
    return data if version == 6 else data[:2] + struct.pack("!H", checksum(data)) + data[4:]


def is_answer(version: int, packet: bytes, identifier: int) -> bool:
    """Whether a received packet is an echo reply to this program."""
    if version == 4:
        packet = packet[(packet[0] & 15) * 4 :]
    return len(packet) >= 8 and packet[0] == (0 if version == 4 else 129) and struct.unpack("!H", packet[4:6])[0] == identifier


class Prober:
    """All addresses of one host."""

    def __init__(self, folder: str, targets: list[str], sources: list[str], seconds: float) -> None:
        self.folder = folder
        self.targets = {target: Target() for target in targets}
        self.end = time.monotonic() + seconds
        self.identifier = os.getpid() & 0xFFFF
        self.sockets: dict[int, socket.socket] = {}
        for version in sorted({6 if ":" in target else 4 for target in targets}):
            family, protocol = (socket.AF_INET, 1) if version == 4 else (socket.AF_INET6, 58)
            self.sockets[version] = socket.socket(family, socket.SOCK_RAW, protocol)
            self.sockets[version].setblocking(False)
            source = next((s for s in sources if (6 if ":" in s else 4) == version), None)
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
            version = 6 if ":" in target else 4
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
            if target and is_answer(version, packet, self.identifier):
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
