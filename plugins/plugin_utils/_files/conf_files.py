# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of several hosts in a directory: HOST.conf or HOST/wg0.conf, and likewise in the other formats."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import (
    CONF,
    KEYFILE,
    NETDEV,
    NETWORK,
    Unreadable,
    described,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import Found
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key

INTERFACE = "wg0"
"""Name of the interface, if the file is named after its host and does not contain it."""


MOST_FILES, MOST_BYTES = 20_000, 1 << 20
"""Limits for all files together, and for each file."""


def found_in_directory(directory: Path) -> list[Found]:
    """The interfaces of all hosts.

    :raises PlanError: there are none, one cannot be read, or a link leads out of the directory.
    """
    files = _Files(directory)
    interfaces = [*_of(files, directory, None)]
    for folder in files.folders():
        interfaces += _of(files, folder, folder.name)
    if not interfaces:
        raise PlanError(f"{directory}: contains no WireGuard configurations, neither HOST.conf nor HOST/wg0.conf")
    return interfaces


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

    def configurations(self, folder: Path) -> dict[str, str]:
        """Name -> text of the files in a folder that may describe interfaces."""
        endings = (CONF, NETDEV, NETWORK, KEYFILE)
        paths = (path for path in sorted(folder.iterdir()) if path.name.endswith(endings))
        return {path.name: self.text(path) for path in paths if path.exists() and not path.is_dir()}

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

    def _inside(self, path: Path) -> Path:
        if not path.resolve().is_relative_to(self._root):
            raise PlanError(f"{path}: is a link that leads out of {self._directory}; copy the files to be imported there")
        return path


def _of(files: _Files, folder: Path, host: str | None) -> Iterator[Found]:
    try:
        for one in described(files.configurations(folder)):
            foreign = one.foreign
            interface = foreign.interface or (one.stem if host else INTERFACE)
            notes = tuple(f"setting {line}: is left out" for line in foreign.left_out)
            yield Found(host or one.stem, interface, _key(files, foreign, folder / one.stem), foreign.config, notes=notes)
    except Unreadable as error:
        raise PlanError(f"{folder}/{error}") from None


def _key(files: _Files, foreign: Foreign, path: Path) -> str:
    private = foreign.config.private_key
    if private is None and foreign.key_file:
        file = path.parent / Path(foreign.key_file).name
        private = files.text(file).strip() if file.is_file() else None
    if private is None:
        raise PlanError(
            f"{path}: has no private key, so its public key is unknown; import from the host, or put the key file beside it"
        )
    return public_key(private)
