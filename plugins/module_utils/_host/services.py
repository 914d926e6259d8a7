# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own units on a host, with their files: installed, updated while they run, and removed."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence, Union

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

Content = Union[str, Callable[[], bytes]]
"""Of a file: text, or what makes the bytes of a program."""


@dataclass(frozen=True)
class Service:
    """One unit of a template, for one interface.

    ``files``: path -> content, named after the interface, and only for it; if one changes, the unit reloads. ``shared``: the
    unit's own file and its program, for all interfaces; if one changes, the unit restarts, or reloads with ``keep_on``.
    ``former``: programs of earlier versions, which are removed when this one is written.
    """

    template: str
    title: str
    files: Mapping[str, Content]
    shared: Mapping[str, Content]
    former: Sequence[str] = ()
    keep_on: bool = False


class Services:
    """The services of one interface, in the order in which they start."""

    def __init__(self, host: Host, interface: str, services: Sequence[Service]) -> None:
        self._host = host
        self._interface = interface
        self._services = services

    def changes(self) -> list[Change]:
        """The changes that :meth:`apply` would make.

        :raises CommandFailed: the host does not run systemd.
        """
        changes: list[Change] = []
        for service in self._services:
            state = self._unit(service).state()
            if not (state.enabled and state.active):
                changes.append(HostChange(service.title, "started"))
            elif self._outdated(service.files) or self._outdated(service.shared):
                changes.append(HostChange(service.title, "changed"))
        return changes

    def apply(self) -> None:
        """Make these changes.

        :raises CommandFailed: systemd refuses.
        """
        outdated = [(s, self._outdated(s.files), self._outdated(s.shared)) for s in self._services]
        for service, files, shared in outdated:
            for path, content in {**files, **shared}.items():
                self._host.write_bytes(path, _as_bytes(content), 0o644)
            for path in service.former:
                self._host.remove(path)
        if any(path.startswith(UNITS) for _service, _files, shared in outdated for path in shared):
            self._host.run(["systemctl", "daemon-reload"])
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
                self._host.run(["systemctl", verb, f"{service.template}@{other}.service"], check=False)

    def removals(self) -> list[Change]:
        """The changes that :meth:`remove` would make.

        :raises CommandFailed: the host does not run systemd.
        """
        return [HostChange(service.title, "removed") for service in self._services if any(map(self._host.exists, service.files))]

    def remove(self) -> None:
        """Stop the services, last one first, and remove their files, except those that other interfaces need."""
        if not self.removals():
            return
        for service in reversed(self._services):
            unit = self._unit(service)
            state = unit.state()
            if state.known:
                unit.stop()
                unit.set_enabled(False)
            for path in service.files:
                self._host.remove(path)
            if not self._others(service):
                for path in (*service.shared, *service.former):
                    self._host.remove(path)
        for directory in (CONFIG, PROGRAMS):
            self._host.remove_if_empty(directory)
        self._host.run(["systemctl", "daemon-reload"])

    def _others(self, service: Service) -> list[str]:
        """The other interfaces that have this service, by their files."""
        interfaces: set[str] = set()
        for folder, name in map(os.path.split, service.files):
            end = name[len(self._interface) :]
            paths = self._host.glob(os.path.join(glob.escape(folder), "*" + glob.escape(end)))
            interfaces.update(os.path.basename(path)[: -len(end)] for path in paths)
        return sorted(interfaces - {self._interface})

    def _outdated(self, files: Mapping[str, Content]) -> dict[str, Content]:
        return {path: content for path, content in files.items() if self._host.read_bytes(path) != _as_bytes(content)}

    def _unit(self, service: Service) -> Unit:
        return Unit(self._host, self._interface, service.template)


def vrrp_here(host: Host) -> list[str]:
    """The interfaces with VRRP on this host, by its files."""
    return _having(host, ".vrrp.json")


def bgp_here(host: Host) -> list[str]:
    """The interfaces of the networks with BGP on this host, by its files."""
    return _having(host, ".bgp.json")


def _having(host: Host, end: str) -> list[str]:
    return [name[: -len(end)] for name in host.names(CONFIG) if name.endswith(end)]


def _as_bytes(content: Content) -> bytes:
    return content.encode("utf-8") if isinstance(content, str) else content()
