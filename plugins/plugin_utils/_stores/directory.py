# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory on the controller: a file for each network, which is replaced in one step, under a lock."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import SUFFIX, Entry, Note, Store, network_of

LOCK = ".lock"
"""Name of the file that a run locks while it writes. It is never removed, so that all runs wait for the same file."""
SECONDS = 60.0
"""How long a run waits for another one, which normally holds the lock for less than a second."""
_REMEDY = "set wireguard_registry to a writable directory, or to '' for no registry"


class DirectoryStore(Store):
    """The revision is a digest of the text.

    :param seconds: how long a write waits for another one.
    """

    def __init__(self, directory: Path, seconds: float = SECONDS) -> None:
        super().__init__(str(directory))
        self.directory = directory
        self._seconds = seconds

    def path(self, network: str) -> Path:
        """The file of a network."""
        return self.directory / f"{self._named(network)}{SUFFIX}"

    def networks(self) -> list[str]:
        """See :class:`Store`."""
        try:
            names = os.listdir(self.directory)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise PlanError(f"registry {self.directory}: {error.strerror}; {_REMEDY}") from None
        return sorted(network for name in names if (network := network_of(name)) is not None)

    def _read(self, network: str) -> tuple[str, str | None]:
        path = self.path(network)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return "", None
        except OSError as error:
            raise PlanError(f"registry {path}: {error.strerror}; {_REMEDY}") from None
        try:
            return data.decode(), _revision(data)
        except UnicodeDecodeError as error:
            raise PlanError(f"registry {path}: is damaged: {error}; restore it, for example from git") from None

    def _write(self, network: str, text: str, revision: str | None, note: Note) -> bool:
        del note  # nothing keeps it
        path = self.path(network)
        with locked(self.directory, self._seconds):
            try:
                writer = Writer(self.directory, check=False)
                present = writer.read(path.name)
                if revision != (None if present is None else _revision(present)):
                    return False
                writer.put(path.name, text)
            except PlanError as error:
                raise PlanError(f"registry {error}; {_REMEDY}") from None
        return True

    def _history(self, network: str) -> list[Entry]:
        del network
        self._no_history()

    def _read_revision(self, network: str, revision: str) -> str | None:
        del network, revision
        self._no_history()

    def _no_history(self) -> NoReturn:
        raise self.error(
            "a directory has no history", "keep it in git, or set wireguard_registry to the address of another store"
        )


def _revision(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def locked(directory: Path, seconds: float = SECONDS, name: str = LOCK) -> Iterator[None]:
    """Lock the directory against other runs. A missing directory is created.

    The lock is a file that only its owner can open, so that users who may only read the registry cannot lock it. It is opened for
    writing, because NFS requires that for a lock.

    :raises PlanError: it cannot be created or opened, or it stays locked for that many seconds.
    """
    path = directory / name
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise PlanError(
            f"registry {path}: {error.strerror}; if several users run Ansible, give the file to a common group (chgrp, chmod "
            f"660), or {_REMEDY}"
        ) from error
    except OSError as error:
        raise PlanError(f"registry {directory}: {error.strerror}; {_REMEDY}") from error
    try:
        _take(descriptor, path, seconds)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise PlanError(f"registry {path}: cannot be locked: {error.strerror}; {_REMEDY}") from error
        else:
            return
        if time.monotonic() >= ends:
            raise PlanError(
                f"registry {path}: locked for {seconds:g} seconds by another run or program; find it with `fuser -v {path}`, "
                "end it, and start again"
            )
        time.sleep(0.1)
