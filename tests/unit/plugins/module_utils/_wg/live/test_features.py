# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import FEATURES, features_of, tools_can
from ansible_collections.meshwork.wireguard.plugins.modules import interface_info


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, False),
        ("1.0.20210914", False),
        ("1.0.20250520", False),
        ("1.0.20250521", True),
        ("1.0.20260223-1", True),
        ("1.1.0", True),
        ("2.0.20200101", True),
        ("unknown", False),
    ],
)
def test_pitfall_7_which_tools_add_prefixes(version, expected):
    assert tools_can("incremental_allowed_ips", version) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, []),
        ("", []),
        ("0.0.20190601", []),
        ("1.0.20210914", ["syncconf"]),
        ("1.0.20250521", ["syncconf", "incremental_allowed_ips", "pre_up_finds_interface"]),
        ("1.0.20260223", list(FEATURES)),
    ],
)
def test_what_the_tools_of_debian_can(version, expected):
    assert list(features_of(version)) == expected


def test_nobody_asks_for_a_feature_that_is_not_in_the_table():
    with pytest.raises(KeyError):
        tools_can("teleport", "1.0.20260223")


def test_the_module_documents_all_of_them():
    said = " ".join(yaml.safe_load(interface_info.RETURN)["tools_features"]["description"])
    assert re.findall(r"V\((\w+)\)", said) == list(FEATURES)
