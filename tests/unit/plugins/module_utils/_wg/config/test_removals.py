# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.removals import check_removals
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome, shorthand


def peers(*names):
    return [Peer(key(name), name=name) for name in names]


def message(count, of, may, names):
    return (
        f"refused: it: {count} of {of} live peers would be removed, but at most {may} may be: {names}; if that is intended, set "
        f"wireguard_max_removals (in your own task, max_removals) to {count}"
    )


TEN = [f"n{index}" for index in range(10)]


@pytest.mark.parametrize(
    ("live", "wanted", "limit", "expected"),
    [
        ([], [], None, None),
        ([], peers("b"), 0, None),
        (peers("b"), [], None, None),
        (peers("b", "c"), [], None, message(2, 2, 1, "b, c")),
        (peers("c", "b"), [], 2, None),
        (peers("b"), [], 0, message(1, 1, 0, "b")),
        (peers("b"), peers("b"), 0, None),
        (peers(*TEN), peers(*TEN[2:]), None, None),
        (peers(*TEN), peers(*TEN[3:]), None, message(3, 10, 2, "n0, n1, n2")),
        (peers(*TEN), peers(*TEN[3:]), 3, None),
        (peers("b"), [Peer(key("new"), name="b")], 0, None),
        ([Peer(key("b"))], [Peer(key("new"))], 0, message(1, 1, 0, shorthand("b"))),
        ([Peer(key("b"))], [Peer(key("b"), name="b")], 0, None),
    ],
    ids=[
        "none",
        "only more",
        "one may always go",
        "two of two",
        "as many as may",
        "none may",
        "none goes",
        "a fifth",
        "more than a fifth",
        "what was allowed",
        "another key is the same peer",
        "no name is nobody's",
        "the file has no name yet",
    ],
)
def test_removals(live, wanted, limit, expected):
    assert outcome(check_removals, "it", live, wanted, limit) == expected


ENDED = [key("e"), key("f")]


@pytest.mark.parametrize(
    ("live", "wanted", "limit", "expected"),
    [
        (peers("e", "f", "b"), peers("b"), None, None),
        (peers("e", "f"), [], 0, None),
        (peers("e", "b", "c"), [], None, message(2, 2, 1, "b, c")),
        ([Peer(key("x"), name="e"), Peer(key("y"), name="f")], [], None, message(2, 2, 1, "e, f")),
    ],
    ids=["two of three", "none else may", "others count", "by key, not by name"],
)
def test_ended_peers_do_not_count(live, wanted, limit, expected):
    assert outcome(check_removals, "it", live, wanted, limit, ENDED) == expected
