# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outages that drills have measured, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

PHASES = ("gone", "back")


def outages(measured: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A table with the longest outage of each round.

    :param measured: one entry per round and phase: ``fault``, ``phase`` (``gone`` or ``back``) and ``outages``, host -> address
        -> seconds.
    :return: ``faults``: fault -> phase -> ``rounds``, ``median``, ``worst`` (seconds) and ``between`` (where the worst was);
        ``text``.
    """
    rounds: dict[str, dict[str, list[tuple[float, str]]]] = {}
    for entry in measured:
        worst = max(
            (seconds, f"{host} - {address}") for host, row in entry["outages"].items() for address, seconds in row.items()
        )
        rounds.setdefault(entry["fault"], {phase: [] for phase in PHASES})[entry["phase"]].append(worst)
    faults = {fault: {phase: _row(worsts) for phase, worsts in phases.items() if worsts} for fault, phases in rounds.items()}
    return {"faults": faults, "text": "\n".join(_lines(faults))}


def _row(worsts: list[tuple[float, str]]) -> dict[str, Any]:
    worst = max(worsts)
    return {
        "rounds": len(worsts),
        "median": round(median(seconds for seconds, _between in worsts), 2),
        "worst": round(worst[0], 2),
        "between": worst[1],
    }


def _lines(faults: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ("longest outage, seconds", "rounds", "gone: median", "worst", "back: median", "worst", "worst between")
    rows: list[tuple[str, ...]] = [head]
    for fault, phases in faults.items():
        gone, back = phases.get("gone"), phases.get("back")
        cells = [f"{phase[key]:.2f}" if phase else "-" for phase in (gone, back) for key in ("median", "worst")]
        first = gone or back or {}
        rows.append((fault.replace("_", " "), str(first.get("rounds", 0)), *cells, str(first.get("between", "-"))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def missed(faults: Mapping[str, Mapping[str, Any]], aims: Mapping[str, float]) -> list[str]:
    """The outages that are longer than the aims allow, one line each.

    :param aims: ``median`` and ``worst``, seconds, for both phases; with any of them, the hub's return may cost no more than its
        loss.
    """
    lines = []
    for fault, phases in faults.items():
        for phase, row in phases.items():
            for key, aim in aims.items():
                if row[key] > aim:
                    lines.append(f"{fault}, {phase}: {key} {row[key]} s, aim {aim} s ({row['between']})")
        if aims and "gone" in phases and "back" in phases and phases["back"]["worst"] > max(phases["gone"]["worst"], 0.3):
            lines.append(
                f"{fault}: the hub's return costs {phases['back']['worst']} s, more than its loss, {phases['gone']['worst']} s"
            )
    return lines
