# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units of the collection's own on a host, with their files: installed, brought up to date while they run, and removed."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from typing import Mapping, Sequence, Union

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, Host

Content = Union[str, bytes]
"""Of a file: text, or the bytes of a program."""


@dataclass(frozen=True)
class Service:
    """One unit of a template, for one interface.

    ``files``: path -> content, of this interface alone, named after it; where one changes, the unit reloads. ``shared``: the
    unit's own file and its program, which all interfaces have; where one changes, the unit starts anew, or, of those that
    ``keep_on``, reloads. ``former``: programs of earlier versions, which go when this one is written.
    """

    template: str
    title: str
    files: Mapping[str, Content]
    shared: Mapping[str, Content]
    former: Sequence[str] = ()
    keep_on: bool = False


class Services:
    """The services of one interface, in the order in which they start."""

    def __init__(self, runner: Runner, interface: str, services: Sequence[Service]) -> None:
        self._runner = runner
        self._interface = interface
        self._services = services

    def changes(self) -> list[Change]:
        """What has to change.

        :raises CommandFailed: the host does not run systemd.
        """
        found: list[Change] = []
        for service in self._services:
            state = self._unit(service).state()
            if not (state.enabled and state.active):
                found.append(Host(service.title, "started"))
            elif _outdated(service.files) or _outdated(service.shared):
                found.append(Host(service.title, "changed"))
        return found

    def apply(self) -> None:
        """Make these changes.

        :raises CommandFailed: systemd refuses.
        """
        outdated = [(s, _outdated(s.files), _outdated(s.shared)) for s in self._services]
        for service, files, shared in outdated:
            for path, content in {**files, **shared}.items():
                io.write_bytes(path, _as_bytes(content), 0o644)
            for path in service.former:
                io.remove(path)
        if any(path.startswith(UNITS) for _service, _files, shared in outdated for path in shared):
            self._runner.run(["systemctl", "daemon-reload"])
        for service, files, shared in outdated:
            unit = self._unit(service)
            state = unit.state()
            if not state.enabled:
                unit.set_enabled(True)
            if not state.active or (shared and not service.keep_on):
                unit.start()
            elif files or shared:
                unit.reload()
            for other in self._others(service) if shared else ():
                verb = "reload" if service.keep_on else "try-restart"
                self._runner.run(["systemctl", verb, f"{service.template}@{other}.service"], check=False)

    def removals(self) -> list[Change]:
        """What has to go.

        :raises CommandFailed: the host does not run systemd.
        """
        return [Host(service.title, "removed") for service in self._services if any(map(os.path.exists, service.files))]

    def remove(self) -> None:
        """Stop, last one first, and remove the files; what other interfaces need stays."""
        for service in reversed(self._services):
            unit = self._unit(service)
            state = unit.state()
            if state.known:
                unit.stop()
                unit.set_enabled(False)
            for path in service.files:
                io.remove(path)
            if not self._others(service):
                for path in (*service.shared, *service.former):
                    io.remove(path)
        for directory in (CONFIG, PROGRAMS):
            io.remove_if_empty(directory)
        self._runner.run(["systemctl", "daemon-reload"])

    def _others(self, service: Service) -> list[str]:
        """The other interfaces that have this service, by their files."""
        found: set[str] = set()
        for folder, name in map(os.path.split, service.files):
            end = name[len(self._interface) :]
            paths = glob.glob(os.path.join(glob.escape(folder), "*" + glob.escape(end)))
            found.update(os.path.basename(path)[: -len(end)] for path in paths)
        return sorted(found - {self._interface})

    def _unit(self, service: Service) -> Unit:
        return Unit(self._runner, self._interface, service.template)


def vrrp_here(directory: str = CONFIG) -> list[str]:
    """The interfaces for which this host stands by, by its files."""
    return _having(".vrrp.json", directory)


def bgp_here(directory: str = CONFIG) -> list[str]:
    """The networks that this host routes for, by its files; each by its interface."""
    return _having(".bgp.json", directory)


def _having(end: str, directory: str) -> list[str]:
    return sorted(name[: -len(end)] for name in os.listdir(directory) if name.endswith(end)) if os.path.isdir(directory) else []


def _outdated(files: Mapping[str, Content]) -> dict[str, Content]:
    return {path: content for path, content in files.items() if io.read_bytes(path) != _as_bytes(content)}


def _as_bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8")
