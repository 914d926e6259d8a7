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

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import keeper as keeper_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import trial as trial_module
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
    assert stage.keeper.propose(stage.wanted(WIDER), [{"public_key": "x"}]) == NUMBER
    assert stage.host.changing == []
    assert stage.text == text_of(BASE)
    left = stage.left
    assert set(left) == {"number", "request", "proposed"}
    assert left["request"]["wanted"]["content"] == stage.wanted(WIDER).content
    assert left["proposed"]["kept"] == [{"public_key": "x"}]
    assert left["proposed"]["saved"]["text"] == text_of(BASE)


def test_start_arms_before_it_changes(stage):
    stage.fill(BASE)
    stage.keeper.propose(stage.wanted(WIDER), [])
    armed_at = []
    stage.host.on_call = lambda words: armed_at.append((words[3:4], stage.trial.armed)) if words[0] == "systemd-run" else None
    assert stage.keeper.start(NUMBER, 60) is True
    program = str(stage.state / "wg0" / "keeper.pyz")
    assert stage.host.changing == [
        STOP_TIMER,
        timer("meshwork-rollback-wg0", 60, program, "restore", "wg0", NUMBER),
        timer("meshwork-change-wg0", 1, program, "change", "wg0", NUMBER),
    ]
    assert armed_at == [(["--unit=meshwork-rollback-wg0"], False), (["--unit=meshwork-change-wg0"], True)]
    assert set(stage.left) == {"number", "request", "saved", "armed"}
    assert stage.text == text_of(BASE)
    with zipfile.ZipFile(program) as archive:
        texts = "".join(archive.read(name).decode() for name in archive.namelist())
    assert not any(secret in texts for secret in SECRETS)
    assert not any(secret in word for words in stage.host.calls for word in words for secret in SECRETS)
    assert stage.keeper.start(NUMBER, 60) is False  # it is started once


def test_start_without_a_proposal(stage):
    assert stage.keeper.start(NUMBER, 60) is False
    assert stage.host.calls == []


def test_the_proposal_of_another_run_is_not_started(stage):
    stage.keeper.propose(stage.wanted(BASE), [])
    stage.host.calls.clear()
    assert stage.keeper.start("2", 60) is False
    assert (stage.host.calls, stage.trial.proposed) == ([], True)


def test_the_change_of_another_run_is_not_kept(stage):
    stage.on_trial(stage.wanted(BASE))
    assert stage.keeper.keep("2") is False
    assert (stage.host.calls, stage.trial.open) == ([], True)


def test_nothing_is_changed_where_it_cannot_be_armed(stage):
    stage.keeper.propose(stage.wanted(BASE), [])
    stage.host.answers["systemd-run",] = Completed(1, "", "Failed to start transient timer unit")
    with pytest.raises(CommandFailed, match="Failed to start transient timer unit"):
        stage.keeper.start(NUMBER, 60)
    assert (stage.trial.armed, stage.trial.proposed, stage.text) == (False, True, None)


def test_a_change_that_is_kept(stage):
    stage.on_trial(stage.wanted(BASE))
    stage.keeper.change()
    assert stage.host.changing == [*START, ["systemctl", "enable", UNIT]]
    assert (stage.text, stage.trial.done()) == (text_of(BASE), {"error": None})
    stage.host.calls.clear()
    assert stage.keeper.keep(NUMBER) is True
    assert stage.host.calls == [STOP_TIMER]
    assert not (stage.state / "wg0").exists()
    assert stage.text == text_of(BASE)
    stage.host.calls.clear()
    stage.keeper.restore("nobody confirmed it in time")  # the timer comes a moment late
    assert (stage.host.calls, stage.keeper.keep(NUMBER)) == ([], False)


