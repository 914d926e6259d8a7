# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import os
import select
import socket
import struct

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._doctor.capture import MOST, SNAP, Seen, open_capture
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.echo import request

NOTHING = {"packets": [], "errors": [], "inner": []}
INITIATION = b"\x01\0\0\0" + bytes(range(144))
RESPONSE = b"\x02\0\0\0" + bytes(88)


def ip(source, destination, protocol, body):
    """A packet of IPv4 or IPv6."""
    if ":" in source:
        ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + ends + body
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0) + ends + body


def udp(source, port, destination, other_port, message):
    header = struct.pack("!HHHH", port, other_port, 8 + len(message), 0)
    return ip(source, destination, 17, header + message)


def seen(*packets, link="eth0", outgoing=False):
    found = Seen(["wg0"])
    for packet in packets:
        found.take(packet, link, outgoing)
    return found.to_dict()


def test_both_ends_give_a_handshake_the_same_id_even_behind_nat():
    (left,) = seen(udp("192.168.1.7", 51820, "203.0.113.2", 4500, INITIATION), outgoing=True)["packets"]
    (arrived,) = seen(udp("203.0.113.1", 1024, "203.0.113.2", 4500, INITIATION))["packets"]
    assert left == {"type": 1, "way": "out", "id": arrived["id"], "remote": "203.0.113.2:4500", "port": 51820}
    assert arrived == {"type": 1, "way": "in", "id": left["id"], "remote": "203.0.113.1:1024", "port": 4500}


def test_messages_of_ipv6():
    (found,) = seen(udp("2001:db8::1", 51820, "2001:db8::2", 4500, RESPONSE))["packets"]
    assert (found["type"], found["remote"]) == (2, "[2001:db8::1]:51820")


@pytest.mark.parametrize(
    "message",
    [b"", b"\x01\0\0\0", INITIATION[:-1], b"\x04" + INITIATION[1:], b"\x01\0\0\x01" + INITIATION[4:], b"\x02" + INITIATION[1:]],
)
def test_what_is_no_handshake_is_not_kept(message):
    assert seen(udp("192.0.2.1", 1, "192.0.2.2", 2, message)) == NOTHING


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [(3, 3, "port"), (3, 1, "host"), (3, 13, "filtered"), (3, 99, "other"), (11, 0, None)],
)
def test_errors_about_what_the_host_has_sent(kind, code, expected):
    sent = udp("192.0.2.1", 51820, "192.0.2.2", 4500, INITIATION)[:28]
    error = ip("192.0.2.9", "192.0.2.1", 1, struct.pack("!BBHI", kind, code, 0, 0) + sent)
    errors = [] if expected is None else [{"code": expected, "sender": "192.0.2.9", "about": "192.0.2.2:4500"}]
    assert seen(error) == {**NOTHING, "errors": errors}
    assert seen(error, outgoing=True) == NOTHING


def test_errors_of_ipv6():
    sent = udp("2001:db8::1", 51820, "2001:db8::2", 4500, INITIATION)[:48]
    error = ip("2001:db8::9", "2001:db8::1", 58, struct.pack("!BBHI", 1, 4, 0, 0) + sent)
    assert seen(error)["errors"] == [{"code": "port", "sender": "2001:db8::9", "about": "[2001:db8::2]:4500"}]


def test_echo_counts_only_inside_the_tunnel():
    asked = ip("10.8.0.1", "10.8.0.2", 1, request(4, 7, 1))
    words = {"interface": "wg0", "way": "in", "what": "request", "source": "10.8.0.1", "destination": "10.8.0.2"}
    assert seen(asked, asked, link="wg0")["inner"] == [{**words, "count": 2}]
    assert seen(asked) == NOTHING


@pytest.mark.parametrize(
    "packet", [b"", b"\x45", bytes(20), b"\x45" + bytes(19), b"\x60" + bytes(39), b"\x4f" + bytes(30), b"\xff" * 80]
)
def test_what_is_no_packet_is_ignored(packet):
    assert seen(packet, packet[:7]) == NOTHING


def test_a_flood_does_not_fill_the_memory():
    flood = [udp("192.0.2.1", port, "192.0.2.2", 2, INITIATION) for port in range(1, MOST + 100)]
    pings = [ip(f"10.{i >> 8}.{i & 255}.1", "10.8.0.2", 1, request(4, 7, 1)) for i in range(MOST + 100)]
    assert len(seen(*flood)["packets"]) == MOST
    assert len(seen(*pings, link="wg0")["inner"]) == MOST


@pytest.mark.skipif(os.geteuid() != 0, reason="packet sockets are root's")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_kernel_filters_what_is_large(address):
    """Handshakes come through, other UDP of that size as well, and no larger ones."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with open_capture() as capture, socket.socket(family, socket.SOCK_DGRAM) as receiver, socket.socket(
        family, socket.SOCK_DGRAM
    ) as sender:
        receiver.bind((address, 0))
        to = receiver.getsockname()
        for message in (bytes(149), INITIATION, bytes(1200)):
            sender.sendto(message, to)
        found = Seen([])
        while select.select([capture], [], [], 0.3)[0]:
            data, about = capture.recvfrom(2000)
            assert len(data) <= SNAP
            found.take(data, about[0], about[2] == 4)
    own = hashlib.sha256(INITIATION).hexdigest()[:16]  # others may use the loopback, too
    ours = [packet for packet in found.to_dict()["packets"] if packet["id"] == own]
    assert {(packet["type"], packet["way"]) for packet in ours} == {(1, "out"), (1, "in")}
