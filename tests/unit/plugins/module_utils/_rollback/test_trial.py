# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trial is decided once, by whoever comes first, and leaves no secret behind."""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import trial as trial_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.trial import Pending, Trial
from ansible_collections.meshwork.wireguard.tests.unit.support import key

REQUEST = {"wanted": {"content": key("shared")}}
SAVED = {"text": key("own")}
KEPT = [{"public_key": key("beta"), "name": "beta", "address": "10.8.0.2"}]
NO = {"proposed": False, "open": False, "armed": False, "goes_back": False, "overdue": False}


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(trial_module, "time", SimpleNamespace(time=lambda: now.now))
    return now


@pytest.fixture
def trial(tmp_path):
    return Trial("wg0", str(tmp_path / "state"))


def facts(trial):
    return {name: getattr(trial, name) for name in NO}


def files(trial):
    """File -> mode, below the state's directory."""
    top = os.path.dirname(trial.directory)
    found = {"": top}
    for directory, directories, names in os.walk(top):
        found.update({os.path.relpath(path, top): path for path in (os.path.join(directory, n) for n in [*directories, *names])})
    return {name: oct(os.stat(path).st_mode & 0o777) for name, path in found.items()}


def test_the_life_of_a_trial_that_goes_back(trial, clock):
    assert facts(trial) == NO
    assert (trial.request(), trial.kept(), trial.done(), trial.outcome(), trial.claim()) == ({}, [], None, None, None)
    with trial.locked():
        number = trial.propose(REQUEST, SAVED, KEPT)
    assert facts(trial) == {**NO, "proposed": True}
    assert (len(number), trial.is_number(number), trial.is_number("")) == (32, True, False)
    assert (trial.request(), trial.kept(), trial.claim()) == (REQUEST, [], None)  # not armed: nobody can decide over it
    trial.arm(60)
    assert facts(trial) == {**NO, "open": True, "armed": True}
    assert (trial.kept(), trial.is_number(number)) == (KEPT, True)
    trial.note("done", {"error": None})
    clock.now += 60 + 29
    assert facts(trial) == {**NO, "open": True, "armed": True}
    clock.now += 2
    assert facts(trial) == {**NO, "open": True, "armed": True, "overdue": True}
    assert trial.claim() == SAVED
    assert facts(trial) == {**NO, "armed": True, "goes_back": True}
    assert (trial.claim(), trial.is_number(number)) == (None, True)
    trial.note("outcome", {"why": "x", "error": None})
    assert facts(trial) == {**NO, "armed": True}
    assert files(trial) == {
        "": "0o700",
        "wg0": "0o700",
        "wg0.interface-lock": "0o600",
        **{f"wg0/{name}.json": "0o600" for name in ("number", "request", "done", "outcome", "claimed")},
    }
    trial.forget_secrets()
    assert set(files(trial)) == {"", "wg0", "wg0.interface-lock", "wg0/number.json", "wg0/done.json", "wg0/outcome.json"}
    assert (trial.done(), trial.outcome(), facts(trial)) == ({"error": None}, {"why": "x", "error": None}, {**NO, "armed": True})
    trial.forget()
    assert set(files(trial)) == {"", "wg0.interface-lock"}
    assert (facts(trial), trial.is_number(number)) == (NO, False)
    trial.forget()  # once more does no harm


def test_only_one_may_decide(trial):
    trial.propose(REQUEST, SAVED, KEPT)
    trial.arm(60)
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _index: trial.claim(), range(64)))
    assert [entry for entry in claimed if entry is not None] == [SAVED]


def test_a_new_proposal_forgets_the_old_one(trial):
    first = trial.propose(REQUEST, SAVED, KEPT)
    trial.arm(60)
    trial.claim()
    trial.note("outcome", {"why": "x", "error": None})
    later = trial.propose({"wanted": None}, {"text": None}, [])
    assert facts(trial) == {**NO, "proposed": True}
    assert (trial.is_number(first), trial.is_number(later)) == (False, True)
    assert (trial.request(), trial.outcome()) == ({"wanted": None}, None)


@pytest.mark.parametrize(
    ("later", "claimed", "message"),
    [
        (0, False, "a change of an earlier run was not confirmed and will be rolled back within 60 s; run this again then"),
        (45.5, False, "a change of an earlier run was not confirmed and will be rolled back within 14 s; run this again then"),
        (70, False, "a change of an earlier run was not confirmed and will be rolled back within 0 s; run this again then"),
        (10, True, None),
    ],
)
def test_what_is_pending(trial, clock, later, claimed, message):
    trial.refuse_if_pending()
    trial.propose(REQUEST, SAVED, KEPT)
    trial.refuse_if_pending()
    trial.arm(60)
    if claimed:
        trial.claim()
    clock.now += later
    if message is None:
        trial.refuse_if_pending()
        return
    with pytest.raises(Pending) as caught:
        trial.refuse_if_pending()
    assert str(caught.value) == message


def test_the_lock_keeps_others_out_and_ends(trial):
    def is_locked():
        descriptor = os.open(trial.directory + ".interface-lock", os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def fail():
        with trial.locked():
            assert is_locked()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not is_locked()
