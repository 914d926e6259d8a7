# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host does by itself, step by step; the commands of its tools are given."""

from __future__ import annotations

import contextlib
import functools
import json
import sys
import threading
import zipfile
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import pending as pending_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import timer as timer_module
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, GAMMA, NUMBER, OWN, SECRETS, saved, text_of

UNIT = "wg-quick@wg0.service"
START = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
STOP_TIMER = ["systemctl", "stop", "meshwork-rollback-wg0.timer"]
WIDER = replace(BASE, peers=(BETA, GAMMA))
NO_ANSWER = Completed(1, "", "Unable to modify interface: Operation not permitted")


def timer(unit, seconds, program, *words):
    started = [sys.executable, "-I", program, *words, "0"]
    properties = [f"--on-active={seconds}s", "--timer-property=AccuracySec=100ms"]
    return ["systemd-run", "--quiet", "--collect", f"--unit={unit}", *properties, "--", *started]


def test_a_proposal_changes_nothing(stage):
    stage.fill(BASE)
    assert stage.timer.prepare(stage.wanted(WIDER), [{"public_key": "x"}]) == NUMBER
    assert stage.host.changing == []
    assert stage.text == text_of(BASE)
    left = stage.left
    assert set(left) == {"number", "request", "prepared"}
    assert left["request"]["wanted"]["content"] == stage.wanted(WIDER).content
    assert left["prepared"]["kept"] == [{"public_key": "x"}]
    assert left["prepared"]["saved"]["text"] == text_of(BASE)


def test_start_arms_before_it_changes(stage):
    stage.fill(BASE)
    stage.timer.prepare(stage.wanted(WIDER), [])
    armed_at = []
    stage.host.on_call = lambda words: armed_at.append((words[3:4], stage.pending.armed)) if words[0] == "systemd-run" else None
    assert stage.timer.arm(NUMBER, 60) is True
    program = "/run/meshwork-wireguard/wg0/timer.pyz"
    assert stage.host.changing == [
        STOP_TIMER,
        timer("meshwork-rollback-wg0", 60, program, "restore", "wg0", NUMBER),
        timer("meshwork-change-wg0", 1, program, "change", "wg0", NUMBER),
    ]
    assert armed_at == [(["--unit=meshwork-rollback-wg0"], False), (["--unit=meshwork-change-wg0"], True)]
    assert set(stage.left) == {"number", "request", "saved", "armed"}
    assert stage.text == text_of(BASE)
    with zipfile.ZipFile(stage.host.real(program)) as archive:
        texts = "".join(archive.read(name).decode() for name in archive.namelist())
    assert not any(secret in texts for secret in SECRETS)
    assert not any(secret in word for words in stage.host.calls for word in words for secret in SECRETS)
    assert stage.timer.arm(NUMBER, 60) is False  # it is started once


def test_start_without_a_proposal(stage):
    assert stage.timer.arm(NUMBER, 60) is False
    assert stage.host.calls == []


def test_the_proposal_of_another_run_is_not_started(stage):
    stage.timer.prepare(stage.wanted(BASE), [])
    stage.host.calls.clear()
    assert stage.timer.arm("2", 60) is False
    assert (stage.host.calls, stage.pending.prepared) == ([], True)


def test_the_change_of_another_run_is_not_kept(stage):
    stage.only_prepare(stage.wanted(BASE))
    assert stage.timer.confirm("2") is False
    assert (stage.host.calls, stage.pending.open) == ([], True)


def test_nothing_is_changed_where_it_cannot_be_armed(stage):
    stage.timer.prepare(stage.wanted(BASE), [])
    stage.host.answers["systemd-run",] = Completed(1, "", "Failed to start transient timer unit")
    with pytest.raises(CommandFailed, match="Failed to start transient timer unit"):
        stage.timer.arm(NUMBER, 60)
    assert (stage.pending.armed, stage.pending.prepared, stage.text) == (False, True, None)


def test_a_change_that_is_kept(stage):
    stage.only_prepare(stage.wanted(BASE))
    stage.timer.change()
    assert stage.host.changing == [*START, ["systemctl", "enable", UNIT]]
    assert (stage.text, stage.pending.done()) == (text_of(BASE), {"error": None})
    stage.host.calls.clear()
    assert stage.timer.confirm(NUMBER) is True
    assert stage.host.calls == [STOP_TIMER]
    assert not (stage.state / "wg0").exists()
    assert stage.text == text_of(BASE)
    stage.host.calls.clear()
    stage.timer.restore("nobody confirmed it in time")  # the timer comes a moment late
    assert (stage.host.calls, stage.timer.confirm(NUMBER)) == ([], False)


