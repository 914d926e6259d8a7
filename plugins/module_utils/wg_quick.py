# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""wg-quick under systemd: the unit ``wg-quick@NAME``, its start and stop; and other units that an interface has."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.changes import Change, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils.live import is_there
from ansible_collections.meshwork.wireguard.plugins.module_utils.runner import CommandFailed, Runner

DROP_INS = "/run/systemd/system"


class Unit:
    """The unit of one interface."""

    def __init__(self, runner: Runner, interface: str, template: str = "wg-quick") -> None:
        self.name = f"{template}@{interface}.service"
        self._runner = runner

    def state(self) -> UnitState:
        """Ask systemd.

        :raises CommandFailed: the host does not run systemd.
        """
        done = self._runner.run(["systemctl", "show", "--property=ActiveState,UnitFileState,LoadState", self.name], check=False)
        if done.status != 0:
            raise CommandFailed(f"systemd does not answer on this host, and wg-quick is run by it here: {done.err.strip()}")
        return UnitState(dict(line.partition("=")[::2] for line in done.out.splitlines() if "=" in line))

    def start(self) -> None:
        """Start, also after a failure.

        :raises CommandFailed: with the last lines of the unit's journal.
        """
        self._runner.run(["systemctl", "reset-failed", self.name], check=False)
        self._act("restart")

    def reload(self) -> None:
        """Read the files again, without a start."""
        self._act("reload")

    def stop(self) -> None:
        """Stop; hooks run as they stand in the file now."""
        self._act("stop")

    def set_enabled(self, enabled: bool) -> None:
        """Start at boot, or not."""
        self._act("enable" if enabled else "disable")

    def _act(self, verb: str) -> None:
        done = self._runner.run(["systemctl", verb, self.name], check=False, timeout=120)
        if done.status != 0:
            log = self._runner.run(["journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit", self.name], check=False)
            raise CommandFailed(f"systemctl {verb} {self.name}: {done.err.strip()}\n{log.out.strip()}")


class UnitState:
    """A unit's properties as systemd names them."""

    def __init__(self, properties: dict[str, str]) -> None:
        self.enabled = properties.get("UnitFileState") == "enabled"
        self.active = properties.get("ActiveState") == "active"
        self.known = properties.get("LoadState") == "loaded"


class WgQuick:
    """wg-quick as what keeps an interface: from the file in its format, which is there whatever keeps it."""

    title = "wg-quick"

    def __init__(self, runner: Runner, name: str, drop_ins: str = DROP_INS) -> None:
        self._runner = runner
        self._name = name
        self._unit = Unit(runner, name)
        self._drop_in = f"{drop_ins}/{self._unit.name}.d/meshwork.conf"

    def check(self, desired: Config) -> None:
        """Nothing to refuse."""

    def keeps(self) -> bool:
        """Whether the unit starts at boot."""
        return self._unit.state().enabled

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """In the unit."""
        wanted = desired is not None
        return [] if self.keeps() == wanted else [Host("unit", "enabled" if wanted else "disabled")]

    def start(self, desired: Config) -> None:  # noqa: ARG002 - the unit reads the file
        """By the unit."""
        self._unit.start()

    def keep(self, desired: Config) -> None:  # noqa: ARG002
        """Enable the unit."""
        if not self.keeps():
            self._unit.set_enabled(True)

    def adopt(self) -> None:
        """The unit counts as started, without its commands."""
        if not self._unit.state().active and is_there(self._runner, self._name):
            with self._instead("ExecStart=\nExecStart=/bin/true\n"):
                self._unit.start()

    def release(self, desired: Config) -> None:  # noqa: ARG002
        """Disable the unit, which counts as stopped; the interface runs on."""
        state = self._unit.state()
        if state.active:
            with self._instead("ExecStop=\n"):
                self._unit.stop()
        if state.enabled:
            self._unit.set_enabled(False)

    def stop(self) -> None:
        """With its hooks."""
        if self._unit.state().active:
            self._unit.stop()  # succeeds also where the unit's own command fails

    def forget(self) -> None:
        """Disable the unit."""
        if self._unit.state().enabled:
            self._unit.set_enabled(False)

    @contextmanager
    def _instead(self, settings: str) -> Iterator[None]:
        """Other commands in the unit, for a moment."""
        io.write_text(self._drop_in, f"[Service]\n{settings}", 0o644)
        try:
            self._runner.run(["systemctl", "daemon-reload"])
            yield
        finally:
            io.remove(self._drop_in)
            io.remove_if_empty(os.path.dirname(self._drop_in))
            self._runner.run(["systemctl", "daemon-reload"], check=False)
