# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.node_keys import NodeKeys
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.shared import keys_of_hosts

HUB = Node("hub", hosts=("h1", "h2"))


@pytest.mark.parametrize(
    ("known", "seen", "upcoming", "expected"),
    [
        pytest.param(NodeKeys("a"), {"h1": "a", "h2": "a"}, {}, ("a", None), id="no change"),
        pytest.param(NodeKeys("a"), {"h1": "a", "h2": "a"}, {"h1": "b"}, ("a", "b"), id="the first has made one"),
        pytest.param(NodeKeys("a"), {"h1": "a", "h2": "a"}, {"h2": "x"}, ("a", None), id="only the first makes one"),
        pytest.param(NodeKeys("a", "b"), {"h2": "a"}, {}, ("a", "b"), id="the first has not answered"),
        pytest.param(NodeKeys("a", "b"), {"h1": "a", "h2": "a"}, {"h2": "b"}, ("a", "b"), id="the first has lost it"),
        pytest.param(NodeKeys("a", "b"), {"h1": "a", "h2": "a"}, {}, ("a", None), id="nobody has it any more"),
        pytest.param(NodeKeys("a", "b"), {"h1": "a", "h2": "a"}, {"h1": "c"}, ("a", "c"), id="another one"),
        pytest.param(NodeKeys("a", "b"), {"h1": "b", "h2": "a"}, {"h2": "b"}, ("a", "b"), id="the first uses it"),
        pytest.param(NodeKeys("a", "b"), {"h1": "a", "h2": "b"}, {"h1": "b"}, ("a", "b"), id="the other uses it"),
        pytest.param(NodeKeys("a", "b"), {"h1": "b", "h2": "b"}, {}, ("b", "b"), id="both use it"),
        pytest.param(NodeKeys("a", "b"), {"h2": "b"}, {}, ("b", "b"), id="one uses it, and the other is down"),
        pytest.param(NodeKeys("b"), {"h1": "a", "h2": "b"}, {"h1": "b"}, ("b", "b"), id="that one is back"),
        pytest.param(NodeKeys("a"), {"h1": "x", "h2": None}, {}, (None, None), id="strange keys"),
        pytest.param(NodeKeys("a", "b"), {}, {}, (None, "b"), id="nobody has answered"),
    ],
)
def test_what_a_node_uses(known, seen, upcoming, expected):
    assert keys_of_hosts(HUB, known, seen, upcoming) == expected
