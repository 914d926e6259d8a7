# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""wg-quick as a backend."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Collection, Iterator, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_exists
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange


class WgQuick:
    """wg-quick, which reads the interface's file; the file exists with every backend."""

    title = "wg-quick"

    def __init__(self, host: Host, name: str, path: str) -> None:
        """
        :param path: of the file.
        """
        self._host = host
        self._name = name
        self._unit = QuickUnit(host, name, path)
        self._drop_in = f"{SYSTEMD}/wg-quick@{name}.service.d/meshwork.conf"

    def check(self, desired: Config, replaced: Collection[str] = ()) -> None:
        """Refuse nothing."""

    def enabled(self) -> bool:
        """Whether the unit starts at boot."""
        return self._unit.state().enabled

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """Changes of the unit."""
        wanted, state = desired is not None, self._unit.state()
        return [] if state.enabled == wanted or not state.boots else [HostChange("unit", "enabled" if wanted else "disabled")]

    def start(self, desired: Config) -> None:  # noqa: ARG002 - the unit reads the file
        """Start the unit."""
        self._unit.start()

    def enable(self, desired: Config) -> None:  # noqa: ARG002
        """Enable the unit."""
        if not self.enabled():
            self._unit.set_enabled(True)

    def adopt(self) -> None:
        """Mark the unit as started, without running its commands."""
        if not self._unit.state().active and link_exists(self._host, self._name):
            with self._instead("ExecStart=\nExecStart=/bin/true\n"):
                self._unit.start()

    def release(self, desired: Config) -> None:  # noqa: ARG002
        """Disable the unit, and mark it as stopped; the interface keeps running."""
        state = self._unit.state()
        if state.active:
            with self._instead("ExecStop=\n"):
                self._unit.stop()
        if state.enabled:
            self._unit.set_enabled(False)

    def stop(self) -> None:
        """Stop the unit, with its hooks."""
        if self._unit.state().active:
            self._unit.stop()  # succeeds even if the unit's own command fails

    def forget(self) -> None:
        """Disable the unit."""
        if self._unit.state().enabled:
            self._unit.set_enabled(False)

    @contextmanager
    def _instead(self, settings: str) -> Iterator[None]:
        """Replace the unit's commands for a moment."""
        self._host.write(self._drop_in, f"[Service]\n{settings}", 0o644)
        try:
            self._host.run(["systemctl", "daemon-reload"])
            yield
        finally:
            self._host.remove(self._drop_in)
            self._host.remove_if_empty(os.path.dirname(self._drop_in))
            self._host.run(["systemctl", "daemon-reload"], check=False)
