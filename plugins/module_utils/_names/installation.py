# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of a host, what gives them, and its resolvers: installed, updated and removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._names import watching
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import PROGRAM, SETTINGS, UNIT
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.refusals import refuse, refuse_without_dnsmasq
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.resolvers import Resolvers
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.standing import (
    UNIT_FILE,
    has_names,
    runs,
    service_text,
    written,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.ways import networks_up, way_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import RESOLVER, NamesSettings, settings_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

TITLE = "names"
_MAIN = watching.__name__.partition(".module_utils.")[2]


class Names:
    """The names of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._unit = NamedUnit(host, UNIT)

    def bring_about(self, wanted: NamesSettings, check_mode: bool) -> dict[str, Any]:
        """Give the host these names from now on, as long as their interfaces are up.

        :raises ValueError: the host cannot have them so, with the reason and the remedy; nothing has changed.
        :raises CommandFailed: systemd, or systemd-resolved, refuses.
        """
        refuse(self._host, wanted)
        changes = self._changes(wanted)
        if changes and not check_mode:
            refuse_without_dnsmasq(self._host, wanted)
            former = written(self._host)
            files = {SETTINGS: settings_text(wanted).encode(), UNIT_FILE: service_text().encode(), PROGRAM: archive(_MAIN)}
            outdated = {path: text for path, text in files.items() if self._host.read_bytes(path) != text}
            for path, content in outdated.items():
                self._host.write_bytes(path, content, 0o644)
            if UNIT_FILE in outdated:
                self._host.run(["systemctl", "daemon-reload"])
            Resolvers(self._host).apply(wanted)
            if not runs(self._host):
                self._unit.set_enabled(True)
                self._unit.start()
            else:  # also if nothing is outdated: an earlier run may have ended before this
                self._unit.reload()
            self._take(former, wanted)  # now that the unit no longer gives them
            way_of(self._host, wanted).apply(networks_up(self._host, wanted))
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Take all names, and remove what gave them."""
        changes: list[Change] = [HostChange(TITLE, "removed")] if self._host.exists(SETTINGS) else []
        if changes and not check_mode:
            former = written(self._host)
            if self._unit.state().known:
                self._unit.stop()
                self._unit.set_enabled(False)
            if former is not None:
                way_of(self._host, former).apply({})
            Resolvers(self._host).apply(NamesSettings())
            for path in (SETTINGS, UNIT_FILE, PROGRAM):
                self._host.remove(path)
            for directory in (CONFIG, PROGRAMS):
                self._host.remove_if_empty(directory)
            self._host.run(["systemctl", "daemon-reload"])
        return result_of(changes, None)

    def _changes(self, wanted: NamesSettings) -> list[Change]:
        if not runs(self._host):
            return [HostChange(TITLE, "started")]
        same = self._host.read(SETTINGS) == settings_text(wanted) and self._host.read_bytes(PROGRAM) == archive(_MAIN)
        return [] if same and has_names(self._host) else [HostChange(TITLE, "changed")]

    def _take(self, former: NamesSettings | None, wanted: NamesSettings) -> None:
        """Take the names of another way, and of networks that only systemd-resolved still knows."""
        if former is None:
            return
        if former.way != wanted.way:
            way_of(self._host, former).apply({})
        elif former.way == RESOLVER:
            gone = {name: network for name, network in former.networks.items() if name not in wanted.networks}
            way_of(self._host, replace(former, networks=gone)).apply({})
