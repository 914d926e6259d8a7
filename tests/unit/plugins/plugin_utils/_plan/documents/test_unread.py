# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.unread import unread_lines

KNOWN = ("wireguard_topology", "wireguard_endpoint", "wireguard_port", "wireguard_exit", "wireguard_routes", "wireguard_home")


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
