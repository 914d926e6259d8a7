# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface that NetworkManager makes at boot."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.file_backend import FileBackend
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


class NetworkManager(FileBackend):
    """Its keyfile. It stops managing an interface that it made at boot with the first change, until the next boot. An interface
    that existed before it read the file it leaves alone. If it applied the file again, it would overwrite endpoints that have
    moved since, and it would refuse a new MTU.
    """

    title = "NetworkManager"
    unit = "NetworkManager.service"
    directory = NETWORK_MANAGER
    endings = (".nmconnection",)

    def __init__(self, host: Host, name: str, source: str) -> None:
        super().__init__(host, name, source)
        self._uuid = uuid_of(name)

    def enable(self, desired: Config) -> None:
        """Write the file, and make NetworkManager load it.

        :raises CommandFailed: NetworkManager runs and refuses it.
        """
        super().enable(desired)
        self._nmcli("connection", "load", self._path(f"{self._stem}.nmconnection"))
        if self._nmcli("-g", "GENERAL.CON-UUID", "device", "show", self._name, check=False).strip() == self._uuid:
            self._nmcli("device", "set", self._name, "managed", "no")

    def release(self, desired: Config) -> None:  # noqa: ARG002 - nothing of it remains
        """Leave it running; NetworkManager no longer manages it."""
        if self.enabled():
            self.stop()

    def let_go(self) -> None:
        """Stop managing an interface that it made from another file; the interface keeps running."""
        self._nmcli("device", "set", self._name, "managed", "no", check=False)  # fails if it does not know the interface

    def read_again(self) -> None:
        """Read the files again, some of which are gone."""
        self._nmcli("connection", "reload")

    def stop(self) -> None:
        """Delete its connection: otherwise NetworkManager would make a removed device again."""
        if not self.enabled():
            return
        self._nmcli("device", "set", self._name, "managed", "no", check=False)
        self._nmcli("connection", "delete", "uuid", self._uuid, check=False)
        self.forget()

    def _nmcli(self, *words: str, check: bool = True) -> str:
        """Its output; empty if NetworkManager is not installed, or does not run."""
        if self._host.which("nmcli") is None:
            return ""
        done = self._host.run(["nmcli", *words], check=False)
        if check and done.status not in (0, _NOT_RUNNING):
            raise CommandFailed(f"nmcli {' '.join(words)}: exit status {done.status}: {(done.err or done.out).strip()}")
        return done.out

    def _files(self, desired: Config) -> list[BootFile]:
        return network_manager_files(self._name, desired, self._stem, self._source)
