# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface that another program made, and that is left as it is until something has to change.

With the first change the collection writes its own file, and gives the others a name that no program reads.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.found import Found, found_interface
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.network_manager import NetworkManager
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.networkd import Networkd
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import REPLACED
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import HAND, NETWORK_MANAGER, NETWORKD
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange


class Adopted:
    """The files of others for one interface."""

    def __init__(self, host: Host, name: str, path: str, adopted: Mapping[str, Any]) -> None:
        """
        :param path: of the interface's own file, which may be one of theirs.
        :param adopted: ``by`` and ``files``; empty for an interface that no other program made.
        """
        self._host = host
        self._name = name
        self._path = path
        self._by = str(adopted.get("by", HAND))
        self._given = tuple(adopted.get("files") or ())

    def standing(self) -> Found | None:
        """The interface as they have it; None if it has been taken over.

        :raises ValueError: their files cannot be read, or the interface has no private key.
        """
        if any(self._host.exists(file + REPLACED) for file in self._given):
            return None
        if self._path not in self._given and self._host.exists(self._path):
            return None
        found = found_interface(self._host, self._name)
        if found.config is None:
            raise ValueError(f"{found.error}; correct it, or remove the interface from wireguard_interfaces")
        if found.config.private_key is None:
            raise ValueError("has no private key, neither in its files nor live; set it up, or remove 'adopted'")
        return found

    def moves(self, found: Found | None) -> list[Change]:
        """The files that get another name."""
        return [HostChange(f"file {file}", f"renamed, with {REPLACED} at the end") for file in self.files(found)]

    def stays(self, found: Found | None) -> list[str]:
        """What the user has to know of files that keep their names."""
        shared = found.shared if found else ()
        return [f"interface {self._name}: {file} stays, because it is for other interfaces, too" for file in shared]

    def keep_own(self) -> None:
        """Keep a copy of the interface's own file, if it is one of theirs. It is written in one step, so it is never missing."""
        if self._path in self._given and not self._host.exists(self._path + REPLACED):
            text = self._host.read(self._path)
            if text is not None:
                self._host.write(self._path + REPLACED, text)

    def move_away(self, found: Found | None, desired: Config, backend: str, restart: bool) -> None:
        """Rename the other files. The collection's are there already, so that a power failure at any point leaves an interface.

        :param backend: what brings the interface up at boot.
        :param restart: the interface does not run now, and starts again afterwards.
        """
        files = [file for file in self.files(found) if file != self._path]
        if not files:
            return
        if self._by == NETWORKD and backend != Networkd.title:
            networkd = Networkd(self._host, self._name, self._path)
            networkd.keep_until_boot(desired)
            if found and found.shared:
                networkd.leave_alone()
        if self._by == NETWORK_MANAGER:
            NetworkManager(self._host, self._name, self._path).let_go()
        self._rename(files)
        if self._by == NETWORK_MANAGER:
            NetworkManager(self._host, self._name, self._path).read_again()
        if self._by == NETWORKD and restart:
            self._host.run(["networkctl", "reload"], check=False)  # fails if it does not run

    def move_back(self, found: Found | None) -> None:
        """Give renamed files their names back, after a failure."""
        for file in dict.fromkeys((*self._given, *(found.files if found else ()))):
            if self._host.exists(file + REPLACED):
                self._host.rename(file + REPLACED, file)

    def _rename(self, files: Sequence[str]) -> None:
        for file in files:
            self._host.rename(file, file + REPLACED)

    def files(self, found: Found | None) -> list[str]:
        """The paths of those that get another name."""
        shared = found.shared if found else ()
        every = dict.fromkeys((*self._given, *(found.files if found else ())))
        own = self._path if self._host.exists(self._path + REPLACED) else None
        return [file for file in every if self._host.exists(file) and file != own and file not in shared]
