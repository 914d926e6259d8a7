# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP echo (RFC 792, RFC 4443): the packets, and the program that sends some to many addresses through one interface.

The program imports nothing of the collection, so its text alone runs in any namespace.
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
from typing import Any, Iterator

INTERVAL = 0.005
"""Seconds between two packets: at most 200 a second."""
TRIES = 3
WAIT = 1.0
"""Seconds for an answer after the last packet of a try."""
_ICMP_FILTER = 1
_SOL_RAW = 255
_NEVER_FRAGMENT = {4: (socket.IPPROTO_IP, 10, 3), 6: (socket.IPPROTO_IPV6, 23, 3)}
"""Level, option and value of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER: packets keep their size (IP_PMTUDISC_PROBE, ip(7))."""


def checksum(data: bytes) -> int:
    """The Internet's checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def request(version: int, identifier: int, number: int, size: int = 8) -> bytes:
    """An echo request; the kernel computes the checksum of IPv6.

    :param size: bytes after its header.
    """
    kind = 8 if version == 4 else 128
    body = (b"meshwork" * (size // 8 + 1))[:size]
    data = struct.pack("!BBHHH", kind, 0, 0, identifier, number & 0xFFFF) + body
    return data if version == 6 else data[:2] + struct.pack("!H", checksum(data)) + data[4:]


def answered(version: int, packet: bytes, identifier: int) -> int | None:
    """The number of the request that a received packet answers; None if it is no echo reply to this program."""
    if version == 4:
        packet = packet[(packet[0] & 15) * 4 :]
    if len(packet) < 8 or packet[0] != (0 if version == 4 else 129):
        return None
    its, number = struct.unpack("!HH", packet[4:8])
    return int(number) if its == identifier else None


def version_of(address: str) -> int:
    """4 or 6."""
    return 6 if ":" in address else 4


def open_socket(version: int) -> socket.socket:
    """A raw socket that gets no packets but echo replies, as far as the kernel filters them."""
    family, protocol = (socket.AF_INET, 1) if version == 4 else (socket.AF_INET6, 58)
    opened = socket.socket(family, socket.SOCK_RAW, protocol)
    opened.setblocking(False)
    opened.setsockopt(*_NEVER_FRAGMENT[version])
    if version == 4:
        opened.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", ~1 & 0xFFFFFFFF))
    return opened


class Echo:
    """Requests to many addresses, and the round-trip times of those that answer."""

    def __init__(self, interface: str, targets: list[str], size: int = 8) -> None:
        self._targets, self._size = targets, size
        self._identifier = os.getpid() & 0xFFFF
        self._sent: dict[tuple[str, int], float] = {}
        self._sockets = {version: open_socket(version) for version in sorted({version_of(target) for target in targets})}
        for opened in self._sockets.values():
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self.times: dict[str, float] = {}

    def run(self, tries: int = TRIES, wait: float = WAIT) -> dict[str, float | None]:
        """Address -> seconds; None if it has not answered any of the tries."""
        for number in range(tries):
            waiting = [target for target in self._targets if target not in self.times]
            for target in waiting:
                self._send(target, number)
                self._receive(time.monotonic() + INTERVAL)
            end = time.monotonic() + wait
            while len(self.times) < len(self._targets) and time.monotonic() < end:
                self._receive(end)
        return {target: self.times.get(target) for target in self._targets}

    def _send(self, target: str, number: int) -> None:
        version = version_of(target)
        with contextlib.suppress(OSError):  # no route, or a filter that refuses: there is no answer
            self._sent[target, number] = time.monotonic()
            self._sockets[version].sendto(request(version, self._identifier, number, self._size), (target, 0))

    def _receive(self, end: float) -> None:
        """Take all that comes in until then, or until all have answered."""
        while True:
            left = end - time.monotonic()
            ready = select.select(list(self._sockets.values()), [], [], max(0.0, left))[0]
            for one in ready:
                for packet, sender, now in _packets(one):
                    number = answered(6 if one.family == socket.AF_INET6 else 4, packet, self._identifier)
                    sent = self._sent.get((sender, number)) if number is not None else None
                    if sent is not None:
                        self.times.setdefault(sender, now - sent)
            if not ready or left <= 0 or len(self.times) == len(self._targets):
                return


def source_for(target: str) -> str | None:
    """The address from which the system would send to another, which shows the link; None without a route. Nothing is sent."""
    with socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((target, 9))
        except OSError:
            return None
        return str(asked.getsockname()[0]).partition("%")[0]


def _packets(ready: socket.socket) -> Iterator[tuple[bytes, str, float]]:
    while True:
        try:
            packet, sender = ready.recvfrom(65536)
        except OSError:
            return
        yield packet, sender[0].partition("%")[0], time.monotonic()


def main() -> None:
    """Standard input has ``interface``, ``targets`` and, if they matter, ``tries``, ``wait`` and ``size``, as JSON."""
    asked: dict[str, Any] = json.load(sys.stdin)
    echo = Echo(asked["interface"], asked["targets"], asked.get("size", 8))
    times = echo.run(asked.get("tries", TRIES), asked.get("wait", WAIT))
    json.dump({"times": times, "sources": {target: source_for(target) for target in asked["targets"]}}, sys.stdout)


if __name__ == "__main__":
    main()
