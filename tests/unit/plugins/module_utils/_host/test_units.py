# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import Unwritable
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

NAME = "wg-quick@wg0.service"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ActiveState=active\nUnitFileState=enabled\nLoadState=loaded\n", (True, True, True)),
        ("ActiveState=inactive\nUnitFileState=disabled\nLoadState=loaded\n", (False, False, True)),
        ("ActiveState=failed\nUnitFileState=enabled-runtime\nLoadState=loaded\n", (False, False, True)),
        ("ActiveState=inactive\nUnitFileState=\nLoadState=not-found\n", (False, False, False)),
        ("", (False, False, False)),
    ],
)
def test_state(text, expected):
    state = Unit(FakeHost({("systemctl", "show"): text}), "wg0").state()
    assert (state.active, state.enabled, state.known) == expected


def test_no_systemd():
    host = FakeHost({("systemctl", "show"): Completed(1, "", "System has not been booted with systemd\n")})
    with pytest.raises(CommandFailed) as caught:
        Unit(host, "wg0").state()
    assert str(caught.value) == ("systemd does not answer on this host: System has not been booted with systemd")


@pytest.mark.parametrize(
    ("act", "commands"),
    [
        (lambda unit: unit.start(), [["systemctl", "reset-failed", NAME], ["systemctl", "restart", NAME]]),
        (lambda unit: unit.stop(), [["systemctl", "stop", NAME]]),
        (lambda unit: unit.set_enabled(True), [["systemctl", "enable", NAME]]),
        (lambda unit: unit.set_enabled(False), [["systemctl", "disable", NAME]]),
    ],
)
def test_commands(act, commands):
    host = FakeHost()
    act(Unit(host, "wg0"))
    assert host.calls == commands


def test_a_failure_shows_the_journal():
    host = FakeHost(
        {
            ("systemctl", "reset-failed"): Completed(1, "", "Unit not loaded."),
            ("systemctl", "restart"): Completed(1, "", "Job for wg-quick@wg0.service failed.\n"),
            ("journalctl",): "wg-quick: `wg0' already exists\n",
        }
    )
    with pytest.raises(CommandFailed) as caught:
        Unit(host, "wg0").start()
    assert str(caught.value) == (
        "systemctl restart wg-quick@wg0.service: Job for wg-quick@wg0.service failed.\nwg-quick: `wg0' already exists"
    )


def test_the_text_of_a_unit():
    template = "[Service]\n{hardening}\nExecStart={program} %i\n"
    text = unit_text(template, ["UMask=0077", "ProtectHome=yes"], program="/usr/bin/it")
    assert text == "[Service]\nUMask=0077\nProtectHome=yes\nExecStart=/usr/bin/it %i\n"


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("/opt/a\nExecStartPre=/bin/x", "unit's program: has a line break or a control character; remove it"),
        ("/opt/a b", "unit's program: has white space; remove it"),
        ("/opt/%n", "unit's program: has a '%', which has another meaning in the file; remove it"),
        ("/opt/$HOME", "unit's program: has a '$', which has another meaning in the file; remove it"),
        ("", "unit's program: is empty, or begins or ends with white space; remove it"),
    ],
)
def test_a_word_that_systemd_would_read_as_something_else(word, why):
    with pytest.raises(Unwritable) as caught:
        unit_text("ExecStart={program}\n", [], program=word)
    assert str(caught.value) == why
