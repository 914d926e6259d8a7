# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.answers import answers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Node


def test_a_host_without_a_key_has_answered_and_one_that_was_not_read_has_not() -> None:
    keys = {("h2", "wg0"): None, ("h1", "wg0"): "a", ("h1", "wg1"): "b", ("other", "wg0"): "c"}
    assert answers_of(Node("hub", hosts=("h1", "h2", "h3")), "wg0", keys) == {"h1": "a", "h2": None}
