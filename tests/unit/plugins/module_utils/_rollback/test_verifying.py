# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way in which a pending change can stand when it is asked after."""

from __future__ import annotations

import functools
import threading
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.answers import silent_peers
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import verifying
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.verifying import NotVerified
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, NUMBER, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

KEPT = [{"public_key": key("beta"), "name": "beta", "address": "10.8.0.2"}]
LATE = "nobody confirmed it in time"
ROLLED_BACK = f"the change was rolled back, because {LATE}; the interface is as it was before"


def asked(question, stage, number=NUMBER):
    """The answer, or the error's text."""
    try:
        return question(stage.host, "wg0", number)
    except NotVerified as error:
        return str(error)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(verifying, "_MAKING", 0.3)
    monkeypatch.setattr(verifying, "silent_peers", functools.partial(silent_peers, patience=0.3))


def nothing(_stage):
    """No run has prepared anything."""


def prepared(stage):
    stage.timer.prepare(stage.wanted(BASE), KEPT)


def armed(stage):
    stage.only_prepare(stage.wanted(BASE), KEPT)


def made(stage):
    stage.only_prepare(stage.wanted(BASE))
    stage.timer.change()


def made_and_silent(stage):
    stage.only_prepare(stage.wanted(BASE), KEPT)
    stage.timer.change()
    stage.host.up(BASE, OWN)


def late(stage):
    made(stage)
    stage.timer.restore(LATE)


def going_back(stage):
    made(stage)
    stage.pending.claim()


def failed_twice(stage):
    going_back(stage)
    stage.pending.note("outcome", {"why": LATE, "error": "systemctl: exit status 1: no"})


NOT_MADE = "the change is not made after 0.3 s, and will be rolled back"
GOING = "the change is still being rolled back"
FAILED = f"the change was to be rolled back, because {LATE}, and that failed: systemctl: exit status 1: no"
SILENT = "after the change there is no answer within 20 s from beta; it will be rolled back"


@pytest.mark.parametrize(
    ("before", "verified", "kept"),
    [
        (nothing, False, False),
        (prepared, False, False),
        (armed, NOT_MADE, NOT_MADE),
        (made, True, True),
        (made_and_silent, SILENT, True),  # who keeps it nevertheless, has the say
        (late, ROLLED_BACK, ROLLED_BACK),
        (going_back, GOING, GOING),
        (failed_twice, FAILED, FAILED),
    ],
)
def test_outcomes(stage, before, verified, kept):
    before(stage)
    assert asked(verifying.verify, stage) == verified
    assert asked(verifying.confirm, stage) == kept
    assert stage.text == (text_of(BASE) if before in (made, made_and_silent, going_back, failed_twice) else None)


@pytest.mark.parametrize("before", [prepared, armed, made, late, going_back, failed_twice])
def test_what_another_run_has_pending_is_neither_verified_nor_confirmed(stage, before):
    before(stage)
    left = stage.left
    assert (asked(verifying.verify, stage, "2"), asked(verifying.confirm, stage, "2"), stage.left) == (False, False, left)


def test_a_change_that_is_made_in_a_moment_is_waited_for(stage, monkeypatch):
    monkeypatch.setattr(verifying, "_MAKING", 30)
    stage.only_prepare(stage.wanted(BASE))
    soon = threading.Timer(0.5, stage.timer.change)
    soon.start()
    assert asked(verifying.confirm, stage) is True
    soon.join()
    assert (stage.text, stage.left) == (text_of(BASE), {})


def test_going_back_is_waited_for(stage, monkeypatch):
    monkeypatch.setattr(verifying, "_MAKING", 30)
    going_back(stage)
    soon = threading.Timer(0.5, stage.pending.note, ["outcome", {"why": LATE, "error": None}])
    began = time.monotonic()
    soon.start()
    assert asked(verifying.verify, stage) == ROLLED_BACK
    assert time.monotonic() - began >= 0.5
    soon.join()


def test_an_interface_that_is_gone_is_not_verified(stage):
    stage.only_prepare(stage.wanted(BASE), KEPT)
    stage.timer.change()
    stage.host.answers["wg", "show", "wg0", "dump"] = ""
    with pytest.raises((CommandFailed, ValueError)):
        verifying.verify(stage.host, "wg0", NUMBER)
    assert stage.pending.open
