# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The differences in meaning between two configurations, regardless of their spelling."""

from __future__ import annotations

from typing import Iterable, Iterator

from ..values.keys import short
from .model import HOOKS, Config, Peer


def differences(current: Config, wanted: Config) -> Iterator[str]:
    """One line for each difference, except in the private key and the peers' names.

    A missing MTU is not a difference: the MTU of a running interface is compared on its host.
    """
    for name, existing, planned in _settings(current, wanted):
        if existing != planned:
            yield f"{name}: {_shown(existing)}, planned {_shown(planned)}"
    if current.mtu is not None and current.mtu != wanted.mtu:
        yield f"MTU: {current.mtu}, planned {wanted.mtu or 'automatic'}"
    if current.save_config:
        yield "SaveConfig: true; the interface would overwrite the file when it stops"
    old, new = ({peer.public_key: peer for peer in config.peers} for config in (current, wanted))
    for key in dict.fromkeys((*old, *new)):
        if key not in new:
            yield f"peer {_name(old[key])}: is left out"
        elif key not in old:
            yield f"peer {_name(new[key])}: is added"
        else:
            yield from _peer(old[key], new[key])


def _settings(current: Config, wanted: Config) -> Iterator[tuple[str, object, object]]:
    yield "addresses", tuple(sorted(current.addresses)), tuple(sorted(wanted.addresses))
    yield "port", current.port or "any", wanted.port or "any"
    yield "fwmark", current.fwmark or 0, wanted.fwmark or 0
    yield "table", current.table, wanted.table
    yield "DNS", current.dns, wanted.dns
    for hook in HOOKS:
        yield hook, getattr(current.hooks, hook), getattr(wanted.hooks, hook)


def _peer(current: Peer, wanted: Peer) -> Iterator[str]:
    title = f"peer {_name(wanted)}"
    if set(current.allowed_ips) != set(wanted.allowed_ips):
        yield f"{title}: AllowedIPs {_shown(current.allowed_ips)}, planned {_shown(wanted.allowed_ips)}"
    if current.endpoint != wanted.endpoint:
        yield f"{title}: endpoint {current.endpoint or 'none'}, planned {wanted.endpoint or 'none'}"
    if current.keepalive != wanted.keepalive:
        yield f"{title}: keepalive {current.keepalive or 'none'}, planned {wanted.keepalive or 'none'}"
    if current.preshared_key != wanted.preshared_key:
        yield f"{title}: the preshared key differs"


def _name(peer: Peer) -> str:
    return peer.name or short(peer.public_key)


def _shown(value: object) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value)
