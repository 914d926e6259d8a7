# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.nearest import nearest

KNOWN = ["hub", "home", "port", "mtu", "dns", "endpoint", "site_endpoint", "topology", "routes"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("topolgy", "topology"),
        ("topologie", "topology"),
        ("toplogi", "topology"),
        ("endpont", "endpoint"),
        ("ednpoint", "endpoint"),
        ("sites_endpoint", "site_endpoint"),
        ("rotues", "routes"),
        ("hbu", "hub"),
        ("hm", None),
        ("prot", "port"),
        ("zone", None),
        ("nodes", None),
        ("mode", None),
        ("address", None),
        ("", None),
    ],
)
def test_nearest(word, expected):
    assert nearest(word, KNOWN) == expected


def test_the_nearest_one_wins_and_the_first_of_equals():
    assert nearest("addresse", ["addresses", "address"]) == "address"
    assert nearest("addressses", ["address", "addresses"]) == "addresses"
    assert nearest("port", []) is None
