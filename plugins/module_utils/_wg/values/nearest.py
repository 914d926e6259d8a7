# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The word that somebody meant."""

from __future__ import annotations

from typing import Iterable

NEAR = 2


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that differs in at most two letters, and in less than half of them; None if there is none."""
    limit = min(NEAR, (len(word) - 1) // 2)
    alike = [name for name in known if abs(len(name) - len(word)) <= limit]
    found = min(((_distance(word, name), name) for name in alike), default=None)
    return found[1] if found is not None and found[0] <= limit else None


def _distance(a: str, b: str) -> int:
    """Letters that are missing, too many, wrong, or swapped with the next (the optimal string alignment distance)."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
