# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import socket
import struct
import threading

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._live.handshakes import (
    attributes,
    in_kernel,
    in_userspace,
    read_device,
    read_uapi,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ALPHA, BETA = key("alpha"), key("beta")


def raw(public):
    return base64.b64decode(public)


def spoken(*peers):
    """An answer of an implementation in userspace; peers are public key, seconds and nanoseconds."""
    head = f"private_key={raw(key('own')).hex()}\nlisten_port=51820\n"
    return head + "".join(
        f"public_key={raw(public).hex()}\npreshared_key={'00' * 32}\nprotocol_version=1\nlast_handshake_time_sec={seconds}\n"
        f"last_handshake_time_nsec={nanoseconds}\ntx_bytes=0\nrx_bytes=0\npersistent_keepalive_interval=0\nallowed_ip=10.8.0.2/32\n"
        for public, seconds, nanoseconds in peers
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (spoken() + "errno=0\n\n", {}),
        (
            spoken((ALPHA, 1_700_000_000, 5), (BETA, 0, 0)) + "errno=0\n\n",
            {ALPHA: 1_700_000_000_000_000_005, BETA: 0},
        ),
        ("errno=1\n\n", {}),
    ],
)
def test_read_uapi(answer, expected):
    assert read_uapi(answer) == expected


def test_an_answer_in_pieces(tmp_path):
    path = str(tmp_path / "wg0.sock")
    answer = (spoken((ALPHA, 7, 0)) + "errno=0\n\n").encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def serve():
            connection, _address = server.accept()
            assert connection.recv(100) == b"get=1\n\n"
            for part in (answer[:50], answer[50:]):
                connection.sendall(part)
            connection.close()

        serving = threading.Thread(target=serve)
        serving.start()
        assert in_userspace(path) == {ALPHA: 7 * 10**9}
        serving.join()


def attribute(kind, content):
    return struct.pack("=HH", 4 + len(content), kind) + content + b"\0" * (-len(content) % 4)


def peer(public, seconds=None, nanoseconds=0):
    times = attribute(6, struct.pack("=qq", seconds, nanoseconds)) if seconds is not None else b""
    return attribute(0x8000, attribute(1, raw(public)) + attribute(5, b"\x19\x00") + times)


def test_read_device():
    """A peer whose prefixes go on in a second message has no handshake there."""
    first = attribute(2, b"wg0\0") + attribute(0x8008, peer(ALPHA, 1_700_000_000, 5) + peer(BETA, 0))
    second = attribute(2, b"wg0\0") + attribute(0x8008, peer(BETA))
    found = dict(pair for message in (first, second) for pair in read_device(message))
    assert found == {ALPHA: 1_700_000_000_000_000_005, BETA: 0}


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\0\0\0\0", struct.pack("=HH", 3, 1) + b"x"])
def test_what_is_no_attribute_ends_the_list(data):
    assert list(attributes(attribute(1, b"abc") + data)) == [(1, b"abc")]


def test_an_interface_that_is_not_there():
    assert in_kernel("nonesuch") == {}
