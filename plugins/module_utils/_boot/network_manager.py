# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface that NetworkManager makes at boot."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.kept_by_files import BootFiles
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import NETWORK_MANAGER
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.boot_files import BootFile
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager_files import (
    network_manager_files,
    uuid_of,
)

_NOT_RUNNING = 8
"""Exit status of nmcli (nmcli(1))."""


class NetworkManager(BootFiles):
    """Its keyfile. An interface that it made at boot it lets go of with the first change, until the next boot; one that was there
    before it read the file it leaves alone. To apply the file again it would set endpoints that have moved since, and it refuses
    where the MTU changes.
    """

    title = "NetworkManager"
    unit = "NetworkManager.service"
    directory = NETWORK_MANAGER
    endings = (".nmconnection",)

    def __init__(self, host: Host, name: str, source: str) -> None:
        super().__init__(host, name, source)
        self._uuid = uuid_of(name)

    def keep(self, desired: Config) -> None:
        """Write the file, and have it read.

        :raises CommandFailed: NetworkManager runs and does not take it.
        """
        super().keep(desired)
        self._nmcli("connection", "load", self._path(f"{self._stem}.nmconnection"))
        if self._nmcli("-g", "GENERAL.CON-UUID", "device", "show", self._name, check=False).strip() == self._uuid:
            self._nmcli("device", "set", self._name, "managed", "no")

    def release(self, desired: Config) -> None:  # noqa: ARG002 - nothing of it is left there
        """It runs on, and is not managed any more."""
        if self.keeps():
            self.stop()

    def stop(self) -> None:
        """Without its connection: a device that goes would be made again."""
        if not self.keeps():
            return
        self._nmcli("device", "set", self._name, "managed", "no", check=False)
        self._nmcli("connection", "delete", "uuid", self._uuid, check=False)
        self.forget()

    def _nmcli(self, *words: str, check: bool = True) -> str:
        """What it prints; nothing where it does not run, or is not there any more."""
        if self._host.which("nmcli") is None:
            return ""
        done = self._host.run(["nmcli", *words], check=False)
        if check and done.status not in (0, _NOT_RUNNING):
            raise CommandFailed(f"nmcli {' '.join(words)}: exit status {done.status}: {(done.err or done.out).strip()}")
        return done.out

    def _files(self, desired: Config) -> list[BootFile]:
        return network_manager_files(self._name, desired, self._stem, self._source)
