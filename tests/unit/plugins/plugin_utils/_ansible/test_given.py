# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rest is tested with ansible-core itself, in tests/unit/plugins/action/test_given.py."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.unit.plugins.plugin_utils._ansible.test_native import Text

TOKEN = "__omit_place_holder__0123456789abcdef"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, None),
        ("", None),
        (Text(""), None),
        (TOKEN, None),
        ("x", "x"),
        (Text("x"), "x"),
        (0, 0),
        (False, False),
        ([], []),
        ({}, {}),
        ([TOKEN, "", None, "x", 0], ["x", 0]),
        (("x", [TOKEN, ["y", ""]]), ["x", [["y"]]]),
        ({"a": TOKEN, "b": "", "c": None, "d": 0, "e": [TOKEN]}, {"b": None, "c": None, "d": 0, "e": []}),
        ({"a": {"b": {"c": TOKEN}}}, {"a": {"b": {}}}),
    ],
)
def test_only_set(value, found):
    assert only_set(value) == found
    assert type(only_set(value)) is type(found)


@pytest.mark.parametrize("value", [TOKEN + ":51820", ["secret " + TOKEN], {"a": {"b": TOKEN + "."}}])
def test_a_part_is_refused_and_not_repeated(value):
    with pytest.raises(PlanError) as caught:
        only_set(value)
    assert str(caught.value) == "a value is only a part, as default(omit) left out the rest; correct its template"
