# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the host: written in one step, with safe modes."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import stat
import tempfile


class Files:
    """The files below a root: ``/`` on a host, a directory in a test. All paths are paths on the host."""

    def __init__(self, root: str = "") -> None:
        self.root = root

    def real(self, path: str) -> str:
        """The path for this process, for direct system calls."""
        return self.root + path

    def read(self, path: str) -> str | None:
        """The text of a file; None if it does not exist."""
        try:
            with open(self.real(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def read_bytes(self, path: str) -> bytes | None:
        """The bytes of a file; None if it does not exist."""
        try:
            with open(self.real(path), "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def value(self, path: str) -> str | None:
        """The value in a file of the kernel or of a program, without surrounding white space; None if it cannot be read."""
        try:
            text = self.read(path)
        except OSError:
            return None
        return None if text is None else text.strip()

    def write(self, path: str, text: str, mode: int = 0o600, group: int | None = None) -> None:
        """Write text; see :meth:`write_bytes`."""
        self.write_bytes(path, text.encode("utf-8", "surrogateescape"), mode, group)

    def write_bytes(self, path: str, content: bytes, mode: int = 0o600, group: int | None = None) -> None:
        """Replace a file in one step. A missing directory is created, for a file with mode 0600 with mode 0700.

        :param group: its new group, as a number; None: the user's own.
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
            _sync(directory)
        except BaseException:
            os.unlink(temporary)
            raise

    def rename(self, path: str, other: str) -> None:
        """Give a file another name.

        :raises FileNotFoundError: it does not exist; of several processes, only one succeeds.
        """
        os.rename(self.real(path), self.real(other))

    def remove(self, path: str) -> None:
        """Remove a file, if it exists."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.real(path))

    def remove_if_empty(self, directory: str) -> None:
        """Remove a directory if it is empty."""
        real = self.real(directory)
        if os.path.isdir(real) and not os.listdir(real):
            os.rmdir(real)

    def remove_tree(self, directory: str) -> None:
        """Remove a directory with its contents, as far as possible."""
        shutil.rmtree(self.real(directory), ignore_errors=True)

    def private_directory(self, path: str) -> None:
        """Create a directory that only its owner can access, or restrict an existing one."""
        os.makedirs(self.real(path), mode=0o700, exist_ok=True)
        if stat.S_IMODE(os.stat(self.real(path)).st_mode) & 0o077:
            os.chmod(self.real(path), 0o700)

    def public_directory(self, path: str) -> None:
        """Create a directory that everyone can read, unless it exists."""
        if not self.is_directory(path):
            os.makedirs(self.real(path), exist_ok=True)
            os.chmod(self.real(path), 0o755)  # noqa: S103 - whatever the umask is

    def exists(self, path: str) -> bool:
        """Whether there is a file or a directory."""
        return os.path.exists(self.real(path))

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory."""
        return os.path.isdir(self.real(path))

    def has_name(self, path: str) -> bool:
        """Whether the name exists, even as a dangling symbolic link."""
        return os.path.lexists(self.real(path))

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link.

        :param target: relative to its directory.
        """
        os.symlink(target, self.real(path))

    def names(self, directory: str) -> list[str]:
        """The names in a directory, sorted; empty if it does not exist."""
        return sorted(os.listdir(self.real(directory))) if self.is_directory(directory) else []

    def glob(self, pattern: str) -> list[str]:
        """The paths that a pattern matches, sorted."""
        return [path[len(self.root) :] for path in sorted(glob.glob(glob.escape(self.root) + pattern))]

    def mode_of(self, path: str) -> int | None:
        """The permission bits of a file or directory; None if it does not exist."""
        try:
            return stat.S_IMODE(os.stat(self.real(path)).st_mode)
        except FileNotFoundError:
            return None

    def identity_of(self, path: str) -> tuple[int, int] | None:
        """Differs from that of any other content that was written in the meantime; None if there is no file."""
        try:
            status = os.stat(self.real(path))
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def owner_of(self, path: str) -> int | None:
        """The owner of a file, as a number; None if it does not exist."""
        try:
            return os.stat(self.real(path)).st_uid
        except FileNotFoundError:
            return None


def _sync(directory: str) -> None:
    """Write the directory to the disk: otherwise a power failure could undo the renaming."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
