# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface that another program made, and that is left as it is until something has to change.

With the first change the collection writes its own file, and gives the others a name that no program reads.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.found import Found, found_interface
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.network_manager import NetworkManager
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.networkd import Networkd
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import NETWORK_MANAGER, NETWORKD
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

REPLACED = ".replaced-by-meshwork"


class Adopted:
    """The files of others for one interface."""

    def __init__(self, host: Host, name: str, path: str, adopted: Mapping[str, Any]) -> None:
        """
        :param path: of the interface's own file, which may be one of theirs.
        :param adopted: ``by`` and ``files``.
        """
        self._host = host
        self._name = name
        self._path = path
        self._by = str(adopted["by"])
        self._given = tuple(adopted.get("files") or ())

    def standing(self) -> Found | None:
        """The interface as they have it; None if it has been taken over.

        :raises ValueError: their files cannot be read, or the interface has no private key.
        """
        if any(self._host.exists(file + REPLACED) for file in self._given):
            return None
        if not any(map(self._host.exists, self._given)) and self._host.exists(self._path):
            return None
        found = found_interface(self._host, self._name)
        if found.config is None:
            raise ValueError(f"{found.error}; correct it, or remove the interface from wireguard_interfaces")
        if found.config.private_key is None:
            raise ValueError("has no private key, neither in its files nor live; set it up, or remove 'adopted'")
        return found

    def moves(self, found: Found | None) -> list[Change]:
        """The files that get another name."""
        return [HostChange(f"file {file}", f"renamed, with {REPLACED} at the end") for file in self._files(found)]

    def stays(self, found: Found | None) -> list[str]:
        """What the user has to know of files that keep their names."""
        shared = found.shared if found else ()
        return [f"interface {self._name}: {file} stays, because it is for other interfaces, too" for file in shared]

    def move_away(self, found: Found | None, desired: Config, backend: str, restart: bool) -> list[str]:
        """Rename the files; the interface keeps running. Returns those renamed.

        :param backend: what will bring the interface up at boot.
        :param restart: the interface does not run now, and starts again afterwards.
        """
        files = list(self._files(found))
        if not files:
            return files
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
        return files

    def move_back(self, files: Sequence[str]) -> None:
        """Give renamed files their names back."""
        for file in files:
            if self._host.exists(file + REPLACED):
                self._host.rename(file + REPLACED, file)

    def _rename(self, files: Sequence[str]) -> None:
        """The interface's own file keeps its name until it is written, so that it is never missing."""
        for file in files:
            if file == self._path:
                self._host.write(file + REPLACED, self._host.read(file) or "")
            else:
                self._host.rename(file, file + REPLACED)

    def _files(self, found: Found | None) -> Iterator[str]:
        shared = found.shared if found else ()
        for file in dict.fromkeys((*self._given, *(found.files if found else ()))):
            own = file == self._path and self._host.exists(file + REPLACED)
            if self._host.exists(file) and not own and file not in shared:
                yield file
