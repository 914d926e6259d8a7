# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit that resolves host names of endpoints: installed where an interface has some, and gone with the last one."""

from __future__ import annotations

import glob
import os
import sys

from ansible_collections.meshwork.wireguard.plugins.module_utils import io, resolver
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.changes import Change, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.late import has_late_names
from ansible_collections.meshwork.wireguard.plugins.module_utils.archive import source_of
from ansible_collections.meshwork.wireguard.plugins.module_utils.runner import Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils.wg_quick import Unit

PROGRAM = "/usr/local/lib/meshwork-wireguard/resolver.py"
UNIT = "/etc/systemd/system/meshwork-endpoints@.service"
_UNIT = """\
[Unit]
Description=Host names of the WireGuard endpoints of %i
PartOf=wg-quick@%i.service
After=wg-quick@%i.service

[Service]
ExecStart={python} -I {program} %i
Restart=always
RestartSec=5

[Install]
WantedBy=wg-quick@%i.service
"""


class LateEndpoints:
    """The unit of one interface. ``before`` and ``after`` are texts of its file; None where it does not run."""

    def __init__(self, runner: Runner, name: str, directory: str, program: str = PROGRAM, unit: str = UNIT) -> None:
        self._runner = runner
        self._directory = directory
        self._unit = Unit(runner, name, "meshwork-endpoints")
        python = sys.executable
        self._files = {program: source_of(resolver.__name__), unit: _UNIT.format(python=python, program=program)}

    def changes(self, before: str | None, after: str | None) -> list[Change]:
        """What has to change. Hosts without names are not asked for anything.

        :raises CommandFailed: the host does not run systemd.
        """
        if not has_late_names(before) and not has_late_names(after):
            return []
        state = self._unit.state()
        if not has_late_names(after):
            return [Host("endpoints", "stopped")] if state.enabled or state.active else []
        right = state.enabled and state.active and self._outdated() == []
        return [] if right else [Host("endpoints", "started")]

    def apply(self, before: str | None, after: str | None) -> None:
        """Make these changes.

        :raises CommandFailed: systemd refuses.
        """
        for _change in self.changes(before, after):
            if has_late_names(after):
                self._start()
            else:
                self._stop()

    def _outdated(self) -> list[str]:
        return [path for path, text in self._files.items() if io.read_text(path) != text]

    def _start(self) -> None:
        outdated = self._outdated()
        for path in outdated:
            io.write_text(path, self._files[path], 0o644)
        if outdated:
            self._runner.run(["systemctl", "daemon-reload"])
        self._unit.set_enabled(True)
        self._unit.start()

    def _stop(self) -> None:
        self._unit.stop()
        self._unit.set_enabled(False)
        if any(has_late_names(io.read_text(path)) for path in glob.glob(os.path.join(self._directory, "*.conf"))):
            return
        for path in self._files:
            io.remove(path)
        self._runner.run(["systemctl", "daemon-reload"])
