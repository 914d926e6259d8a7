# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys are in files while `wg set` runs, and where."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live import live_change
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    KeepaliveChanged,
    PeerAdded,
    PresharedKeyChanged,
    PrivateKeyChanged,
)
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, GAMMA, OWN
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

CONFIG = replace(BASE, private_key=OWN)


@pytest.fixture
def change(tmp_path, monkeypatch):
    """Give a function that makes changes, and tells name -> text of the files that there were while `wg set` ran."""
    run = tmp_path / "run/meshwork-wireguard"
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))  # which is not there

    def make(*changes, fails=False):
        seen = {}

        def look(words):
            if words[:2] == ["wg", "set"]:
                for path in run.rglob("*"):
                    assert path.stat().st_mode & 0o077 == 0
                    if path.is_file():
                        seen[path.name] = path.read_text().strip()
                if fails:
                    raise CommandFailed("no")

        host = FakeHost(root=tmp_path)
        host.on_call = look
        try:
            live_change.change_live(host, "wg0", CONFIG, changes)
        except CommandFailed:
            assert fails
        assert not run.exists() or os.listdir(run) == []
        return seen, [words for words in host.calls if words[:2] == ["wg", "set"]]

    return make


@pytest.mark.parametrize("fails", [False, True])
def test_the_private_key_is_handed_over_where_it_changes_and_nowhere_else(change, fails):
    assert change(KeepaliveChanged(GAMMA, 25, 0), fails=fails)[0] == {}
    assert change(PrivateKeyChanged(None, key("public")), fails=fails)[0] == {"private": OWN}


def test_preshared_keys_that_change(change):
    others = replace(GAMMA, preshared_key=key("another"))
    seen, (words,) = change(PeerAdded(BETA), KeepaliveChanged(BETA, 0, 1), PresharedKeyChanged(others, "set"))
    assert seen == {"0": key("shared"), "2": key("another")}
    assert not any(secret in word for word in words for secret in (OWN, key("shared"), key("another")))
    assert change(PresharedKeyChanged(GAMMA, "cleared")) == (
        {},
        [["wg", "set", "wg0", "peer", GAMMA.public_key, "preshared-key", "/dev/null"]],
    )
