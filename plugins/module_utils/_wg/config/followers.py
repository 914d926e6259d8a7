# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers with the next keys of nodes, as the program that follows them gets them."""

from __future__ import annotations

from typing import Any

from .conf import parse_conf


def followers(text: str | None) -> dict[str, dict[str, Any]]:
    """By the next key: ``old``, the key that it follows, and ``allowed_ips`` and ``keepalive`` for the one in use. Empty if the
    text is no configuration.
    """
    try:
        peers = {peer.public_key: peer for peer in (parse_conf(text).peers if text is not None else ())}
    except ValueError:
        return {}
    return {
        key: {"old": peer.follows, "allowed_ips": list(old.allowed_ips), "keepalive": old.keepalive}
        for key, peer in peers.items()
        if (old := peers.get(peer.follows or "")) is not None
    }
