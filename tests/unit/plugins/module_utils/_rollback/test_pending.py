# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pending is decided once, by whoever comes first, and leaves no secret behind."""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import pending as pending_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import PendingChange, StillPending
from ansible_collections.meshwork.wireguard.tests.unit.support import key

REQUEST = {"wanted": {"content": key("shared")}}
SAVED = {"text": key("own")}
KEPT = [{"public_key": key("beta"), "name": "beta", "address": "10.8.0.2"}]
NO = {"prepared": False, "open": False, "armed": False, "rolling_back": False, "overdue": False}


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(pending_module, "time", SimpleNamespace(time=lambda: now.now))
    return now


@pytest.fixture
def pending(host):
    return PendingChange(host, "wg0")


def facts(pending):
    return {name: getattr(pending, name) for name in NO}


def files(host):
    """File -> mode, below the state's directory."""
    top = host.real(RUN)
    found = {"": top}
    for directory, directories, names in os.walk(top):
        found.update({os.path.relpath(path, top): path for path in (os.path.join(directory, n) for n in [*directories, *names])})
    return {name: oct(os.stat(path).st_mode & 0o777) for name, path in found.items()}


def test_the_life_of_a_change_that_goes_back(host, pending, clock):
    assert facts(pending) == NO
    assert (pending.request(), pending.kept(), pending.done(), pending.outcome(), pending.claim()) == ({}, [], None, None, None)
    with pending.locked():
        number = pending.prepare(REQUEST, SAVED, KEPT)
    assert facts(pending) == {**NO, "prepared": True}
    assert (len(number), pending.is_number(number), pending.is_number("")) == (32, True, False)
    assert (pending.request(), pending.kept(), pending.claim()) == (REQUEST, [], None)  # not armed: nobody can decide over it
    pending.arm(60)
    assert facts(pending) == {**NO, "open": True, "armed": True}
    assert (pending.kept(), pending.is_number(number)) == (KEPT, True)
    pending.note("done", {"error": None})
    clock.now += 60 + 29
    assert facts(pending) == {**NO, "open": True, "armed": True}
    clock.now += 2
    assert facts(pending) == {**NO, "open": True, "armed": True, "overdue": True}
    assert pending.claim() == SAVED
    assert facts(pending) == {**NO, "armed": True, "rolling_back": True}
    assert (pending.claim(), pending.is_number(number)) == (None, True)
    pending.note("outcome", {"why": "x", "error": None})
    assert facts(pending) == {**NO, "armed": True}
    assert files(host) == {
        "": "0o700",
        "wg0": "0o700",
        "wg0.interface-lock": "0o600",
        **{f"wg0/{name}.json": "0o600" for name in ("number", "request", "done", "outcome", "claimed")},
    }
    pending.forget_secrets()
    assert set(files(host)) == {"", "wg0", "wg0.interface-lock", "wg0/number.json", "wg0/done.json", "wg0/outcome.json"}
    assert (pending.done(), pending.outcome(), facts(pending)) == (
        {"error": None},
        {"why": "x", "error": None},
        {**NO, "armed": True},
    )
    pending.forget()
    assert set(files(host)) == {"", "wg0.interface-lock"}
    assert (facts(pending), pending.is_number(number)) == (NO, False)
    pending.forget()  # once more does no harm


def test_only_one_may_decide(pending):
    pending.prepare(REQUEST, SAVED, KEPT)
    pending.arm(60)
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _index: pending.claim(), range(64)))
    assert [entry for entry in claimed if entry is not None] == [SAVED]


def test_a_new_proposal_forgets_the_old_one(pending):
    first = pending.prepare(REQUEST, SAVED, KEPT)
    pending.arm(60)
    pending.claim()
    pending.note("outcome", {"why": "x", "error": None})
    later = pending.prepare({"wanted": None}, {"text": None}, [])
    assert facts(pending) == {**NO, "prepared": True}
    assert (pending.is_number(first), pending.is_number(later)) == (False, True)
    assert (pending.request(), pending.outcome()) == ({"wanted": None}, None)


@pytest.mark.parametrize(
    ("later", "claimed", "message"),
    [
        (0, False, "a change of an earlier run was not confirmed and will be rolled back within 60 s; run this again then"),
        (45.5, False, "a change of an earlier run was not confirmed and will be rolled back within 14 s; run this again then"),
        (70, False, "a change of an earlier run was not confirmed and will be rolled back within 0 s; run this again then"),
        (10, True, None),
    ],
)
def test_what_is_pending(pending, clock, later, claimed, message):
    pending.refuse_if_pending()
    pending.prepare(REQUEST, SAVED, KEPT)
    pending.refuse_if_pending()
    pending.arm(60)
    if claimed:
        pending.claim()
    clock.now += later
    if message is None:
        pending.refuse_if_pending()
        return
    with pytest.raises(StillPending) as caught:
        pending.refuse_if_pending()
    assert str(caught.value) == message


def test_the_lock_keeps_others_out_and_ends(host, pending):
    def is_locked():
        descriptor = os.open(host.real(f"{RUN}/wg0.interface-lock"), os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def fail():
        with pending.locked():
            assert is_locked()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not is_locked()
