# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trace as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def lines_of(traces: Iterable[Mapping[str, Any]], differences: list[str], pending: list[str], not_asked: list[str]) -> list[str]:
    """The lines, without line ends."""
    lines: list[str] = []
    for item in traces:
        ends = (item["source"], item["destination"])
        lines += _way(item["there"], ends, "")
        lines += _way(item["back"], ends[::-1], ", the path back")
    if differences:
        lines += ["different from the plan:", *(f"  {line}" for line in differences)]
    if pending:
        lines.append(f"pending, not peers of any node until a run has seen their keys: {', '.join(pending)}")
    if not_asked:
        lines.append(f"no live state, assumed to be as planned: {', '.join(not_asked)}")
    return lines


def _way(way: Mapping[str, Any], ends: tuple[Mapping[str, Any], ...], which: str) -> Iterator[str]:
    yield f"{' -> '.join(map(_place, ends))}{which}:"
    for hop in way["hops"]:
        unheard = " (no handshake between them yet)" if hop["handshake"] is False else ""
        yield f"  {hop['node']} sends it to {hop['peer']}: AllowedIPs {hop['entry']}{unheard}"
        if hop["accepted_by"] is not None:
            yield f"  {hop['peer']} accepts it from {hop['node']}: AllowedIPs {hop['accepted_by']}"
    if way["outcome"] == "dropped":
        yield f"  DROPPED at {way['reason']}" if way["at"] else f"  DROPPED: {way['reason']}"
    elif way["outcome"] == "leaves":
        yield f"  {way['at']} forwards it: {way['reason']}"
    else:
        yield f"  {way['at']} has it"


def _place(place: Mapping[str, Any]) -> str:
    return f"{place['node']} ({place['what']})" if place["node"] else str(place["what"])
