# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live state of an interface, read from the text of ``wg show NAME dump``.

Source: wg(8): a line of the interface (private key, public key, port, fwmark), then one per peer (public key, preshared key,
endpoint, AllowedIPs, latest handshake, bytes received, bytes sent, keepalive), separated by tabs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ..values.addresses import parse_endpoint, parse_prefix, sort_prefixes
from ..values.text import split_lines

RECENT = 180
"""Seconds after which WireGuard ends a session without a new handshake (REJECT_AFTER_TIME, WireGuard paper, 6.1)."""


@dataclass(frozen=True)
class LivePeer:
    """``handshake``: as the implementation reports it, see :func:`handshake_age`; ``received`` and ``sent`` in bytes."""

    public_key: str
    preshared_key: str | None = field(default=None, repr=False)
    endpoint: str | None = None
    allowed_ips: tuple[str, ...] = ()
    handshake: int = 0
    received: int = 0
    sent: int = 0
    keepalive: int = 0


@dataclass(frozen=True)
class LiveDevice:
    """WireGuard's part of the live state. ``public_key`` is None if no private key is set."""

    public_key: str | None
    port: int
    fwmark: int
    peers: Mapping[str, LivePeer]


def parse_dump(text: str) -> LiveDevice:
    """Read the dump of one interface; its private key is dropped.

    :raises ValueError: not such a dump.
    """
    rows = [line.split("\t") for line in split_lines(text) if line]
    if not rows or len(rows[0]) != 4 or any(len(row) != 8 for row in rows[1:]):
        raise ValueError("unexpected output of `wg show NAME dump`")
    _private, public, port, fwmark = rows[0]
    peers = [_peer(row) for row in rows[1:]]
    return LiveDevice(
        public_key=_some(public),
        port=int(port),
        fwmark=0 if fwmark == "off" else int(fwmark, 0),
        peers={peer.public_key: peer for peer in peers},
    )


def _peer(row: list[str]) -> LivePeer:
    public, preshared, endpoint, allowed, handshake, received, sent, keepalive = row
    return LivePeer(
        public_key=public,
        preshared_key=_some(preshared),
        endpoint=str(parse_endpoint(endpoint, "endpoint")) if _some(endpoint) else None,
        allowed_ips=sort_prefixes(parse_prefix(p, "AllowedIPs") for p in allowed.split(",") if _some(p)),
        handshake=int(handshake),
        received=int(received),
        sent=int(sent),
        keepalive=0 if keepalive == "off" else int(keepalive),
    )


def _some(text: str) -> str | None:
    return None if text in ("", "(none)") else text


def handshake_age(handshake: int, now: float) -> int | None:
    """Seconds since the latest handshake, None if there was none.

    :param handshake: seconds since the epoch, or the age itself, which some implementations report.
    :param now: seconds since the epoch.
    """
    if handshake == 0:
        return None
    return max(0, int(now) - handshake) if handshake > now / 2 else handshake
