# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.query import search

DATA = {
    "nodes": [
        {"name": "alpha", "handshake_age": 12},
        {"name": "beta", "handshake_age": 500},
        {"name": "gamma", "handshake_age": None},
    ]
}


@pytest.mark.parametrize(
    ("extra", "expression", "found"),
    [
        ((), "nodes[?handshake_age>`180`].name", ["beta"]),
        (("wireguard_query=nodes[?handshake_age > `180`].name",), "nodes[?handshake_age", ["beta"]),
        (("wireguard_format=json", "wireguard_query=nodes[?handshake_age < `180`].name"), "nodes[?handshake_age", ["alpha"]),
        (("wireguard_query='nodes[? name].name'",), "nodes[? name].name", ["alpha", "beta", "gamma"]),
        (("wireguard_query=nodes[0].name wireguard_format=json",), "nodes[0].name", "alpha"),
        (("wireguard_query=nodes[].name | [0]",), "nodes[].name", "alpha"),
        (("wireguard_query=nodes[?name == 'beta'].name",), "nodes[?name", ["beta"]),
    ],
)
def test_search(monkeypatch, extra, expression, found):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(extra_vars=extra))
    assert search(DATA, expression) == found


def test_an_expression_that_is_none(monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict())
    with pytest.raises(ValueError, match=r"^query 'nodes\[': Invalid jmespath expression"):
        search(DATA, "nodes[")
