# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of a network as a matrix, each row as a few runs of equal cells, so that large ones stay small."""

from __future__ import annotations

from collections.abc import Sequence

from .links import Links

Run = tuple[int, int, int]
"""Row, first column, and number of cells."""


def matrix_of(names: Sequence[str], links: Links) -> dict[str, tuple[Run, ...]]:
    """State -> its runs, row by row. Both halves are there; cells without a link are in no run."""
    at = {name: number for number, name in enumerate(names)}
    rows: list[dict[int, str]] = [{} for _name in names]
    for (a, b), state in links.items():
        rows[at[a]][at[b]] = rows[at[b]][at[a]] = state
    found: dict[str, list[Run]] = {}
    for number, row in enumerate(rows):
        for start, length, state in _runs(row):
            found.setdefault(state, []).append((number, start, length))
    return {state: tuple(runs) for state, runs in found.items()}


def _runs(row: dict[int, str]) -> list[tuple[int, int, str]]:
    """First column, number of cells, and state."""
    found: list[tuple[int, int, str]] = []
    for column in sorted(row):
        if found and found[-1][2] == row[column] and sum(found[-1][:2]) == column:
            start, length, state = found[-1]
            found[-1] = (start, length + 1, state)
        else:
            found.append((column, 1, row[column]))
    return found
