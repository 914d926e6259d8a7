# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of a pending change: it makes the change, and rolls it back when its time is over."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from typing import Any, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import Held
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import PendingChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import Saved, restore, save

DELAY = 1
"""Seconds until the change is made: the module's result must be sent before the change can cut the connection."""
_FAILURES = (CommandFailed, ValueError, OSError)


class Timer:
    """The pending change of one interface, and the timer that rolls it back."""

    def __init__(self, host: Host, name: str, inside: Mapping[str, str] | None = None) -> None:
        """
        :param inside: the place of the interface after the change.
        """
        self._host = host
        self._name = name
        self._pending = PendingChange(host, name)
        self._interface = Interface(host, name, inside=inside)

    def prepare(self, wanted: Wanted | None, kept: list[dict[str, Any]]) -> str:
        """Store the change, and return its number. Nothing happens yet.

        :param wanted: None: remove the interface.
        """
        before = save(self._name, self._interface, self._interface.find())
        request = {"wanted": None if wanted is None else asdict(wanted), "inside": self._interface.inside}
        return self._pending.prepare(request, asdict(before), kept)

    def arm(self, number: str, seconds: int) -> bool:
        """Make the change in a moment, and roll it back unless it is confirmed; return False if it is no longer pending.

        :param seconds: from now to the rollback.
        :raises CommandFailed: it cannot be armed; nothing is changed.
        """
        with self._pending.locked():
            if not self._pending.prepared or not self._pending.is_number(number):
                return False
            self._arm(number, seconds)
        return True

    def _arm(self, number: str, seconds: int) -> None:
        program = os.path.join(self._pending.directory, "timer.pyz")
        self._host.write_bytes(program, archive("_rollback.timer"))
        python = [sys.executable, "-I", program]
        detached.stop(self._host, self._unit("rollback"))  # a leftover unit would occupy the name
        detached.start(self._host, self._unit("rollback"), [*python, "restore", self._name, number], seconds)
        self._pending.arm(seconds)
        detached.start(self._host, self._unit("change"), [*python, "change", self._name, number], DELAY)

    def change(self) -> None:
        """Make the change, and roll it back at once if it fails. Do nothing if it was rolled back already."""
        if not self._pending.open:
            return
        request = self._pending.request()
        interface, wanted = self._interface.at(request["inside"]), request["wanted"]
        error = None
        try:
            if wanted is None:
                interface.remove(check_mode=False)
            else:
                interface.bring_about(Wanted(**wanted), check_mode=False)
        except _FAILURES as failure:
            error = str(failure)
        if error is not None:
            self.restore(f"it failed: {error}")
        self._pending.note("done", {"error": error})  # last, so that no run verifies a failed change

    def restore(self, why: str) -> None:
        """Roll back, unless the change was confirmed."""
        before = self._pending.claim()
        if before is None:
            return
        error = None
        try:
            saved = Saved(**before)
            restore(self._host, self._name, self._interface.at(saved.inside), saved)
        except _FAILURES as failure:
            error = str(failure)
        self._pending.note("outcome", {"why": why, "error": error})
        if error is None:
            self._pending.forget_secrets()

    def confirm(self, number: str) -> bool:
        """Confirm the change; return False if it is not pending, or no longer."""
        if not self._pending.open:
            return False
        with self._pending.locked():
            if not self._pending.is_number(number) or self._pending.claim() is None:
                return False
            self._pending.forget()
        detached.stop(self._host, self._unit("rollback"))
        return True

    def _unit(self, what: str) -> str:
        return detached.unit_name(what, self._name)


def main() -> None:
    """``change NAME NUMBER SECONDS`` or ``restore NAME NUMBER SECONDS``, after that many seconds, if it is still that change."""
    verb, name, number, seconds = sys.argv[1:]
    time.sleep(float(seconds))
    while True:
        try:
            _act(verb, name, number)
            return
        except Held as held:  # the rollback keeps trying, and the journal shows the lock's holder
            sys.stderr.write(f"{held}\n")


def _act(verb: str, name: str, number: str) -> None:
    host = Host()
    timer, pending = Timer(host, name), PendingChange(host, name)
    with pending.locked():
        if not pending.is_number(number):
            return
        if verb == "change":
            timer.change()
        else:
            timer.restore("nobody confirmed it in time")
