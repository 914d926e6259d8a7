# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the host: read, and written whole with safe modes or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile


def read_text(path: str) -> str | None:
    """The text of a file; None where there is none."""
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def read_bytes(path: str) -> bytes | None:
    """The bytes of a file; None where there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def write_text(path: str, text: str, mode: int = 0o600, group: int | None = None) -> None:
    """As :func:`write_bytes` does."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"), mode, group)


def write_bytes(path: str, content: bytes, mode: int = 0o600, group: int | None = None) -> None:
    """Replace a file in one step; its directory is made where it is missing, closed to others for a closed file.

    :param group: the number of the group whose it will be; None: the user's own.
    """
    directory = os.path.dirname(path)
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
        os.replace(temporary, path)
        _keep(directory)
    except BaseException:
        os.unlink(temporary)
        raise


def _keep(directory: str) -> None:
    """Without it a power failure may take the file's new name back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_directory(path: str) -> None:
    """A directory that is closed to others; one that was open is closed."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    if stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        os.chmod(path, 0o700)


def remove(path: str) -> None:
    """Remove a file; that it is missing already is fine."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_if_empty(directory: str) -> None:
    """Remove a directory that holds nothing any more."""
    if os.path.isdir(directory) and not os.listdir(directory):
        os.rmdir(directory)


def mode_of(path: str) -> int | None:
    """The permission bits of a file or directory; None where there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def owner_of(path: str) -> int | None:
    """The number of the user whose a file is; None where there is none."""
    try:
        return os.stat(path).st_uid
    except FileNotFoundError:
        return None
