# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface that systemd-networkd makes at boot."""

from __future__ import annotations

import time

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.file_backend import FileBackend
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import (
    LINKS,
    NETWORKD,
    NETWORKD_STATES,
    NETWORKD_UNTIL_BOOT,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.boot_files import BootFile, heading
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.networkd_files import networkd_files

PATIENCE = 10
"""Seconds until it has configured a link."""
UNMANAGED = "06-meshwork-"
"""The start of the name of a file that keeps it away from an interface; it comes after the files of the interface."""
_UNDER_WAY = ("pending", "initialized", "configuring")


class Networkd(FileBackend):
    """Its files. systemd-networkd reads them at its next start or reload, or at the next boot."""

    title = "systemd-networkd"
    unit = "systemd-networkd.service"
    group = "systemd-network"
    directory = NETWORKD
    endings = (".key", ".netdev", ".network")

    def __init__(self, host: Host, name: str, source: str) -> None:
        super().__init__(host, name, source)
        self._left = f"{NETWORKD_UNTIL_BOOT}/{self._stem}.network"

    def enable(self, desired: Config) -> None:
        """Write the files."""
        super().enable(desired)
        self._host.remove(self._left)

    def release(self, desired: Config) -> None:
        """Remove the files, but leave it the addresses and routes until the next boot: if they are missing when it reads its
        files again, it removes them from the interface.
        """
        if not self.enabled() and self._host.read(self._left) is None:
            return
        network = self._files(desired)[-1]
        if self._host.read(self._left) != network.text:
            self._host.write(self._left, network.text, 0o644)
        super().forget()

    def leave_alone(self) -> None:
        """Have it leave the interface alone from the next boot on, although a file for other interfaces matches this one, too."""
        text = f"{heading(self._source)}\n[Match]\nName={self._name}\n\n[Link]\nUnmanaged=yes\n"
        self._host.write(self._path(f"{UNMANAGED}{self._name}.network"), text, 0o644)

    def manage_again(self) -> None:
        """Undo :meth:`leave_alone`."""
        self._host.remove(self._path(f"{UNMANAGED}{self._name}.network"))

    def keep_until_boot(self, desired: Config) -> None:
        """Leave it the addresses and routes of an interface whose files go away, see :meth:`release`."""
        self._host.write(self._left, self._files(desired)[-1].text, 0o644)

    def stop(self) -> None:
        """If it knows the interface, make it forget it, so that it does not configure the next one. Only for this must it reload
        its files.
        """
        if self._file() not in self._state() and not self._host.exists(self._left):
            return
        self.forget()
        self._host.run(["networkctl", "reload"], check=False)  # fails if it does not run

    def forget(self) -> None:
        """Remove the files."""
        super().forget()
        self._host.remove(self._left)

    def _let_program_react(self) -> None:
        """Remove the addresses and routes that it sets on a new link, maybe from an older file."""
        end = time.monotonic() + PATIENCE
        while not self._done() and time.monotonic() < end:
            time.sleep(0.1)
        for family in ("-4", "-6"):
            for what in (["address", "flush"], ["route", "flush", "table", "all"]):
                self._host.run(["ip", family, *what, "dev", self._name], check=False)  # fails if there are none

    def _done(self) -> bool:
        """Whether it has configured the link, or does not run."""
        if self._host.run(["systemctl", "is-active", "--quiet", self.unit], check=False).status != 0:
            return True
        text = self._state()
        return text != "" and not any(f"ADMIN_STATE={state}" in text for state in _UNDER_WAY)

    def _state(self) -> str:
        """Its state file of the link; empty if it does not know the link, or there is none."""
        number = (self._host.read(f"{LINKS}/{self._name}/ifindex") or "").strip()
        return (self._host.read(f"{NETWORKD_STATES}/{number}") or "") if number else ""

    def _file(self) -> str:
        return f"NETWORK_FILE={self._path(self._stem)}.network"

    def _files(self, desired: Config) -> list[BootFile]:
        return networkd_files(self._name, desired, self._stem, self.directory, self._source)
