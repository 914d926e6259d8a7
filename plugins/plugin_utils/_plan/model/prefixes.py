# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prefixes as numbers: longest match, and aggregation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

Owner = TypeVar("Owner")
Net = Any  # ipaddress.IPv4Network or IPv6Network; their methods accept only their own kind
Coded = tuple[int, int, int]
"""IP version, length of the prefix, its leading bits as a number."""
_BITS = {4: 32, 6: 128}


@lru_cache(maxsize=1 << 16)
def code(prefix: str) -> Coded:
    """The prefix, or a single address, as numbers."""
    network = ipaddress.ip_network(prefix)
    return network.version, network.prefixlen, int(network.network_address) >> (_BITS[network.version] - network.prefixlen)


@lru_cache(maxsize=1 << 16)
def text(coded: Coded) -> str:
    """The prefix in canonical spelling."""
    version, length, bits = coded
    number = bits << (_BITS[version] - length)
    return str(ipaddress.IPv4Network((number, length)) if version == 4 else ipaddress.IPv6Network((number, length)))


def _order(coded: Coded) -> Coded:
    version, length, bits = coded
    return version, bits << (_BITS[version] - length), length


class PrefixTable:
    """Prefixes with owners, like a routing table. If a prefix appears twice, its first owner counts."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._owners: dict[Coded, str] = {}
        for prefix, owner in entries:
            self._owners.setdefault(code(prefix), owner)
        self._lengths = {
            version: sorted({length for found, length, _bits in self._owners if found == version}, reverse=True)
            for version in _BITS
        }

    def holding(self, what: str) -> Iterator[tuple[str, str]]:
        """All (prefix, owner) that contain an address or a prefix, longest first; none if the text is neither."""
        try:
            version, own_length, bits = code(what)
        except ValueError:
            return
        for length in self._lengths[version]:
            if length <= own_length:
                coded = (version, length, bits >> (own_length - length))
                if coded in self._owners:
                    yield text(coded), self._owners[coded]

    def longest(self, what: str) -> tuple[str, str] | None:
        """The (prefix, owner) that a routing table would choose; None if no prefix contains it."""
        return next(self.holding(what), None)


def cut(net: Net, hole: Net) -> list[Net]:
    """The rest of a prefix without another one."""
    if net.version != hole.version or not net.overlaps(hole):
        return [net]
    return [] if net.subnet_of(hole) else list(net.address_exclude(hole))


def is_nested(prefixes: Iterable[Coded]) -> bool:
    """Whether one of the (distinct) prefixes is inside another."""
    found = set(prefixes)
    lengths = {version: sorted({length for v, length, _bits in found if v == version}) for version in _BITS}
    for version, length, bits in found:
        for shorter in lengths[version]:
            if shorter >= length:
                break
            if (version, shorter, bits >> (length - shorter)) in found:
                return True
    return False


def aggregate(table: Mapping[Coded, Owner], fixed: Owner) -> dict[Coded, Owner]:
    """The fewest prefixes that give every address the same owner by longest match as before.

    Addresses without an owner stay without one. Prefixes of the owner ``fixed`` stay as they are. Sorted.
    """
    found = _without_repeats(_joined(_without_repeats(table, fixed), fixed), fixed)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _joined(table: Mapping[Coded, Owner], fixed: Owner) -> dict[Coded, Owner]:
    """Join halves with the same owner into their parent, and drop prefixes that longer ones cover completely."""
    merged = dict(table)
    full = set(merged)
    by_length: dict[int, set[Coded]] = {}
    for coded in merged:
        by_length.setdefault(coded[1], set()).add(coded)
    for length in range(max(by_length, default=0), 0, -1):
        for coded in by_length.get(length, ()):
            version, _length, bits = coded
            sibling = (version, length, bits ^ 1)
            if bits & 1 or sibling not in full:
                continue
            _join(merged, coded, sibling, fixed)
            parent = (version, length - 1, bits >> 1)
            full.add(parent)
            by_length.setdefault(length - 1, set()).add(parent)
    return merged


def _join(merged: dict[Coded, Owner], low: Coded, high: Coded, fixed: Owner) -> None:
    """Join two complete halves if they have the same owner. The parent's own entry was never matched, so it is dropped."""
    version, length, bits = low
    parent = (version, length - 1, bits >> 1)
    absent = object()
    owners = merged.get(low, absent), merged.get(high, absent)
    if merged.get(parent) == fixed and parent in merged:
        return
    merged.pop(parent, None)
    if absent not in owners and owners[0] == owners[1] and owners[0] != fixed:
        merged[parent] = merged.pop(low)
        del merged[high]


def _without_repeats(merged: Mapping[Coded, Owner], fixed: Owner) -> dict[Coded, Owner]:
    """Drop prefixes whose next wider prefix has the same owner."""
    lengths = {version: sorted({length for v, length, _bits in merged if v == version}, reverse=True) for version in _BITS}
    kept = {}
    for coded, owner in merged.items():
        version, length, bits = coded
        wider = (
            (version, shorter, bits >> (length - shorter))
            for shorter in lengths[version]
            if shorter < length and (version, shorter, bits >> (length - shorter)) in merged
        )
        nearest = next(wider, None)
        if owner == fixed or nearest is None or merged[nearest] != owner:
            kept[coded] = owner
    return kept
