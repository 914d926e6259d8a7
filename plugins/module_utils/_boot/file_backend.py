# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend with files of its own: the common parts of systemd-networkd and NetworkManager.

Both make the device themselves, through the kernel, and set all peers again when they read changed files while it runs. Therefore
the files are only for the boot. Until then, ``ip`` and ``wg`` make the interface, and they make all changes.
"""

from __future__ import annotations

import contextlib
import grp
import os
import time
from typing import Collection, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import kernel_has_wireguard
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_kind, read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.boot_files import BootFile, check_backend
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.sections import read_sections
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare

STEM = "05-meshwork-"
"""The start of the files' names. They sort early, because the first file that matches an interface counts."""


class FileBackend:
    """The files of one interface in the program's directory."""

    title = ""
    unit = ""
    directory = ""
    endings: tuple[str, ...] = ()
    """Of its files' names."""
    group: str | None = None
    """The group that must read them if the program does not run as root."""

    def __init__(self, host: Host, name: str, source: str) -> None:
        """
        :param source: path of the file of the interface in the format of wg-quick.
        """
        self._host = host
        self._name = name
        self._source = source
        self._stem = STEM + name

    def check(self, desired: Config, replaced: Collection[str] = ()) -> None:
        """Refuse an interface that the program cannot bring up on this host.

        :param replaced: files of others that go away.
        :raises ValueError: with the reason and the remedy.
        """
        check_backend(self.title, desired)
        self._files(desired)
        if self._host.run(["systemctl", "is-enabled", self.unit], check=False).status != 0:
            raise ValueError(
                f"{self.title} is not enabled on this host, so nothing would make the interface at the next boot; enable "
                f"{self.unit} (it also manages the other interfaces), or use the backend wg-quick"
            )
        if link_kind(self._host, self._name) != "wireguard" and not kernel_has_wireguard(self._host):
            raise ValueError(
                f"{self.title} makes the device itself, through the kernel, and the kernel of this host has no WireGuard; "
                "boot one that has it (Linux 5.6 or later), or use the backend wg-quick"
            )
        for path in (path for path in self._others() if path not in replaced):
            raise ValueError(f"{path} also makes an interface with this name; remove it")

    def enabled(self) -> bool:
        """Whether the files exist."""
        return bool(self._existing())

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """Changes of the files."""
        existing = self._existing()
        if desired is None:
            return [HostChange(self.title, "removed")] if existing else []
        if not self._outdated(desired):
            return []
        return [HostChange(self.title, "changed" if existing else "created")]

    def start(self, desired: Config) -> None:
        """Make the interface now, as the program would.

        :raises CommandFailed: it did not come up; nothing of it remains.
        """
        self._host.run(["ip", "link", "add", "dev", self._name, "type", "wireguard"])
        try:
            self._host.run(["ip", "link", "set", "up", "dev", self._name])
            self._let_program_react()
            live = read_live(self._host, self._name, desired.table)
            if live is None:
                raise CommandFailed(f"interface {self._name} disappeared after it was made")
            public = public_key_of(self._host, desired.private_key or "")
            change_live(self._host, self._name, desired, compare(desired, public, None, live, time.time()))
        except CommandFailed:
            self._host.run(["ip", "link", "delete", "dev", self._name], check=False)
            raise

    def _let_program_react(self) -> None:
        """Wait until the program has reacted to the new link, and undo that."""

    def enable(self, desired: Config) -> None:
        """Write the files."""
        for file in self._outdated(desired):
            if file.secret:
                self._host.write(self._path(file.name), file.text, self._closed, self._group)
            else:
                self._host.write(self._path(file.name), file.text, 0o644)

    def adopt(self) -> None:
        """Do nothing: the program adopts it at the next boot."""

    def stop(self) -> None:
        """Do nothing: the program does not bring it back."""

    def forget(self) -> None:
        """Remove the files."""
        for path in self._existing():
            self._host.remove(path)

    def _files(self, desired: Config) -> list[BootFile]:
        raise NotImplementedError(self.title)

    @property
    def _group(self) -> int | None:
        with contextlib.suppress(KeyError):
            return grp.getgrnam(self.group).gr_gid if self.group else None
        return None

    @property
    def _closed(self) -> int:
        return 0o600 if self._group is None else 0o640

    def _outdated(self, desired: Config) -> list[BootFile]:
        return [
            file
            for file in self._files(desired)
            if self._host.read(self._path(file.name)) != file.text
            or (file.secret and self._host.mode_of(self._path(file.name)) != self._closed)
            or self._host.owner_of(self._path(file.name)) != os.geteuid()
        ]

    def _existing(self) -> list[str]:
        return [path for path in (self._path(self._stem + ending) for ending in self.endings) if self._host.exists(path)]

    def _others(self) -> list[str]:
        """Other files that make an interface with this name."""
        others = [name for name in self._host.names(self.directory) if not name.startswith(STEM)]
        return [path for path in map(self._path, others) if self._makes(path)]

    def _makes(self, path: str) -> bool:
        try:
            sections = read_sections(self._host.read(path) or "")
        except (ValueError, OSError):
            return False
        names = [section.last(key) for section in sections for key in ("Name", "interface-name") if section.title != "Match"]
        return self._name in names

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name)
