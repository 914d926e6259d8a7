# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Host


def test_changes():
    assert result_of([Host("file", "created")], "public") == {
        "changed": True,
        "changes": [Host("file", "created").public()],
        "restarted": False,
        "public_key": "public",
        "diff": {"prepared": "+ file: created\n"},
    }


def test_nothing():
    expected = {"changed": False, "changes": [], "restarted": False, "public_key": None, "diff": {"prepared": ""}}
    assert result_of([], None) == expected
