# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What drills have measured, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

PHASES = ("gone", "back")


def outages(measured: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A table of the longest gap of each round.

    :param measured: one entry per round and phase: ``way``, ``phase`` (``gone`` or ``back``) and ``gaps``, host -> address ->
        seconds.
    :return: ``ways``: way -> phase -> ``rounds``, ``median``, ``worst`` (seconds) and ``between`` (whom the worst was); ``text``.
    """
    rounds: dict[str, dict[str, list[tuple[float, str]]]] = {}
    for entry in measured:
        worst = max((gap, f"{host} - {address}") for host, gaps in entry["gaps"].items() for address, gap in gaps.items())
        rounds.setdefault(entry["way"], {phase: [] for phase in PHASES})[entry["phase"]].append(worst)
    ways = {way: {phase: _row(found) for phase, found in phases.items() if found} for way, phases in rounds.items()}
    return {"ways": ways, "text": "\n".join(_lines(ways))}


def _row(found: list[tuple[float, str]]) -> dict[str, Any]:
    worst = max(found)
    return {
        "rounds": len(found),
        "median": round(median(gap for gap, _between in found), 2),
        "worst": round(worst[0], 2),
        "between": worst[1],
    }


def _lines(ways: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ("longest gap, seconds", "rounds", "gone: median", "worst", "back: median", "worst", "worst between")
    rows: list[tuple[str, ...]] = [head]
    for way, phases in ways.items():
        gone, back = phases.get("gone"), phases.get("back")
        cells = [f"{phase[key]:.2f}" if phase else "-" for phase in (gone, back) for key in ("median", "worst")]
        first = gone or back or {}
        rows.append((way.replace("_", " "), str(first.get("rounds", 0)), *cells, str(first.get("between", "-"))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def missed(ways: Mapping[str, Mapping[str, Any]], aims: Mapping[str, float]) -> list[str]:
    """What was longer than it may be, one line each.

    :param aims: ``median`` and ``worst``, seconds, for both phases; with any of them, coming back may cost no more than going.
    """
    found = []
    for way, phases in ways.items():
        for phase, row in phases.items():
            for key, aim in aims.items():
                if row[key] > aim:
                    found.append(f"{way}, {phase}: {key} {row[key]} s, aim {aim} s ({row['between']})")
        if aims and "gone" in phases and "back" in phases and phases["back"]["worst"] > max(phases["gone"]["worst"], 0.3):
            found.append(f"{way}: coming back costs {phases['back']['worst']} s, more than going, {phases['gone']['worst']} s")
    return found
