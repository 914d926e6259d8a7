# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that watches packets for some seconds: WireGuard's handshakes, ICMP errors about UDP, and echo inside tunnels.

It sees what leaves after the host's packet filter, and what arrives before it (packet(7)). It changes nothing, and keeps no
content. It ends on its own when its time is over or its folder is gone.
"""

from __future__ import annotations

import array
import hashlib
import json
import os
import select
import socket
import struct
import sys
import time
from typing import Any, NamedTuple

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import Endpoint

MOST = 1000
"""Entries of each kind; the first ones are kept."""
_EVERY = 0x0003
_OUTGOING = 4
_BUFFER = 4 * 1024 * 1024
SNAP = 40 + 8 + 148
"""Bytes of a packet that are looked at: an initiation over IPv6."""
_LARGEST = 8 + 148
"""Bytes of UDP: an initiation is the largest handshake message (WireGuard paper, 5.4.2)."""
_SO_ATTACH_FILTER = 26
_FILTER = (
    # BPF (Linux, Documentation/networking/filter.rst): code, jump if true, jump if false, value. Offset 0 is the IP header.
    (0x30, 0, 0, 0),  # load its first byte
    (0x54, 0, 0, 0xF0),  # the version
    (0x15, 0, 8, 0x40),  # IPv4, or go on with IPv6
    (0x30, 0, 0, 9),  # its protocol
    (0x15, 12, 0, 1),  # ICMP: accept
    (0x15, 0, 12, 17),  # UDP, or drop
    (0x28, 0, 0, 6),
    (0x45, 10, 0, 0x1FFF),  # a later fragment: drop
    (0xB1, 0, 0, 0),  # the header's length
    (0x48, 0, 0, 4),  # the length of UDP
    (0x25, 7, 6, _LARGEST),  # drop if larger, or accept
    (0x15, 0, 6, 0x60),  # IPv6, or drop
    (0x30, 0, 0, 6),  # its next header
    (0x15, 3, 0, 58),  # ICMPv6: accept
    (0x15, 0, 3, 17),  # UDP, or drop
    (0x28, 0, 0, 44),  # the length of UDP
    (0x25, 1, 0, _LARGEST),  # drop if larger
    (0x06, 0, 0, SNAP),  # accept
    (0x06, 0, 0, 0),  # drop
)
_HANDSHAKES = {1: 148, 2: 92, 3: 64}
"""Type -> bytes of the message: initiation, response, cookie (WireGuard paper, 5.4)."""
_UNREACHABLE = {
    4: {0: "network", 1: "host", 3: "port", 9: "filtered", 10: "filtered", 13: "filtered"},
    6: {0: "network", 1: "filtered", 3: "host", 4: "port"},
}
_ECHO = {4: {8: "request", 0: "reply"}, 6: {128: "request", 129: "reply"}}


class Packet(NamedTuple):
    """An IP packet: ``version``, ``protocol``, and the bytes after its header."""

    version: int
    protocol: int
    source: str
    destination: str
    body: bytes


def packet_in(data: bytes) -> Packet | None:
    """The packet; None if it is none, or too short."""
    if len(data) >= 20 and data[0] >> 4 == 4:
        source, destination = socket.inet_ntop(socket.AF_INET, data[12:16]), socket.inet_ntop(socket.AF_INET, data[16:20])
        return Packet(4, data[9], source, destination, data[(data[0] & 15) * 4 :])
    if len(data) >= 40 and data[0] >> 4 == 6:
        source, destination = socket.inet_ntop(socket.AF_INET6, data[8:24]), socket.inet_ntop(socket.AF_INET6, data[24:40])
        return Packet(6, data[6], source, destination, data[40:])
    return None


class Seen:
    """What was seen."""

    def __init__(self, interfaces: list[str]) -> None:
        self._interfaces = {*interfaces}
        self._packets: dict[tuple[Any, ...], None] = {}
        self._errors: dict[tuple[Any, ...], None] = {}
        self._inner: dict[tuple[Any, ...], int] = {}

    def take(self, data: bytes, link: str, outgoing: bool) -> None:
        """Take one packet of a link."""
        packet = packet_in(data)
        if packet is None or len(packet.body) < 8:
            return
        way = "out" if outgoing else "in"
        if packet.protocol == 17:
            self._handshake(packet, way)
        elif packet.protocol in (1, 58):
            what = _ECHO[packet.version].get(packet.body[0])
            if what is not None and link in self._interfaces:
                entry = (link, way, what, packet.source, packet.destination)
                if entry in self._inner or len(self._inner) < MOST:
                    self._inner[entry] = self._inner.get(entry, 0) + 1
            elif what is None and way == "in":
                self._error(packet)

    def _handshake(self, packet: Packet, way: str) -> None:
        source, destination, length = struct.unpack("!HHH", packet.body[:6])
        message = packet.body[8:]
        if len(message) < 4 or message[1:4] != b"\0\0\0" or _HANDSHAKES.get(message[0]) != length - 8:
            return
        ends = [(packet.source, source), (packet.destination, destination)]
        own, other = ends if way == "out" else ends[::-1]
        entry = (message[0], way, hashlib.sha256(message).hexdigest()[:16], str(Endpoint(*other)), own[1])
        if len(self._packets) < MOST:
            self._packets[entry] = None

    def _error(self, packet: Packet) -> None:
        """An error about a packet of UDP that this host has sent."""
        kinds = {4: 3, 6: 1}
        about = packet_in(packet.body[8:])
        if packet.body[0] != kinds[packet.version] or about is None or about.protocol != 17 or len(about.body) < 4:
            return
        code = _UNREACHABLE[packet.version].get(packet.body[1], "other")
        port = struct.unpack("!HH", about.body[:4])[1]
        if len(self._errors) < MOST:
            self._errors[code, packet.source, str(Endpoint(about.destination, port))] = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "packets": [dict(zip(("type", "way", "id", "remote", "port"), entry)) for entry in self._packets],
            "errors": [dict(zip(("code", "sender", "about"), entry)) for entry in self._errors],
            "inner": [
                {**dict(zip(("interface", "way", "what", "source", "destination"), entry)), "count": count}
                for entry, count in self._inner.items()
            ],
        }


def open_capture() -> socket.socket:
    """A socket that sees the packets of all links that the filter lets through."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_EVERY))
    instructions = b"".join(struct.pack("=HBBI", *line) for line in _FILTER)
    program = array.array("B", instructions)
    # struct sock_fprog: how many instructions, and where they are; setsockopt(2) copies them.
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(_FILTER), program.buffer_info()[0]))
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    opened.setblocking(False)
    return opened


def write(folder: str, seen: Seen) -> None:
    """The state, in one step."""
    path = os.path.join(folder, "seen.json")
    with open(path + ".new", "w", encoding="ascii") as stream:
        json.dump(seen.to_dict(), stream)
    os.replace(path + ".new", path)


def main() -> None:
    """The arguments are the folder, the seconds, and the interfaces; a last one, which is a number, names none."""
    folder, seconds, interfaces = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    seen, opened = Seen(interfaces), open_capture()
    end, due = time.monotonic() + seconds, 0.0
    while time.monotonic() < end and os.path.isdir(folder):
        if time.monotonic() >= due:
            write(folder, seen)
            due = time.monotonic() + 0.3
        if select.select([opened], [], [], 0.1)[0]:
            _drain(opened, seen)


def _drain(opened: socket.socket, seen: Seen) -> None:
    for _count in range(MOST):
        try:
            data, sender = opened.recvfrom(SNAP)
        except BlockingIOError:
            return
        except OSError:  # a link went down
            continue
        seen.take(data, sender[0], sender[2] == _OUTGOING)
