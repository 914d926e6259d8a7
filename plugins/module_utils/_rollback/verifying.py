# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifying and confirming a pending change."""

from __future__ import annotations

import time

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.answers import PATIENCE, silent_peers
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at, where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import PendingChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.timer import Timer

_MAKING = 60
"""Seconds: a restart of an interface with slow hooks."""


class NotVerified(Exception):
    """The change does not stay; the message has the reason."""


def verify(host: Host, name: str, number: str) -> bool:
    """Check that the change is made, and that the remaining peers answer; return False if it is not pending.

    :raises NotVerified: it was rolled back, or will be.
    :raises CommandFailed: the interface does not exist.
    """
    pending = PendingChange(host, name)
    if not _wait_until_made(pending, number):
        return False
    _refuse_if_rolled_back(pending)
    kept = pending.kept()
    target = host_at(host, where_is(host, name))
    if kept and target is None:
        raise NotVerified("its namespace or container no longer exists; the change will be rolled back")
    silent = silent_peers(target, name, kept) if target is not None and kept else []
    _refuse_if_rolled_back(pending)
    if silent:
        raise NotVerified(
            f"after the change there is no answer within {PATIENCE} s from {', '.join(silent)}; it will be rolled back"
        )
    return True


def confirm(host: Host, name: str, number: str) -> bool:
    """Confirm the change; return False if it is not pending.

    :raises NotVerified: it was rolled back, or is not made yet.
    """
    pending = PendingChange(host, name)
    if not _wait_until_made(pending, number):
        return False
    if not Timer(host, name).confirm(number):
        _refuse_if_rolled_back(pending)
        return False
    return True


def _wait_until_made(pending: PendingChange, number: str) -> bool:
    """Wait until the change is made, which starts a moment after it was armed; return False if it is not pending."""
    if not pending.is_number(number):
        return False
    end = time.monotonic() + _MAKING
    while pending.done() is None and pending.outcome() is None:
        if not pending.armed:
            return False
        if time.monotonic() > end:
            raise NotVerified(f"the change is not made after {_MAKING} s, and will be rolled back")
        time.sleep(0.1)
    return True


def _refuse_if_rolled_back(pending: PendingChange) -> None:
    end = time.monotonic() + _MAKING
    while pending.rolling_back:
        if time.monotonic() > end:
            raise NotVerified("the change is still being rolled back")
        time.sleep(0.1)
    outcome = pending.outcome()
    if outcome is None:
        return
    if outcome["error"]:
        raise NotVerified(f"the change was to be rolled back, because {outcome['why']}, and that failed: {outcome['error']}")
    raise NotVerified(f"the change was rolled back, because {outcome['why']}; the interface is as it was before")
