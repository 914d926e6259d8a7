# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units of an interface: ``wg-quick@NAME`` and others."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import split_lines, written

_SIGNS = "%\"'$\\;#"
"""Characters with a special meaning in a word of systemd.service(5)."""
_RUN_DIRECTORY = f"RuntimeDirectory={os.path.basename(RUN)}\nRuntimeDirectoryMode=0700\nRuntimeDirectoryPreserve=yes"


def unit_text(template: str, limits: Sequence[str], **words: object) -> str:
    """The text of a unit's file.

    :param template: with each word in braces, ``{hardening}``, and ``{run_directory}`` if the unit uses ``RUN``.
    :param limits: lines for ``hardening``.
    :raises ValueError: a word that systemd would misread, with its name.
    """
    plain = {name: written(word, f"unit's {name}", _SIGNS, spaces=False) for name, word in words.items()}
    hardening = "\n".join(written(limit, "unit's limit") for limit in limits)
    return template.format(hardening=hardening, run_directory=_RUN_DIRECTORY, **plain)


class NamedUnit:
    """A unit by its whole name."""

    def __init__(self, host: Host, name: str) -> None:
        self.name = name
        self._host = host

    def state(self) -> UnitState:
        """Ask systemd.

        :raises CommandFailed: the host does not run systemd.
        """
        done = self._host.run(["systemctl", "show", "--property=ActiveState,UnitFileState,LoadState", self.name], check=False)
        if done.status != 0:
            raise CommandFailed(f"systemd does not answer on this host: {done.err.strip()}")
        properties = dict(line.partition("=")[::2] for line in split_lines(done.out) if "=" in line)
        return UnitState(
            enabled=properties.get("UnitFileState") == "enabled",
            active=properties.get("ActiveState") == "active",
            known=properties.get("LoadState") == "loaded",
        )

    def start(self) -> None:
        """Start the unit, even after a failure.

        :raises CommandFailed: with the last lines of the unit's journal.
        """
        self.forget_failure()
        self._act("restart")

    def forget_failure(self) -> None:
        """Let systemd forget that the unit has failed, so that one without a file is gone."""
        self._host.run(["systemctl", "reset-failed", self.name], check=False)

    def reload(self) -> None:
        """Make the unit read its files again, without a restart."""
        self._act("reload")

    def stop(self) -> None:
        """Stop the unit; the hooks of the current file run."""
        self._act("stop")

    def set_enabled(self, enabled: bool) -> None:
        """Enable the unit at boot, or disable it."""
        self._act("enable" if enabled else "disable")

    def _act(self, verb: str) -> None:
        done = self._host.run(["systemctl", verb, self.name], check=False, timeout=120)
        if done.status != 0:
            log = self._host.run(["journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit", self.name], check=False)
            raise CommandFailed(f"systemctl {verb} {self.name}: {done.err.strip()}\n{log.out.strip()}")


class Unit(NamedUnit):
    """The unit of one interface."""

    def __init__(self, host: Host, interface: str, template: str = "wg-quick") -> None:
        super().__init__(host, f"{template}@{interface}.service")


@dataclass(frozen=True)
class UnitState:
    """``boots``: whether an init system of the host starts the unit at boot."""

    enabled: bool
    active: bool
    known: bool = True
    boots: bool = True
