# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two questions to a change on trial: is all still there, and may it stay."""

from __future__ import annotations

import time

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.answers import PATIENCE, silent_peers
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import runner_at, where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.keeper import Keeper
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.trial import Trial

_MAKING = 60
"""Seconds: a restart of an interface with slow hooks."""


class NotProven(Exception):
    """The change does not stay; the message says why."""


def prove(runner: Runner, name: str, number: str) -> bool:
    """See that the change is made, and that the peers that are to stay answer; False where that one is not on trial.

    :raises NotProven: it was rolled back, or will be.
    :raises CommandFailed: the interface is not there.
    """
    trial = Trial(name)
    if not _wait_until_made(trial, number):
        return False
    _refuse_if_rolled_back(trial)
    kept = trial.kept()
    there = runner_at(runner, where_is(name))
    if kept and there is None:
        raise NotProven("its namespace or container has gone; the change will be rolled back")
    silent = silent_peers(there, name, kept) if there is not None and kept else []
    _refuse_if_rolled_back(trial)
    if silent:
        raise NotProven(
            f"after the change there is no answer within {PATIENCE} s from {', '.join(silent)}; it will be rolled back"
        )
    return True


def keep(runner: Runner, name: str, number: str) -> bool:
    """Let the change stay; False where that one is not on trial.

    :raises NotProven: it was rolled back, or is not made yet.
    """
    trial = Trial(name)
    if not _wait_until_made(trial, number):
        return False
    if not Keeper(runner, name).keep(number):
        _refuse_if_rolled_back(trial)
        return False
    return True


def _wait_until_made(trial: Trial, number: str) -> bool:
    """Wait for the change, which begins a moment after its start; False where that one is not on trial."""
    if not trial.is_number(number):
        return False
    end = time.monotonic() + _MAKING
    while trial.done() is None and trial.outcome() is None:
        if not trial.armed:
            return False
        if time.monotonic() > end:
            raise NotProven(f"the change is not made after {_MAKING} s, and will be rolled back")
        time.sleep(0.1)
    return True


def _refuse_if_rolled_back(trial: Trial) -> None:
    end = time.monotonic() + _MAKING
    while trial.goes_back:
        if time.monotonic() > end:
            raise NotProven("the change is being rolled back, and that has not ended yet")
        time.sleep(0.1)
    outcome = trial.outcome()
    if outcome is None:
        return
    if outcome["error"]:
        raise NotProven(f"the change was to be rolled back, because {outcome['why']}, and that failed: {outcome['error']}")
    raise NotProven(f"the change was rolled back, because {outcome['why']}; the interface is as it was before")