def test_a_removal_that_is_not_confirmed(stage):
    stage.fill(BASE)
    stage.on_trial(None)
    stage.keeper.change()
    assert stage.host.changing == [["systemctl", "stop", UNIT], ["systemctl", "disable", UNIT]]
    assert (stage.text, stage.trial.done()) == (None, {"error": None})
    stage.host.down()
    stage.host.unit()
    stage.host.on_call = lambda words: stage.host.up(BASE, OWN) if words[:2] == ["systemctl", "restart"] else None
    stage.host.calls.clear()
    stage.keeper.restore("nobody confirmed it in time")
    assert (stage.text, stage.trial.outcome()) == (text_of(BASE), {"why": "nobody confirmed it in time", "error": None})
    assert stage.host.changing == [["ip", "link", "delete", "dev", "wg0"], *START]
    assert stage.keeper.keep(NUMBER) is False


def test_a_change_that_fails_goes_back_at_once(stage):
    stage.fill(BASE)
    stage.on_trial(stage.wanted(WIDER))
    stage.host.answers["wg", "set"] = NO_ANSWER
    stage.keeper.change()
    done, outcome = stage.trial.done(), stage.trial.outcome()
    assert "Operation not permitted" in done["error"]
    assert outcome == {"why": f"it failed: {done['error']}", "error": None}
    assert stage.text == text_of(BASE)
    assert set(stage.left) == {"number", "done", "outcome"}
    assert not any(secret in json.dumps(stage.left) for secret in SECRETS)
    assert stage.keeper.keep(NUMBER) is False


def test_a_change_that_fails_is_not_done_before_it_has_gone_back(stage):
    """Whoever waits for the change must not take it for made."""
    stage.fill(BASE)
    stage.on_trial(stage.wanted(WIDER))
    stage.host.answers["wg", "set"] = NO_ANSWER
    seen = []
    stage.host.on_call = lambda _words: seen.append((stage.trial.done(), stage.trial.outcome()))
    stage.keeper.change()
    assert set(map(str, seen)) == {"(None, None)"}


def test_a_change_is_not_made_after_its_time(stage):
    stage.on_trial(stage.wanted(BASE))
    stage.keeper.restore("nobody confirmed it in time")
    stage.host.calls.clear()
    stage.keeper.change()
    assert (stage.host.calls, stage.text, stage.trial.done()) == ([], None, None)


def test_going_back_that_fails_is_told_and_keeps_what_there_was(stage):
    stage.on_trial(stage.wanted(BASE))
    stage.keeper.change()
    stage.host.answers["systemctl", "show"] = Completed(1, "", "Connection refused")
    stage.keeper.restore("nobody confirmed it in time")
    outcome = stage.trial.outcome()
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
    ids=["change", "restore", "change of an earlier trial", "restore of an earlier trial"],
)
def test_main(stage, monkeypatch, verb, number, expected):
    stage.on_trial(stage.wanted(BASE))
    monkeypatch.setattr(sys, "argv", ["keeper.pyz", verb, "wg0", number, "0"])
    monkeypatch.setattr(keeper_module, "Runner", lambda: stage.host)
    keeper_module.main()
    assert (stage.text, stage.trial.done(), stage.trial.outcome()) == expected
    assert bool(stage.host.calls) is (number == "1")


def test_the_way_back_is_not_given_up_where_somebody_has_the_lock(stage, monkeypatch, capfd):
    stage.on_trial(stage.wanted(BASE))
    monkeypatch.setattr(sys, "argv", ["keeper.pyz", "restore", "wg0", "1", "0"])
    monkeypatch.setattr(keeper_module, "Runner", lambda: stage.host)
    patient = functools.partialmethod(trial_module.Trial.locked, 0.05)
    monkeypatch.setattr(trial_module.Trial, "locked", patient)
    with contextlib.ExitStack() as held:
        held.enter_context(interface_lock("wg0", 0, str(stage.state)))
        timer = threading.Timer(0.3, held.close)
        timer.start()
        keeper_module.main()
        timer.join()
    assert "another process has changed interface wg0 for more than 0.05 s" in capfd.readouterr().err
    assert stage.trial.outcome() == {"why": "nobody confirmed it in time", "error": None}


def test_a_name_that_is_none(stage):
    with pytest.raises(ValueError, match=r"interface: '\.\./wg0'"):
        keeper_module.Keeper(stage.host, "../wg0")
