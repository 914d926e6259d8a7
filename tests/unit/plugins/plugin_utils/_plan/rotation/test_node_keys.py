# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.node_keys import NodeKeys

DAY = "2027-01-31"


@pytest.mark.parametrize(
    ("before", "live", "upcoming", "after"),
    [
        (NodeKeys(), None, None, NodeKeys()),
        (NodeKeys(), "a", None, NodeKeys("a")),
        (NodeKeys("a", since="2026-01-01"), "a", None, NodeKeys("a", since="2026-01-01")),
        pytest.param(NodeKeys("a", "b"), None, None, NodeKeys("a", "b"), id="it has not answered"),
        pytest.param(NodeKeys("a"), "a", "b", NodeKeys("a", "b"), id="the next key is made"),
        pytest.param(NodeKeys("a", "b"), "a", "c", NodeKeys("a", "c"), id="made again"),
        pytest.param(NodeKeys("a", "b"), "a", None, NodeKeys("a"), id="given up"),
        pytest.param(NodeKeys("a", "b"), "b", None, NodeKeys("b", None, ("a",), DAY), id="the host has changed to it"),
        pytest.param(NodeKeys("a", "b"), "b", "b", NodeKeys("b", None, ("a",), DAY), id="in the middle of it"),
        pytest.param(NodeKeys("a", "b"), "b", "a", NodeKeys("b", None, ("a",), DAY), id="a retired key is no next one"),
        pytest.param(NodeKeys("b", None, ("a",), DAY), "a", "b", NodeKeys("a", "b", (), DAY), id="it went back"),
        pytest.param(NodeKeys("b", None, ("a",), DAY), "a", None, NodeKeys("a", None, ("b",), DAY), id="restored from a backup"),
        pytest.param(NodeKeys("a", "b"), "x", None, NodeKeys("x", None, (), DAY), id="reinstalled"),
    ],
)
def test_after(before, live, upcoming, after):
    assert before.after(live, upcoming, DAY) == after


keys = st.none() | st.sampled_from("abcd")


@given(st.lists(st.tuples(keys, keys), max_size=8))
def test_whatever_a_host_says(answers):
    """Its keys are never in two places, and what it says twice changes nothing more."""
    found = NodeKeys()
    for live, upcoming in answers:
        found = found.after(live, upcoming, DAY)
        known = [key for key in (found.public, found.next, *found.retired) if key is not None]
        assert len(known) == len(set(known))
        assert found.after(live, upcoming, DAY) == found
