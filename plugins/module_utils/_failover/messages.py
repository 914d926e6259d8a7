# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages between the hosts of one node, and their authentication.

Each message is signed with a key that only hosts with the node's private key can make, and names sender, receiver and interface.
Each start of the program draws a random challenge and sends it with all its messages. A message is accepted if it repeats the
receiver's current challenge, and its number is higher than all numbers before. So messages to others, replayed messages, and
messages to an earlier start of the receiver are ignored.

Messages contain keyed hashes of the peers' public keys: nobody on the wire learns which peer is where.

While the node has a next key, each message goes out once under each of the two keys. So hosts that use either understand it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import secrets
from typing import Any, Mapping, Sequence

SILENT = 2.0
"""Seconds without messages after which another host counts as down."""
_OFFERED = 8
"""Challenges that are repeated to a sibling while its current one is unknown: so replayed messages with old challenges do not
displace the current one."""
_SIGNATURE = 32


def message_key(private_key: str) -> bytes:
    """The key that signs messages. It is derived from the shared key, and does not reveal it."""
    return hmac.new(base64.b64decode(private_key), b"meshwork standby", hashlib.sha256).digest()


def alias(key: bytes, public_key: str) -> str:
    """A pseudonym of a peer; only a host with the message key can recognise the peer."""
    return hmac.new(key, b"peer " + public_key.encode(), hashlib.sha256).hexdigest()[:32]


def plain(address: str) -> str:
    """An address in one spelling."""
    return str(ipaddress.ip_address(address.partition("%")[0]))


def sealed(key: bytes, message: Mapping[str, Any]) -> bytes:
    """A message with its signature in front."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return hmac.new(key, body, hashlib.sha256).digest() + body


def opened(key: bytes, data: bytes) -> dict[str, Any] | None:
    """The message; None if the signature is wrong."""
    signature, body = data[:_SIGNATURE], data[_SIGNATURE:]
    if not hmac.compare_digest(signature, hmac.new(key, body, hashlib.sha256).digest()):
        return None
    message: dict[str, Any] = json.loads(body.decode())
    return message


class Sibling:
    """Another host of the node, as of its last message."""

    def __init__(self) -> None:
        self.heard = float("-inf")
        self.term = 0.0
        self.term_before: float | None = None
        self.stamp: list[Any] | None = None
        self.challenge = ""  # of its latest start that sent a valid message
        self.offered: list[str] = []  # others, from itself or from replayed messages
        self.counts: dict[str, int] = {}  # challenge -> number of the last message of that start

    def alive(self, now: float) -> bool:
        """Whether it sent a message recently."""
        return now - self.heard < SILENT

    def answers(self, now: float) -> list[str]:
        """The challenges to repeat to it."""
        if self.challenge and self.alive(now):
            return [self.challenge]
        return [*filter(None, [self.challenge]), *self.offered]

    def offer(self, challenge: str) -> bool:
        """Remember a challenge that may be its current one; return whether it is new."""
        new = challenge != self.challenge and challenge not in self.offered
        if new:
            self.offered = [*self.offered, challenge][-_OFFERED:]
        return new


class Mailbox:
    """One start of the program on one host: writes messages, and checks received ones."""

    def __init__(self) -> None:
        self.keys: tuple[bytes, ...] = ()
        self.interface, self.address = "", ""
        self.challenge = secrets.token_hex(16)
        self._count = 0

    def belongs_to(self, keys: Sequence[bytes], interface: str, address: str) -> None:
        """Set the sender of messages, and the keys under which they are accepted."""
        self.keys, self.interface, self.address = tuple(keys), interface, plain(address)

    def write(self, key: bytes, receiver: str, answers: Sequence[str], content: Mapping[str, Any]) -> bytes:
        """A message to a sibling, under one of the keys."""
        self._count += 1
        head = {
            "from": self.address, "to": plain(receiver), "interface": self.interface, "challenge": self.challenge,
            "answers": list(answers), "count": self._count,
        }  # fmt: skip
        return sealed(key, {**content, **head})

    def read(self, data: bytes, sender: str, sibling: Sibling, now: float) -> tuple[dict[str, Any] | None, bool]:
        """The message, if it is valid; and whether the sibling waits for an answer.

        :raises ValueError, KeyError, TypeError: signed but malformed, for example from another version of this program.
        """
        message = next((found for key in self.keys if (found := opened(key, data)) is not None), None)
        if message is None or (message["from"], message["to"], message["interface"]) != (sender, self.address, self.interface):
            return None, False
        challenge, count = str(message["challenge"]), int(message["count"])
        if self.challenge not in message["answers"]:
            return None, sibling.offer(challenge)
        if count <= sibling.counts.get(challenge, 0):
            return None, False
        sibling.counts[challenge] = count
        another = sibling.challenge != challenge
        sibling.challenge, sibling.heard = challenge, now
        if another:
            sibling.offered = []
        return message, another
