# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys as WireGuard writes them: 32 bytes in base64, 44 characters."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Secret:
    """A key as an argument of a command: the command gets the path of a pipe that has it, as all users can read arguments."""

    text: str = field(repr=False)


class InvalidKey(ValueError):
    """A text that is not a WireGuard key. The message does not repeat the text, because it may be a secret."""


def parse_key(text: str, what: str) -> str:
    """Return the key without surrounding white space.

    :param text: base64 of 32 bytes.
    :param what: names the key in the error, for example ``public key of beta``.
    :raises InvalidKey: the text is not the canonical base64 of 32 bytes.
    """
    key = text.strip()
    try:
        raw = base64.b64decode(key.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32 or base64.b64encode(raw).decode("ascii") != key:
        raise InvalidKey(f"{what}: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)")
    return key


def short(public_key: str) -> str:
    """The first characters of a public key, enough for people to tell peers apart."""
    return public_key[:8] + "..."
