# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The latest handshakes of an interface's peers, to the nanosecond and without a process: cheap enough to watch them closely.

Sources: wireguard.com/xplatform, "Cross-Platform Userspace Implementation" (the socket); the kernel's ``linux/wireguard.h``,
``linux/genetlink.h`` and ``linux/netlink.h``.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import struct
from typing import Iterator, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import USERSPACE

Handshakes = Mapping[str, int]
"""Public key -> nanoseconds since the epoch, 0 if there was none."""

_SECONDS = 5
"""How long an answer may take."""
_GENERIC, _CONTROL = 16, 16
_ERROR, _DONE = 2, 3
_REQUEST, _DUMP = 0x1, 0x300
_GET_FAMILY, _GET_DEVICE = 3, 0
_FAMILY_ID, _FAMILY_NAME = 1, 2
_NAME, _PEERS = 2, 8
_PUBLIC_KEY, _HANDSHAKE = 1, 6
_HEADER = struct.Struct("=IHHII")
_NEW_NETWORK = 0x40000000
_TYPE = 0x3FFF
"""Without the flags of an attribute's type."""


def handshakes(interface: str, place: str | None = None) -> Handshakes:
    """The latest handshakes; empty if there is no such interface.

    :param place: the file of its network namespace, if that is another one.
    :raises OSError: the implementation does not answer.
    """
    path = f"{USERSPACE}/{interface}.sock"
    return in_userspace(path) if os.path.exists(path) else in_kernel(interface, place)


def in_userspace(path: str) -> Handshakes:
    """As :func:`handshakes`, from the socket of an implementation in userspace."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(path)
        connection.sendall(b"get=1\n\n")
        answer = b""
        while not answer.endswith(b"\n\n"):
            part = connection.recv(1 << 16)
            if not part:
                break
            answer += part
    return read_uapi(answer.decode("ascii", "replace"))


def read_uapi(answer: str) -> Handshakes:
    """The handshakes in an answer to ``get=1``."""
    found: dict[str, int] = {}
    key = ""
    for name, _equals, value in (line.partition("=") for line in answer.splitlines()):
        if name == "public_key":
            key = base64.b64encode(bytes.fromhex(value)).decode("ascii")
            found[key] = 0
        elif name == "last_handshake_time_sec" and key:
            found[key] += int(value) * 10**9
        elif name == "last_handshake_time_nsec" and key:
            found[key] += int(value)
    return found


def in_kernel(interface: str, place: str | None = None) -> Handshakes:
    """As :func:`handshakes`, from the kernel."""
    with _netlink(place) as connection:
        connection.settimeout(_SECONDS)
        connection.bind((0, 0))
        family = None
        with contextlib.suppress(FileNotFoundError):  # this kernel has no WireGuard, or the module is not loaded
            for message in _asked(connection, _CONTROL, _GET_FAMILY, 0, {_FAMILY_NAME: b"wireguard\0"}):
                family = struct.unpack("=H", dict(attributes(message))[_FAMILY_ID])[0]
        if family is None:
            return {}
        found: dict[str, int] = {}
        try:
            for message in _asked(connection, family, _GET_DEVICE, _DUMP, {_NAME: interface.encode() + b"\0"}):
                found.update(read_device(message))
        except OSError as error:
            if error.errno != _NO_DEVICE:
                raise
        return found


_NO_DEVICE = 19


def _netlink(place: str | None) -> socket.socket:
    """A socket to the kernel. It stays in the network namespace in which it was made."""
    if place is None:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _GENERIC)
    with open("/proc/thread-self/ns/net", "rb") as own, open(place, "rb") as other:
        _enter(other.fileno(), place)
        try:
            return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _GENERIC)
        finally:
            _enter(own.fileno(), place)


def _enter(namespace: int, place: str) -> None:
    """Move this thread to a network namespace."""
    if hasattr(os, "setns"):  # from Python 3.12 on
        os.setns(namespace, _NEW_NETWORK)
        return
    import ctypes  # a library that some hosts' Python lacks

    system = ctypes.CDLL(None, use_errno=True)
    if system.setns(namespace, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), place)


def read_device(message: bytes) -> Iterator[tuple[str, int]]:
    """The handshakes in a message about a device. A peer with many prefixes is in several messages, with its handshake in the
    first of them.
    """
    for kind, peers in attributes(message):
        for _index, peer in attributes(peers) if kind == _PEERS else ():
            values = dict(attributes(peer))
            if _HANDSHAKE in values:
                seconds, nanoseconds = struct.unpack("=qq", values[_HANDSHAKE])
                yield base64.b64encode(values[_PUBLIC_KEY]).decode("ascii"), seconds * 10**9 + nanoseconds


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each attribute, in order."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            return
        yield kind & _TYPE, data[4:length]
        data = data[(length + 3) & ~3 :]


def _asked(connection: socket.socket, family: int, command: int, flags: int, asked: Mapping[int, bytes]) -> Iterator[bytes]:
    """The attributes of each message of the answer.

    :raises OSError: the kernel's error.
    """
    body = struct.pack("=BBH", command, 1, 0)
    for kind, content in asked.items():
        body += struct.pack("=HH", 4 + len(content), kind) + content + b"\0" * (-len(content) % 4)
    connection.send(_HEADER.pack(_HEADER.size + len(body), family, _REQUEST | flags, 1, 0) + body)
    while True:
        data = connection.recv(1 << 18)
        while len(data) >= _HEADER.size:
            length, kind, _flags, _sequence, _port = _HEADER.unpack_from(data)
            content = data[_HEADER.size : length]
            data = data[(length + 3) & ~3 :]
            if kind == _DONE:
                return
            if kind == _ERROR:
                code = -struct.unpack_from("=i", content)[0]
                if code:
                    raise OSError(code, os.strerror(code))
                return
            yield content[4:]
        if not flags & _DUMP:
            return
