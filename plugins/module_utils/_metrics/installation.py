# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer that measures this host's interfaces, its program and its settings: installed, updated and removed."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, STATE, SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics import measuring
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.places import (
    FILE,
    MEMORY,
    PROGRAM,
    SETTINGS,
    UNIT,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.standing import outdated, runs, texts_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MetricsSettings, settings_in
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

TITLE = "metrics"
_MAIN = measuring.__name__.partition(".module_utils.")[2]


class Metrics:
    """The timer of one host, and all that it needs."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._timer = NamedUnit(host, f"{UNIT}.timer")

    def bring_about(self, wanted: MetricsSettings, check_mode: bool) -> dict[str, Any]:
        """Measure from now on.

        :raises CommandFailed: the host does not run systemd, or systemd refuses.
        """
        if not self._host.is_directory(SYSTEMD):
            raise CommandFailed(
                "metrics: this host does not run systemd, whose timer they need; set wireguard_metrics: false here"
            )
        files = self._files(wanted)
        changes = self._changes(files)
        if changes and not check_mode:
            former = self._written()
            for path, content in files.items():
                self._host.write_bytes(path, content, 0o644)
            if former is not None and former.directory != wanted.directory:
                self._host.remove(f"{former.directory}/{FILE}")
            self._host.public_directory(wanted.directory)
            self._host.run(["systemctl", "daemon-reload"])
            self._timer.set_enabled(True)
            self._timer.start()
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Measure no more, and remove what was measured."""
        changes: list[Change] = [HostChange(TITLE, "removed")] if self._host.exists(SETTINGS) else []
        if changes and not check_mode:
            former = self._written()
            if self._timer.state().known:
                self._timer.stop()
                self._timer.set_enabled(False)
                service = NamedUnit(self._host, f"{UNIT}.service")
                service.stop()  # a measurement that is stopped has failed
                service.forget_failure()
            results = [f"{former.directory}/{FILE}"] if former is not None else []
            for path in (*results, MEMORY, *texts_of(self._host, MetricsSettings()), PROGRAM):
                self._host.remove(path)
            for directory in (STATE, CONFIG, PROGRAMS):
                self._host.remove_if_empty(directory)
            self._host.run(["systemctl", "daemon-reload"])
        return result_of(changes, None)

    def _written(self) -> MetricsSettings | None:
        """The settings that are on the host; None if they are missing or damaged."""
        try:
            return settings_in(self._host.read(SETTINGS) or "")
        except ValueError:
            return None

    def _changes(self, files: Mapping[str, bytes]) -> list[Change]:
        if not runs(self._host):
            return [HostChange(TITLE, "started")]
        return [HostChange(TITLE, "changed")] if files else []

    def _files(self, wanted: MetricsSettings) -> dict[str, bytes]:
        """The files to write: path -> content."""
        content = archive(_MAIN)
        current = self._host.read_bytes(PROGRAM) == content
        return {**outdated(self._host, wanted), **({} if current else {PROGRAM: content})}
