# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported, result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import HostChange


def test_changes():
    assert result_of([HostChange("file", "created")], "public") == {
        "changed": True,
        "changes": [HostChange("file", "created").public()],
        "restarted": False,
        "public_key": "public",
        "diff": {"prepared": "+ file: created\n"},
    }


def test_nothing():
    expected = {"changed": False, "changes": [], "restarted": False, "public_key": None, "diff": {"prepared": ""}}
    assert result_of([], None) == expected


def ending(**what):
    """As modules end."""
    raise SystemExit(what["msg"])


@pytest.mark.parametrize("error", [CommandFailed("no"), ValueError("no"), OSError("no")])
@pytest.mark.parametrize(("what", "message"), [("table x", "table x: no"), ("", "no")])
def test_failures(error, what, message):
    with pytest.raises(SystemExit) as ended, failures_reported(SimpleNamespace(fail_json=ending), what):
        raise error
    assert str(ended.value) == message


@pytest.mark.parametrize("error", [KeyError("no"), SystemExit(0)])
def test_mistakes_are_no_failures(error):
    with pytest.raises(type(error)), failures_reported(SimpleNamespace(fail_json=ending)):
        raise error
