# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""wg-quick as one of the programs that can keep an interface."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import is_there
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange


class WgQuick:
    """wg-quick as what keeps an interface: from the file in its format, which is there whatever keeps it."""

    title = "wg-quick"

    def __init__(self, host: Host, name: str, path: str) -> None:
        """
        :param path: of the file.
        """
        self._host = host
        self._name = name
        self._unit = QuickUnit(host, name, path)
        self._drop_in = f"{SYSTEMD}/wg-quick@{name}.service.d/meshwork.conf"

    def check(self, desired: Config) -> None:
        """Nothing to refuse."""

    def keeps(self) -> bool:
        """Whether the unit starts at boot."""
        return self._unit.state().enabled

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """In the unit."""
        wanted, state = desired is not None, self._unit.state()
        return [] if state.enabled == wanted or not state.boots else [HostChange("unit", "enabled" if wanted else "disabled")]

    def start(self, desired: Config) -> None:  # noqa: ARG002 - the unit reads the file
        """By the unit."""
        self._unit.start()

    def keep(self, desired: Config) -> None:  # noqa: ARG002
        """Enable the unit."""
        if not self.keeps():
            self._unit.set_enabled(True)

    def adopt(self) -> None:
        """The unit counts as started, without its commands."""
        if not self._unit.state().active and is_there(self._host, self._name):
            with self._instead("ExecStart=\nExecStart=/bin/true\n"):
                self._unit.start()

    def release(self, desired: Config) -> None:  # noqa: ARG002
        """Disable the unit, which counts as stopped; the interface runs on."""
        state = self._unit.state()
        if state.active:
            with self._instead("ExecStop=\n"):
                self._unit.stop()
        if state.enabled:
            self._unit.set_enabled(False)

    def stop(self) -> None:
        """With its hooks."""
        if self._unit.state().active:
            self._unit.stop()  # succeeds also where the unit's own command fails

    def forget(self) -> None:
        """Disable the unit."""
        if self._unit.state().enabled:
            self._unit.set_enabled(False)

    @contextmanager
    def _instead(self, settings: str) -> Iterator[None]:
        """Other commands in the unit, for a moment."""
        self._host.write(self._drop_in, f"[Service]\n{settings}", 0o644)
        try:
            self._host.run(["systemctl", "daemon-reload"])
            yield
        finally:
            self._host.remove(self._drop_in)
            self._host.remove_if_empty(os.path.dirname(self._drop_in))
            self._host.run(["systemctl", "daemon-reload"], check=False)
