# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registry files: reading, and atomic writing under a lock."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, parse_registry

_REMEDY = "set wireguard_registry to a writable directory, or to '' for no registry"


LOCK = ".lock"
"""Name of the file that a run locks while it reads and writes. It is never removed, so that all runs wait for the same file."""
SECONDS = 60.0
"""How long a run waits for another one, which normally holds the lock for less than a second."""


@contextmanager
def locked(directory: Path, seconds: float = SECONDS) -> Iterator[None]:
    """Lock the directory against other runs. A missing directory is created.

    The lock is a file that only its owner can open, so that users who may only read the registry cannot lock it. It is opened for
    writing, because NFS requires that for a lock.

    :raises PlanError: it cannot be created or opened, or it stays locked for that many seconds.
    """
    path = directory / LOCK
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


def read(path: Path) -> tuple[str, Registry]:
    """The text and the value of a registry file; a missing file is an empty registry.

    :raises PlanError: the file cannot be read or is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "", Registry()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"registry {path}: {error}") from error
    return text, parse_registry(text, str(path))


def write(path: Path, text: str) -> None:
    """Replace the file in one step.

    :raises PlanError: it cannot be written.
    """
    try:
        Writer(path.parent, check=False).put(path.name, text)
    except PlanError as error:
        raise PlanError(f"registry {error}; {_REMEDY}") from error
