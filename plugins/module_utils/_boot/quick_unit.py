# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service that runs wg-quick on this host: a systemd unit, an OpenRC service, or only its own commands."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Protocol

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import OPENRC, OPENRC_AT_BOOT, SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit, UnitState
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_exists

_NO_SYSTEMD = ("has not been booted with systemd", "not found on this host")
_PATIENCE = 120
"""Seconds that a start may take."""


class _Service(Protocol):
    def state(self) -> UnitState: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def set_enabled(self, enabled: bool) -> None: ...


class QuickUnit:
    """The service of one interface; the host's init system is detected once, on first use."""

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
        if self._host.exists(SYSTEMD):
            return unit
        try:
            unit.state()
            return unit
        except CommandFailed as failure:
            if not any(sign in str(failure) for sign in _NO_SYSTEMD):
                raise  # systemd runs, but fails
        if self._host.which("rc-service"):
            return OpenRc(self._host, self._name)
        return Plain(self._host, self._name, self._path)

    def state(self) -> UnitState:
        """Its state."""
        return self._service.state()

    def start(self) -> None:
        """Start it, even after a failure.

        :raises CommandFailed: with wg-quick's output.
        """
        self._service.start()

    def stop(self) -> None:
        """Stop it; the hooks of the current file run.

        :raises CommandFailed: it does not stop.
        """
        self._service.stop()

    def set_enabled(self, enabled: bool) -> None:
        """Start it at boot, or not."""
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
        """Its state; a service that was never made is neither enabled nor active."""
        known = self._host.has_name(self._link)
        active = known and self._run("rc-service", self._service, "status") == ""
        return UnitState(self._host.has_name(self._boot), active, known)

    def start(self) -> None:
        """Reset a failure, and start it."""
        if not self._host.exists(self._template):
            raise CommandFailed(f"OpenRC runs this host, and {self._template} is missing; install wireguard-tools-openrc")
        if not self._host.has_name(self._link):
            self._host.link(self._link, os.path.basename(self._template))
        if not self.state().active:
            self._run("rc-service", self._service, "zap")
        self._must("rc-service", self._service, "restart")

    def stop(self) -> None:
        """Stop it."""
        self._must("rc-service", self._service, "stop")

    def set_enabled(self, enabled: bool) -> None:
        """Add it to the runlevel ``default``, or remove it; the link exists only while it is enabled."""
        self._must("rc-update", "add" if enabled else "delete", self._service, "default")
        if not enabled:
            self._host.remove(self._link)

    def _run(self, *argv: str) -> str:
        """Empty on success, otherwise the error output."""
        done = self._host.run(argv, check=False, timeout=_PATIENCE)
        return "" if done.status == 0 else (done.err + done.out).strip() or f"exit status {done.status}"

    def _must(self, *argv: str) -> None:
        error = self._run(*argv)
        if error:
            raise CommandFailed(f"{' '.join(argv)}: {error}")


class Plain:
    """No service: ``wg-quick up`` and ``down``. Nothing starts the interface at boot."""

    def __init__(self, host: Host, name: str, path: str) -> None:
        self._host = host
        self._name = name
        self._path = path

    def state(self) -> UnitState:
        """Active if the interface exists."""
        return UnitState(False, link_exists(self._host, self._name), False, boots=False)

    def start(self) -> None:
        """Start it, or restart it."""
        if link_exists(self._host, self._name):
            self.stop()
        self._host.run(["wg-quick", "up", self._path], timeout=_PATIENCE)

    def stop(self) -> None:
        """Stop it. If the file is missing or damaged, the caller deletes the interface."""
        self._host.run(["wg-quick", "down", self._path], check=False, timeout=_PATIENCE)

    def set_enabled(self, enabled: bool) -> None:
        """Do nothing: without a service there is no start at boot."""
