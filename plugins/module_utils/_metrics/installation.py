# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer that measures this host's interfaces, its program and its settings: installed, updated and removed."""

from __future__ import annotations

import sys
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, is_current, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import (
    looks_into_processes,
    settings,
    settings_in_place,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, STATE, SYSTEMD, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics import measuring
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MetricsSettings,
    settings_in,
    settings_text,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

SETTINGS = f"{CONFIG}/metrics.json"
TITLE = "metrics"
UNIT = "meshwork-metrics"
_MAIN = measuring.__name__.partition(".module_utils.")[2]
_PROGRAM = path_of(_MAIN)
_RIGHTS = ("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_DAC_OVERRIDE")
"""To read live interfaces, to send echo requests, and to write into a directory that belongs to Prometheus."""
_INSIDE = ("CAP_SYS_ADMIN", "CAP_SYS_PTRACE")
"""To enter namespaces, and to find those of containers."""
_READS = ("ProtectSystem=full", "ProtectKernelModules=yes", "ProtectKernelLogs=yes")
"""It enters namespaces, but makes none, so it may have its own view of the file systems."""
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6")
_SERVICE = """\
[Unit]
Description=Metrics of the WireGuard interfaces
After=network.target

[Service]
Type=oneshot
TimeoutStartSec=900
StateDirectory=meshwork-wireguard
StateDirectoryMode=0700
{hardening}
ExecStart={python} -I {program} {settings}
"""
_TIMER = """\
[Unit]
Description=Metrics of the WireGuard interfaces

[Timer]
OnActiveSec=1
OnUnitActiveSec={interval}
AccuracySec=1

[Install]
WantedBy=timers.target
"""


class Metrics:
    """The timer of one host, and all that it needs."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._timer = NamedUnit(host, f"{UNIT}.timer")

    def pending(self, wanted: MetricsSettings | None) -> str | None:
        """What a run has to do: ``present``, ``absent``, or nothing: ``settled`` if the host measures as it should, None if it
        neither does nor should.

        :param wanted: None: it should not measure.
        """
        if wanted is None:
            return "absent" if self._is_here() else None
        return "settled" if self._is_here() and not self._changes(wanted) else "present"

    def bring_about(self, wanted: MetricsSettings, check_mode: bool) -> dict[str, Any]:
        """Measure from now on.

        :raises CommandFailed: the host does not run systemd, or systemd refuses.
        """
        if not self._host.is_directory(SYSTEMD):
            raise CommandFailed(
                "metrics: this host does not run systemd, whose timer they need; set wireguard_metrics: false here"
            )
        changes = self._changes(wanted)
        if changes and not check_mode:
            former = self._written()
            for path, content in self._outdated(wanted).items():
                self._host.write_bytes(path, content, 0o644)
            if former is not None and former.directory != wanted.directory:
                self._host.remove(f"{former.directory}/{measuring.FILE}")
            self._host.public_directory(wanted.directory)
            self._host.run(["systemctl", "daemon-reload"])
            self._timer.set_enabled(True)
            self._timer.start()
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Measure no more, and remove what was measured."""
        changes: list[Change] = [HostChange(TITLE, "removed")] if self._is_here() else []
        if changes and not check_mode:
            former = self._written()
            if self._timer.state().known:
                self._timer.stop()
                self._timer.set_enabled(False)
                NamedUnit(self._host, f"{UNIT}.service").stop()
            results = [f"{former.directory}/{measuring.FILE}"] if former is not None else []
            for path in (*results, measuring.MEMORY, *_units(self._host, MetricsSettings()), _PROGRAM, SETTINGS):
                self._host.remove(path)
            for directory in (STATE, CONFIG, PROGRAMS):
                self._host.remove_if_empty(directory)
            self._host.run(["systemctl", "daemon-reload"])
        return result_of(changes, None)

    def _is_here(self) -> bool:
        return self._host.exists(SETTINGS)

    def _written(self) -> MetricsSettings | None:
        """The settings that are on the host; None if they are missing or damaged."""
        try:
            return settings_in(self._host.read(SETTINGS) or "")
        except ValueError:
            return None

    def _changes(self, wanted: MetricsSettings) -> list[Change]:
        state = self._timer.state() if self._host.is_directory(SYSTEMD) else None
        if not self._is_here() or state is None or not (state.enabled and state.active):
            return [HostChange(TITLE, "started")]
        return [HostChange(TITLE, "changed")] if self._outdated(wanted) else []

    def _outdated(self, wanted: MetricsSettings) -> dict[str, bytes]:
        texts = {SETTINGS: settings_text(wanted), **_units(self._host, wanted)}
        files = {path: text.encode("utf-8") for path, text in texts.items()}
        outdated = {path: content for path, content in files.items() if self._host.read_bytes(path) != content}
        return outdated if is_current(_MAIN, self._host.read_bytes(_PROGRAM) or b"") else {**outdated, _PROGRAM: archive(_MAIN)}


def _units(host: Host, wanted: MetricsSettings) -> dict[str, str]:
    words = {"python": sys.executable, "program": _PROGRAM, "settings": SETTINGS}
    if wanted.inside:
        limits = [*settings_in_place((*_RIGHTS, *_INSIDE) if looks_into_processes(host) else (), _FAMILIES), *_READS]
    else:
        limits = settings(_RIGHTS, _FAMILIES, [wanted.directory])
    return {
        f"{UNITS}/{UNIT}.service": unit_text(_SERVICE, limits, **words),
        f"{UNITS}/{UNIT}.timer": unit_text(_TIMER, (), interval=wanted.interval),
    }
