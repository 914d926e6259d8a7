# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.matrix import matrix_of


def test_runs():
    links = {("a", "b"): "up", ("a", "c"): "up", ("b", "d"): "silent", ("c", "d"): "up"}
    assert matrix_of("abcd", links) == {
        "up": ((0, 1, 2), (1, 0, 1), (2, 0, 1), (2, 3, 1), (3, 2, 1)),
        "silent": ((1, 3, 1), (3, 1, 1)),
    }


PAIRS = [*combinations("abcdef", 2)]


@given(st.dictionaries(st.sampled_from(PAIRS), st.sampled_from(["up", "silent", "not-asked"])))
def test_each_link_is_in_two_cells(links):
    found = {}
    for state, runs in matrix_of("abcdef", links).items():
        for row, first, length in runs:
            for column in range(first, first + length):
                assert (row, column) not in found
                found["abcdef"[row], "abcdef"[column]] = state
    assert found == {**links, **{(b, a): state for (a, b), state in links.items()}}
