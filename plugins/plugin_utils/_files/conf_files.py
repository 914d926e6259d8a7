# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of several hosts in a directory: HOST.conf or HOST/wg0.conf, and likewise in the other formats.

HOST may also hold whole paths, as ``ansible.builtin.fetch`` makes them: HOST/etc/wireguard/wg0.conf.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import (
    NETWORK_MANAGER,
    NETWORKD,
    QUICK,
    Described,
    described,
    fragments,
    is_configuration,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.found import Found
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key

INTERFACE = "wg0"
"""Name of the interface, if the file is named after its host and does not contain it."""
MOST_FILES, MOST_BYTES = 20_000, 1 << 20
"""Limits for all files together, and for each file."""
PLACES = {
    QUICK: "etc/wireguard",
    NETWORKD: "etc/systemd/network",
    NETWORK_MANAGER: "etc/NetworkManager/system-connections",
}
"""Where each program reads its files."""


def found_in_directory(directory: Path) -> tuple[list[Found], list[str]]:
    """The interfaces of all hosts, and why others could not be read, one line each.

    :raises PlanError: there are none of either, or a link leads out of the directory.
    """
    files = _Files(directory)
    interfaces: list[Found] = []
    problems: list[str] = []
    folders = [(directory, None), *((folder, folder.name) for folder in files.folders())]
    for folder, host in folders:
        within = [folder / place for place in PLACES.values()] if host else []
        for place in [folder, *(path for path in within if files.holds(path))]:
            _read(files, place, host, interfaces, problems)
    if not interfaces and not problems:
        raise PlanError(f"{directory}: contains no WireGuard configurations, neither HOST.conf nor HOST/wg0.conf")
    return interfaces, problems


class _Files:
    """The files of a directory: only regular files inside it, limited in number and size."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root = directory.resolve()
        self._left = MOST_FILES

    def folders(self) -> list[Path]:
        """The directories in it, sorted, without hidden ones."""
        paths = (path for path in sorted(self._directory.iterdir()) if not path.name.startswith("."))
        return [self._inside(path) for path in paths if path.is_dir()]

    def holds(self, path: Path) -> bool:
        """Whether there is such a directory."""
        return path.is_dir() and bool(self._inside(path))

    def configurations(self, folder: Path) -> dict[str, str]:
        """Name -> text of the files in a folder that may describe interfaces, with drop-ins as NAME.d/PART.conf."""
        names = []
        for path in sorted(folder.iterdir()):
            if path.name.endswith(".d") and self.holds(path):
                names += [f"{path.name}/{part.name}" for part in sorted(path.iterdir())]
            else:
                names.append(path.name)
        paths = {name: folder / name for name in names if is_configuration(name)}
        return {name: self.text(path) for name, path in paths.items() if path.exists() and not path.is_dir()}

    def text(self, path: Path) -> str:
        """The text of a file; invalid bytes are replaced.

        :raises PlanError: it is outside, not a regular file, too large, or one too many.
        """
        self._left -= 1
        if self._left < 0:
            raise PlanError(f"{self._directory}: contains more than {MOST_FILES} configuration files; import them in parts")
        descriptor = os.open(self._inside(path).resolve(), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
                raise PlanError(f"{path}: is not a configuration file, which has at most {MOST_BYTES} bytes; remove it")
            return stream.read(MOST_BYTES).decode("utf-8-sig", "replace")

    def key_beside(self, folder: Path, path: str | None) -> str | None:
        """The key in a file that a configuration names, if a file of that name is beside it.

        :raises ValueError: it holds no key.
        """
        file = folder / Path(path).name if path else None
        return parse_key(self.text(file), f"{file}: its key") if file and file.is_file() else None

    def _inside(self, path: Path) -> Path:
        if not path.resolve().is_relative_to(self._root):
            raise PlanError(f"{path}: is a link that leads out of {self._directory}; copy the files to be imported there")
        return path


def _read(files: _Files, folder: Path, host: str | None, interfaces: list[Found], problems: list[str]) -> None:
    texts = files.configurations(folder)
    idle = tuple(f"{name}: has no [Interface], so it is no interface" for name in fragments(texts) if host)
    for one in described(texts):
        if one.foreign is None:
            problems.append(f"{folder}/{one.error}")
            continue
        try:
            interfaces.append(_found(files, folder, host, one, one.foreign, idle))
        except ValueError as error:
            problems.append(f"{folder}/{one.stem}: {error}" if not isinstance(error, PlanError) else str(error))


def _found(files: _Files, folder: Path, host: str | None, one: Described, foreign: Foreign, idle: tuple[str, ...]) -> Found:
    private = foreign.config.private_key or files.key_beside(folder, foreign.key_file)
    peers = tuple(_with_preshared(files, folder, foreign, peer) for peer in foreign.config.peers)
    left_out = (f"setting {line}: is left out" for line in foreign.left_out)
    interface = foreign.interface or (one.stem if host else INTERFACE)
    own = tuple(name for name in one.files if name not in one.shared)
    named = own if host else tuple(name.replace(one.stem, interface, 1) for name in own)
    return Found(
        host or one.stem,
        interface,
        public_key(private) if private else None,
        replace(foreign.config, private_key=None, peers=peers),
        notes=(*left_out, *foreign.notes, *idle),
        by=one.by,
        files=tuple(f"/{PLACES[one.by]}/{name}" for name in named),
    )


def _with_preshared(files: _Files, folder: Path, foreign: Foreign, peer: Peer) -> Peer:
    """With the key of the file that it names. Without that file, the host keeps the key that it has."""
    path = foreign.preshared_files.get(peer.public_key)
    return replace(peer, preshared_key=files.key_beside(folder, path) or peer.preshared_key or (KEPT if path else None))
