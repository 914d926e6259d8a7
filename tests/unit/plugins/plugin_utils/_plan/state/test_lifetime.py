# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.lifetime import ended
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry


def test_ended():
    nodes = {
        "ever": Node("ever"),
        "gone": Node("gone", expires="2026-12-31"),
        "today": Node("today", expires="2027-01-01"),
        "tomorrow": Node("tomorrow", expires="2027-01-02"),
        "revoked": Node("revoked", expires="2027-01-02", revoked=True),
    }
    left = {
        "left": {"expires": "2026-01-01"},
        "stays": {"expires": "2027-02-01"},
        "plain": {},
        "tomorrow": {"expires": "2020-01-01"},
    }
    assert ended(Network(nodes), Registry(nodes=left), "2027-01-01") == {
        "gone": "expired on 2026-12-31",
        "left": "expired on 2026-01-01",
        "today": "expired on 2027-01-01",
        "revoked": "is revoked",
    }
