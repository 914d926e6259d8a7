# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interfaces belong together: those that are peers of each other, directly, over others, or over the same other peers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .found import Found


def parts_of(interfaces: Sequence[Found]) -> list[list[Found]]:
    """The interfaces of each network, by host. A host has one interface in a network."""
    listed: dict[str, list[int]] = {}
    owners: dict[str, list[int]] = {}
    for number, item in enumerate(interfaces):
        if item.public_key is not None:
            owners.setdefault(item.public_key, []).append(number)
        for peer in item.config.peers:
            listed.setdefault(peer.public_key, []).append(number)
    seen: set[int] = set()
    parts = []
    for start in range(len(interfaces)):
        if start not in seen:
            part = list(_grown(start, interfaces, owners, listed, seen))
            parts.append(sorted((interfaces[number] for number in part), key=lambda item: item.host))
    return parts


def _grown(
    start: int, interfaces: Sequence[Found], owners: dict[str, list[int]], listed: dict[str, list[int]], seen: set[int]
) -> Iterator[int]:
    hosts: set[str] = set()
    ahead = [start]
    while ahead:
        number = ahead.pop()
        host = interfaces[number].host
        if number in seen or host in hosts:
            continue
        seen.add(number)
        hosts.add(host)
        yield number
        ahead += _beside(interfaces[number], interfaces, owners, listed)


def _beside(
    item: Found, interfaces: Sequence[Found], owners: dict[str, list[int]], listed: dict[str, list[int]]
) -> Iterable[int]:
    """The interfaces with the keys of its peers, and those that have a peer in common with it, or have it as a peer.

    Of several interfaces with one key, those count that have this one as a peer.
    """
    for peer in item.config.peers:
        with_key = owners.get(peer.public_key, [])
        mutual = [number for number in with_key if _lists(interfaces[number], item)]
        yield from mutual or with_key[:1]
        if not with_key:
            yield from listed.get(peer.public_key, [])
    for number in listed.get(item.public_key or "", []):
        if len(owners[item.public_key or ""]) == 1 or _lists(item, interfaces[number]):
            yield number


def _lists(item: Found, other: Found) -> bool:
    return any(peer.public_key == other.public_key for peer in item.config.peers)