def test_a_removal_that_is_not_confirmed(stage):
    stage.fill(BASE)
    stage.only_prepare(None)
    stage.timer.change()
    assert stage.host.changing == [["systemctl", "stop", UNIT], ["systemctl", "disable", UNIT]]
    assert (stage.text, stage.pending.done()) == (None, {"error": None})
    stage.host.down()
    stage.host.unit()
    stage.host.on_call = lambda words: stage.host.up(BASE, OWN) if words[:2] == ["systemctl", "restart"] else None
    stage.host.calls.clear()
    stage.timer.restore("nobody confirmed it in time")
    assert (stage.text, stage.pending.outcome()) == (text_of(BASE), {"why": "nobody confirmed it in time", "error": None})
    assert stage.host.changing == [["ip", "link", "delete", "dev", "wg0"], *START]
    assert stage.timer.confirm(NUMBER) is False


def test_a_change_that_fails_goes_back_at_once(stage):
    stage.fill(BASE)
    stage.only_prepare(stage.wanted(WIDER))
    stage.host.answers["wg", "set"] = NO_ANSWER
    stage.timer.change()
    done, outcome = stage.pending.done(), stage.pending.outcome()
    assert "Operation not permitted" in done["error"]
    assert outcome == {"why": f"it failed: {done['error']}", "error": None}
    assert stage.text == text_of(BASE)
    assert set(stage.left) == {"number", "done", "outcome"}
    assert not any(secret in json.dumps(stage.left) for secret in SECRETS)
    assert stage.timer.confirm(NUMBER) is False


def test_a_change_that_fails_is_not_done_before_it_has_gone_back(stage):
    """Whoever waits for the change must not take it for made."""
    stage.fill(BASE)
    stage.only_prepare(stage.wanted(WIDER))
    stage.host.answers["wg", "set"] = NO_ANSWER
    seen = []
    stage.host.on_call = lambda _words: seen.append((stage.pending.done(), stage.pending.outcome()))
    stage.timer.change()
    assert set(map(str, seen)) == {"(None, None)"}


def test_a_change_is_not_made_after_its_time(stage):
    stage.only_prepare(stage.wanted(BASE))
    stage.timer.restore("nobody confirmed it in time")
    stage.host.calls.clear()
    stage.timer.change()
    assert (stage.host.calls, stage.text, stage.pending.done()) == ([], None, None)


def test_going_back_that_fails_is_told_and_keeps_what_there_was(stage):
    stage.only_prepare(stage.wanted(BASE))
    stage.timer.change()
    stage.host.answers["systemctl", "show"] = Completed(1, "", "Connection refused")
    stage.timer.restore("nobody confirmed it in time")
    outcome = stage.pending.outcome()
    assert outcome["why"] == "nobody confirmed it in time"
    assert "Connection refused" in outcome["error"]
    assert stage.left["claimed"] == {"saved": saved(), "kept": []}


@pytest.mark.parametrize(
    ("verb", "number", "expected"),
    [
        ("change", "1", (text_of(BASE), {"error": None}, None)),
        ("restore", "1", (None, None, {"why": "nobody confirmed it in time", "error": None})),
        ("change", "0", (None, None, None)),
        ("restore", "0", (None, None, None)),
    ],
    ids=["change", "restore", "change of an earlier pending", "restore of an earlier pending"],
)
def test_main(stage, monkeypatch, verb, number, expected):
    stage.only_prepare(stage.wanted(BASE))
    monkeypatch.setattr(sys, "argv", ["timer.pyz", verb, "wg0", number, "0"])
    monkeypatch.setattr(timer_module, "Host", lambda: stage.host)
    timer_module.main()
    assert (stage.text, stage.pending.done(), stage.pending.outcome()) == expected
    assert bool(stage.host.calls) is (number == "1")


def test_the_way_back_is_not_given_up_where_somebody_has_the_lock(stage, monkeypatch, capfd):
    stage.only_prepare(stage.wanted(BASE))
    monkeypatch.setattr(sys, "argv", ["timer.pyz", "restore", "wg0", "1", "0"])
    monkeypatch.setattr(timer_module, "Host", lambda: stage.host)
    patient = functools.partialmethod(pending_module.PendingChange.locked, 0.05)
    monkeypatch.setattr(pending_module.PendingChange, "locked", patient)
    with contextlib.ExitStack() as held:
        held.enter_context(interface_lock(stage.host, "wg0", 0))
        timer = threading.Timer(0.3, held.close)
        timer.start()
        timer_module.main()
        timer.join()
    assert "another process has changed interface wg0 for more than 0.05 s" in capfd.readouterr().err
    assert stage.pending.outcome() == {"why": "nobody confirmed it in time", "error": None}


def test_a_name_that_is_none(stage):
    with pytest.raises(ValueError, match=r"interface: '\.\./wg0'"):
        timer_module.Timer(stage.host, "../wg0")
