# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trace as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def lines_of(traces: Iterable[Mapping[str, Any]], differences: list[str], pending: list[str], not_asked: list[str]) -> list[str]:
    """The lines, without line ends."""
    lines: list[str] = []
    for item in traces:
        ends = (item["source"], item["destination"])
        lines += _path(item["there"], ends, "")
        lines += _path(item["back"], ends[::-1], ", the path back")
    if differences:
        lines += ["different from the plan:", *(f"  {line}" for line in differences)]
    if pending:
        lines.append(f"pending, not peers of any node until a run has seen their keys: {', '.join(pending)}")
    if not_asked:
        lines.append(f"no live state, assumed to be as planned: {', '.join(not_asked)}")
    return lines


def _path(path: Mapping[str, Any], ends: tuple[Mapping[str, Any], ...], which: str) -> Iterator[str]:
    yield f"{' -> '.join(map(_place, ends))}{which}:"
    for hop in path["hops"]:
        no_handshake = " (no handshake between them yet)" if hop["handshake"] is False else ""
        yield f"  {hop['node']} sends it to {hop['peer']}: AllowedIPs {hop['entry']}{no_handshake}"
        if hop["accepted_by"] is not None:
            yield f"  {hop['peer']} accepts it from {hop['node']}: AllowedIPs {hop['accepted_by']}"
    if path["outcome"] == "dropped":
        yield f"  DROPPED at {path['reason']}" if path["at"] else f"  DROPPED: {path['reason']}"
    elif path["outcome"] == "outside":
        yield f"  it stays outside the tunnel: {path['reason']}"
    elif path["outcome"] == "leaves":
        yield f"  {path['at']} forwards it: {path['reason']}"
    else:
        yield f"  {path['at']} has it"


def _place(place: Mapping[str, Any]) -> str:
    return f"{place['node']} ({place['what']})" if place["node"] else str(place["what"])
