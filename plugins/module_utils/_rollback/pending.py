# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pending change: the host keeps what is to be done and what to go back to, and goes back unless the change is confirmed.

The files of a pending change, closed to others: ``request`` is what is to be done; ``saved`` is what there was, and whoever
renames it, to confirm or to go back, has the say; ``done`` tells how the change went, ``outcome`` that it was rolled back.
``number`` tells the change from those of other runs, of which each sees to its own alone.
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
"""Seconds for the lock: a start of the interface, after which the change is undone, may take two minutes (``Unit``)."""
_LATE = 30
"""Seconds after which a rollback that has not begun will not begin by itself."""


class StillPending(ValueError):
    """A change of an earlier run is still pending."""


class PendingChange:
    """The pending change of one interface. A reboot ends it: the file that the change wrote is what comes up."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._name = name
        self.directory = os.path.join(RUN, name)

    def locked(self, seconds: float = _WAIT) -> ContextManager[None]:
        """Let no other process change the interface meanwhile.

        :raises Held: somebody else has changed it for longer than that.
        """
        return interface_lock(self._host, self._name, seconds)

    def refuse_if_pending(self) -> None:
        """Only a confirmed change may be followed by another.

        :raises StillPending: with the seconds that are left.
        """
        saved = self._read("armed")
        if saved is not None:
            left = max(0, int(saved["until"] - time.time()))
            raise StillPending(
                f"a change of an earlier run was not confirmed and will be rolled back within {left} s; run this again then"
            )

    def prepare(self, request: Mapping[str, Any], saved: Mapping[str, Any], kept: list[dict[str, Any]]) -> str:
        """Write down what is to be done, what to go back to, and the peers that have to answer afterwards; give its number."""
        self.forget()
        number = uuid.uuid4().hex
        values = {"number": {"number": number}, "request": request, "prepared": {"saved": saved, "kept": kept}}
        for name, value in values.items():
            self._write(name, value)
        return number

    @property
    def prepared(self) -> bool:
        """Whether there is something to start."""
        return self._read("prepared") is not None

    @property
    def open(self) -> bool:
        """Whether nobody has decided yet: only then the change may be made."""
        return self._read("saved") is not None

    @property
    def overdue(self) -> bool:
        """Whether the host should have gone back long ago: what was to do it is gone, as after the restart of a container."""
        armed = self._read("armed")
        return armed is not None and time.time() > armed["until"] + _LATE

    @property
    def armed(self) -> bool:
        """Whether the change is rolled back unless it is confirmed, or that has happened already."""
        return any(self._read(name) is not None for name in ("armed", "outcome", "claimed"))

    @property
    def goes_back(self) -> bool:
        """Whether it is being rolled back right now."""
        return self._read("claimed") is not None and self._read("outcome") is None

    def arm(self, seconds: int) -> None:
        """From now on the change is rolled back unless it is confirmed."""
        self._host.rename(self._path("prepared"), self._path("saved"))
        self._write("armed", {"until": time.time() + seconds})

    def is_number(self, number: str) -> bool:
        """Whether this is that change, and not one of another run."""
        return (self._read("number") or {}).get("number") == number

    def request(self) -> dict[str, Any]:
        """What is to be done."""
        return self._read("request") or {}

    def kept(self) -> list[dict[str, Any]]:
        """The peers that have to answer."""
        found: list[dict[str, Any]] = (self._read("saved") or {}).get("kept", [])
        return found

    def claim(self) -> dict[str, Any] | None:
        """Decide over the change, once: what to go back to; None where somebody has decided already, or there is none."""
        try:
            self._host.rename(self._path("saved"), self._path("claimed"))
        except FileNotFoundError:
            return None
        self._host.remove(self._path("armed"))
        claimed = self._read("claimed")
        return None if claimed is None else dict(claimed["saved"])

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """Tell how it went: ``done`` of the change, ``outcome`` of going back."""
        self._write(name, value)

    def done(self) -> dict[str, Any] | None:
        """How the change went; None as long as it is not made."""
        return self._read("done")

    def outcome(self) -> dict[str, Any] | None:
        """Why it was rolled back, None where it was not, or not yet."""
        return self._read("outcome")

    def forget_secrets(self) -> None:
        """Keep only how it ended."""
        for name in ("request", "claimed"):
            self._host.remove(self._path(name))

    def forget(self) -> None:
        """Remove all traces, and the secrets in them."""
        self._host.remove_tree(self.directory)

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name + ".json")

    def _read(self, name: str) -> dict[str, Any] | None:
        text = self._host.read(self._path(name))
        return None if text is None else dict(json.loads(text))

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        self._host.write(self._path(name), json.dumps(value))
