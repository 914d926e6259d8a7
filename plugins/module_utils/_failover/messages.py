# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of one node tell one another, and when it is believed.

Each message is signed with a key that only hosts with the node's private key can make, and names sender, receiver and interface.
Each start of the program draws a random challenge and tells it in all that it sends. A message is believed where it repeats the
receiver's present challenge, and its number is higher than those before it. So nothing is believed that was sent to somebody
else, that was sent before, or that was sent to an earlier start of the receiver.

Peers stand in messages as keyed hashes of their public keys: nobody on the wire learns who is where.
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
"""Seconds after which another host that says nothing is taken to be down."""
_OFFERED = 8
"""Challenges of a sibling that are repeated to it while it is not known which one is its present one: so somebody who sends old
messages again, which tell old ones, does not displace it."""
_SIGNATURE = 32


def message_key(private_key: str) -> bytes:
    """The key that signs messages: whoever has the shared key can make it, and it does not tell the shared key."""
    return hmac.new(base64.b64decode(private_key), b"meshwork standby", hashlib.sha256).digest()


def alias(key: bytes, public_key: str) -> str:
    """What stands for a peer; only a host with the message key can tell which peer it is."""
    return hmac.new(key, b"peer " + public_key.encode(), hashlib.sha256).hexdigest()[:32]


def plain(address: str) -> str:
    """An address in one spelling."""
    return str(ipaddress.ip_address(address.partition("%")[0]))


def sealed(key: bytes, message: Mapping[str, Any]) -> bytes:
    """A message with its signature in front."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return hmac.new(key, body, hashlib.sha256).digest() + body


def opened(key: bytes, data: bytes) -> dict[str, Any] | None:
    """The message; None where the signature is not right."""
    signature, body = data[:_SIGNATURE], data[_SIGNATURE:]
    if not hmac.compare_digest(signature, hmac.new(key, body, hashlib.sha256).digest()):
        return None
    message: dict[str, Any] = json.loads(body.decode())
    return message


class Sibling:
    """Another host of the node, as it was last heard of."""

    def __init__(self) -> None:
        self.heard = float("-inf")
        self.term = 0.0
        self.term_before: float | None = None
        self.stamp: list[Any] | None = None
        self.challenge = ""  # of its start that was last believed
        self.offered: list[str] = []  # others that it, or somebody who repeats it, has told
        self.counts: dict[str, int] = {}  # challenge -> number of the last message of that start

    def alive(self, now: float) -> bool:
        """Heard of lately."""
        return now - self.heard < SILENT

    def answers(self, now: float) -> list[str]:
        """The challenges to repeat to it."""
        if self.challenge and self.alive(now):
            return [self.challenge]
        return [*filter(None, [self.challenge]), *self.offered]

    def offer(self, challenge: str) -> bool:
        """Take a challenge that may be its present one; whether it is new."""
        new = challenge != self.challenge and challenge not in self.offered
        if new:
            self.offered = [*self.offered, challenge][-_OFFERED:]
        return new


class Mailbox:
    """One start of the program on one host: writes messages, and says which ones are to be believed."""

    def __init__(self) -> None:
        self.key, self.interface, self.address = b"", "", ""
        self.challenge = secrets.token_hex(16)
        self._count = 0

    def belongs_to(self, key: bytes, interface: str, address: str) -> None:
        """Tell it whose it is."""
        self.key, self.interface, self.address = key, interface, plain(address)

    def write(self, receiver: str, answers: Sequence[str], said: Mapping[str, Any]) -> bytes:
        """A message to a sibling."""
        self._count += 1
        head = {
            "from": self.address, "to": plain(receiver), "interface": self.interface, "challenge": self.challenge,
            "answers": list(answers), "count": self._count,
        }  # fmt: skip
        return sealed(self.key, {**said, **head})

    def read(self, data: bytes, sender: str, sibling: Sibling, now: float) -> tuple[dict[str, Any] | None, bool]:
        """The message, where it is to be believed; and whether the sibling waits for an answer.

        :raises ValueError, KeyError, TypeError: it is signed and no message, as of another version of this program.
        """
        message = opened(self.key, data)
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
