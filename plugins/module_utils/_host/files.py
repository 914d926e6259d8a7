# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the host: read, and written whole with safe modes or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import stat
import tempfile
from typing import Iterator


class Files:
    """The files below a root, which a host has at ``/``, and a test in a directory. Paths are given as the host has them."""

    def __init__(self, root: str = "") -> None:
        self.root = root

    def real(self, path: str) -> str:
        """Where it is for this process, for what is done here with its own system calls."""
        return self.root + path

    def read(self, path: str) -> str | None:
        """The text of a file; None where there is none."""
        try:
            with open(self.real(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def read_bytes(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        try:
            with open(self.real(path), "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def value(self, path: str) -> str | None:
        """What a file of the kernel's or of a program's own says, without white space around it; None where it cannot be read."""
        try:
            text = self.read(path)
        except OSError:
            return None
        return None if text is None else text.strip()

    def write(self, path: str, text: str, mode: int = 0o600, group: int | None = None) -> None:
        """As :meth:`write_bytes` does."""
        self.write_bytes(path, text.encode("utf-8", "surrogateescape"), mode, group)

    def write_bytes(self, path: str, content: bytes, mode: int = 0o600, group: int | None = None) -> None:
        """Replace a file in one step; its directory is made where it is missing, closed to others for a closed file.

        :param group: the number of the group whose it will be; None: the user's own.
        """
        directory = os.path.dirname(self.real(path))
        if not os.path.isdir(directory):
            os.makedirs(directory, mode=0o700 if mode == 0o600 else 0o755)
        descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=".meshwork-")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                if group is not None:
                    os.fchown(stream.fileno(), -1, group)
                os.fchmod(stream.fileno(), mode)
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.real(path))
            _keep(directory)
        except BaseException:
            os.unlink(temporary)
            raise

    def rename(self, path: str, other: str) -> None:
        """Give a file another name.

        :raises FileNotFoundError: there is none; of several processes, one alone succeeds.
        """
        os.rename(self.real(path), self.real(other))

    def remove(self, path: str) -> None:
        """Remove a file; that it is missing already is fine."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.real(path))

    def remove_if_empty(self, directory: str) -> None:
        """Remove a directory that holds nothing any more."""
        real = self.real(directory)
        if os.path.isdir(real) and not os.listdir(real):
            os.rmdir(real)

    def remove_tree(self, directory: str) -> None:
        """Remove a directory with all that is in it, as far as that is possible."""
        shutil.rmtree(self.real(directory), ignore_errors=True)

    def private_directory(self, path: str) -> None:
        """A directory that is closed to others; one that was open is closed."""
        os.makedirs(self.real(path), mode=0o700, exist_ok=True)
        if stat.S_IMODE(os.stat(self.real(path)).st_mode) & 0o077:
            os.chmod(self.real(path), 0o700)

    @contextlib.contextmanager
    def directory_for_secrets(self, parent: str) -> Iterator[str]:
        """A directory of its own in one that is closed to others, which is gone afterwards with all that is in it."""
        self.private_directory(parent)
        real = tempfile.mkdtemp(prefix=".keys-", dir=self.real(parent))
        try:
            yield os.path.join(parent, os.path.basename(real))
        finally:
            shutil.rmtree(real)

    def exists(self, path: str) -> bool:
        """Whether there is a file or a directory."""
        return os.path.exists(self.real(path))

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory."""
        return os.path.isdir(self.real(path))

    def has_name(self, path: str) -> bool:
        """Whether there is something of that name, if only a symbolic link to what is not there."""
        return os.path.lexists(self.real(path))

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link.

        :param target: relative to its directory.
        """
        os.symlink(target, self.real(path))

    def names(self, directory: str) -> list[str]:
        """What is in a directory, sorted; nothing where there is none."""
        return sorted(os.listdir(self.real(directory))) if self.is_directory(directory) else []

    def glob(self, pattern: str) -> list[str]:
        """The paths that a pattern matches, sorted."""
        return [path[len(self.root) :] for path in sorted(glob.glob(glob.escape(self.root) + pattern))]

    def mode_of(self, path: str) -> int | None:
        """The permission bits of a file or directory; None where there is none."""
        try:
            return stat.S_IMODE(os.stat(self.real(path)).st_mode)
        except FileNotFoundError:
            return None

    def owner_of(self, path: str) -> int | None:
        """The number of the user whose a file is; None where there is none."""
        try:
            return os.stat(self.real(path)).st_uid
        except FileNotFoundError:
            return None


def _keep(directory: str) -> None:
    """Without it a power failure may take the file's new name back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
