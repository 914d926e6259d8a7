# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs wg-quick on this host: a unit of systemd, a service of OpenRC, or nothing but its own commands."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Protocol

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import OPENRC, OPENRC_AT_BOOT
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit, UnitState
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import is_there

_NO_SYSTEMD = ("has not been booted with systemd", "not found on this host")
_PATIENCE = 120
"""Seconds that a start may take."""


class _Service(Protocol):
    def state(self) -> UnitState: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def set_enabled(self, enabled: bool) -> None: ...


class QuickUnit:
    """Of one interface; the host is asked once, when it is needed."""

    def __init__(self, host: Host, name: str, path: str) -> None:
        """
        :param path: of the interface's file.
        """
        self._host = host
        self._name = name
        self._path = path

    @cached_property
    def _service(self) -> _Service:
        unit = Unit(self._host, self._name)
        try:
            unit.state()
            return unit
        except CommandFailed as failure:
            if not any(sign in str(failure) for sign in _NO_SYSTEMD):
                raise  # it is there, and ill
        if self._host.which("rc-service"):
            return OpenRc(self._host, self._name)
        return Plain(self._host, self._name, self._path)

    def state(self) -> UnitState:
        """How it is."""
        return self._service.state()

    def start(self) -> None:
        """Start, also after a failure.

        :raises CommandFailed: with what wg-quick said.
        """
        self._service.start()

    def stop(self) -> None:
        """Stop; hooks run as they stand in the file now.

        :raises CommandFailed: it does not stop.
        """
        self._service.stop()

    def set_enabled(self, enabled: bool) -> None:
        """Start at boot, or not."""
        self._service.set_enabled(enabled)


class OpenRc:
    """The service ``wg-quick.NAME``, a link to the one that comes with the tools (wireguard-tools-openrc of Alpine)."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._service = f"wg-quick.{name}"
        self._template = f"{OPENRC}/wg-quick"
        self._link = f"{OPENRC}/{self._service}"
        self._boot = f"{OPENRC_AT_BOOT}/{self._service}"

    def state(self) -> UnitState:
        """A service that was never made is neither."""
        known = self._host.has_name(self._link)
        active = known and self._run("rc-service", self._service, "status") == ""
        return UnitState(self._host.has_name(self._boot), active, known)

    def start(self) -> None:
        """After forgetting a failure."""
        if not self._host.exists(self._template):
            raise CommandFailed(f"OpenRC runs this host, and {self._template} is missing; install wireguard-tools-openrc")
        if not self._host.has_name(self._link):
            self._host.link(self._link, os.path.basename(self._template))
        if not self.state().active:
            self._run("rc-service", self._service, "zap")
        self._must("rc-service", self._service, "restart")

    def stop(self) -> None:
        """Stop."""
        self._must("rc-service", self._service, "stop")

    def set_enabled(self, enabled: bool) -> None:
        """In the runlevel ``default``; a service that is not started at boot is not there at all."""
        self._must("rc-update", "add" if enabled else "delete", self._service, "default")
        if not enabled:
            self._host.remove(self._link)

    def _run(self, *argv: str) -> str:
        """Empty where it succeeds, otherwise what it said."""
        done = self._host.run(argv, check=False, timeout=_PATIENCE)
        return "" if done.status == 0 else (done.err + done.out).strip() or f"exit status {done.status}"

    def _must(self, *argv: str) -> None:
        said = self._run(*argv)
        if said:
            raise CommandFailed(f"{' '.join(argv)}: {said}")


class Plain:
    """No service: ``wg-quick up`` and ``down``. Nothing starts the interface at boot."""

    def __init__(self, host: Host, name: str, path: str) -> None:
        self._host = host
        self._name = name
        self._path = path

    def state(self) -> UnitState:
        """It is active where the interface is there."""
        return UnitState(False, is_there(self._host, self._name), False, boots=False)

    def start(self) -> None:
        """Anew, where it is there."""
        if is_there(self._host, self._name):
            self.stop()
        self._host.run(["wg-quick", "up", self._path], timeout=_PATIENCE)

    def stop(self) -> None:
        """A file that is gone or damaged does not keep it; the caller deletes what is left then."""
        self._host.run(["wg-quick", "down", self._path], check=False, timeout=_PATIENCE)

    def set_enabled(self, enabled: bool) -> None:
        """There is no boot to start it at."""
