# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.unread import nearest, unread_lines

KNOWN = ("wireguard_topology", "wireguard_endpoint", "wireguard_port", "wireguard_exit", "wireguard_routes", "wireguard_home")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("wireguard_topolgy", "wireguard_topology"),  # one is missing
        ("wireguard_endpont", "wireguard_endpoint"),
        ("wireguard_endpiont", "wireguard_endpoint"),  # two are swapped
        ("wireguard_endpoints", "wireguard_endpoint"),  # one too many
        ("wireguard_prot", "wireguard_port"),
        ("wireguard_Port", "wireguard_port"),
        ("wireguard_tpoolgy", "wireguard_topology"),  # two mistakes
        ("wireguard_tpoolgie", None),  # three
        ("wireguard_rout", "wireguard_port"),
        ("wireguard_vpn_name", None),
        ("", None),
    ],
)
def test_nearest(name, meant):
    assert nearest(name, KNOWN) == meant


def test_the_nearest_of_several():
    assert nearest("abcd", ["abzz", "abcz", "abcde", "zzzz"]) == "abcde"
    assert nearest("abcd", []) is None


def test_lines():
    setters = {
        "wireguard_topolgy": {"a", "c", "b", "d", "e"},
        "wireguard_vpn_name": {"b"},
        "wireguard_endpont": {"b", "a"},
    }
    assert unread_lines(setters, KNOWN) == (
        [
            "wireguard_endpont is not read by anything (hosts a, b); did you mean wireguard_endpoint?",
            "wireguard_topolgy is not read by anything (hosts a, b, c and 2 more); did you mean wireguard_topology?",
        ],
        ["wireguard_vpn_name is not read by anything (host b)"],
    )
