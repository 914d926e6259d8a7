# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pending change: the host stores the change and the state before it, and rolls back unless the change is confirmed.

The files of a pending change, for root only: ``request`` is the change; ``saved`` is the state before, and the process that
renames it decides, by confirming or rolling back; ``done`` is the result of the change, ``outcome`` that of a rollback.
``number`` identifies the change, so that each run handles only its own.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import Any, ContextManager, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN

_WAIT = 150
"""Seconds to wait for the lock: a failed start of the interface may take two minutes until it is undone (``Unit``)."""
_LATE = 30
"""Seconds after which an overdue rollback will no longer start on its own."""


class StillPending(ValueError):
    """A change of an earlier run is still pending."""


class PendingChange:
    """The pending change of one interface. A reboot ends it, with the new configuration."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._name = name
        self.directory = os.path.join(RUN, name)

    def locked(self, seconds: float = _WAIT) -> ContextManager[None]:
        """Exclude changes of the interface by other processes.

        :raises Held: another process has the lock for longer than that.
        """
        return interface_lock(self._host, self._name, seconds)

    def refuse_if_pending(self) -> None:
        """Refuse a new change while another one is pending.

        :raises StillPending: with the remaining seconds.
        """
        saved = self._read("armed")
        if saved is not None:
            left = max(0, int(saved["until"] - time.time()))
            raise StillPending(
                f"a change of an earlier run was not confirmed and will be rolled back within {left} s; run this again then"
            )

    def prepare(self, request: Mapping[str, Any], saved: Mapping[str, Any], kept: list[dict[str, Any]]) -> str:
        """Store the change, the state before it, and the peers that must answer afterwards; return the change's number."""
        self.forget()
        number = uuid.uuid4().hex
        values = {"number": {"number": number}, "request": request, "prepared": {"saved": saved, "kept": kept}}
        for name, value in values.items():
            self._write(name, value)
        return number

    @property
    def prepared(self) -> bool:
        """Whether a change is stored, but not armed yet."""
        return self._read("prepared") is not None

    @property
    def open(self) -> bool:
        """Whether it is neither confirmed nor rolled back: only then may the change be made."""
        return self._read("saved") is not None

    @property
    def overdue(self) -> bool:
        """Whether the rollback is long overdue: its timer was lost, as after the restart of a container."""
        armed = self._read("armed")
        return armed is not None and time.time() > armed["until"] + _LATE

    @property
    def armed(self) -> bool:
        """Whether the change will be rolled back unless it is confirmed, or was rolled back already."""
        return any(self._read(name) is not None for name in ("armed", "outcome", "claimed"))

    @property
    def rolling_back(self) -> bool:
        """Whether it is being rolled back now."""
        return self._read("claimed") is not None and self._read("outcome") is None

    def arm(self, seconds: int) -> None:
        """Arm the change: it is rolled back unless it is confirmed."""
        self._host.rename(self._path("prepared"), self._path("saved"))
        self._write("armed", {"until": time.time() + seconds})

    def is_number(self, number: str) -> bool:
        """Whether the pending change has this number."""
        return (self._read("number") or {}).get("number") == number

    def request(self) -> dict[str, Any]:
        """The change."""
        return self._read("request") or {}

    def kept(self) -> list[dict[str, Any]]:
        """The peers that must answer."""
        peers: list[dict[str, Any]] = (self._read("saved") or {}).get("kept", [])
        return peers

    def claim(self) -> dict[str, Any] | None:
        """Decide about the change, and return the state before it; None if it was decided already, or there is none."""
        try:
            self._host.rename(self._path("saved"), self._path("claimed"))
        except FileNotFoundError:
            return None
        self._host.remove(self._path("armed"))
        claimed = self._read("claimed")
        return None if claimed is None else dict(claimed["saved"])

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """Store a result: ``done`` of the change, ``outcome`` of the rollback."""
        self._write(name, value)

    def done(self) -> dict[str, Any] | None:
        """The result of the change; None until it is made."""
        return self._read("done")

    def outcome(self) -> dict[str, Any] | None:
        """The result of the rollback; None if there was none, or not yet."""
        return self._read("outcome")

    def forget_secrets(self) -> None:
        """Remove all files with secrets; the results stay."""
        for name in ("request", "claimed"):
            self._host.remove(self._path(name))

    def forget(self) -> None:
        """Remove all files of the change."""
        self._host.remove_tree(self.directory)

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name + ".json")

    def _read(self, name: str) -> dict[str, Any] | None:
        text = self._host.read(self._path(name))
        return None if text is None else dict(json.loads(text))

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        self._host.write(self._path(name), json.dumps(value))
