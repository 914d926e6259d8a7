# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys of private keys that are on the controller: those of imported files and of clients."""

from __future__ import annotations

import base64

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key


def public_key(private_key: str) -> str:
    """The public half of a private key.

    :raises InvalidKey: it is not a key.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = base64.b64decode(parse_key(private_key, "private key"))
    public = X25519PrivateKey.from_private_bytes(raw).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(public).decode()
