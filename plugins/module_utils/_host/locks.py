# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock, so that only one process at a time changes an interface. It ends with its process, and waiting for it is limited."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN

_END = ".interface-lock"
"""Too long for the end of an interface's name, so that no interface's directory is another one's lock."""
_PAUSE = 0.02


class Held(CommandFailed):
    """Another process still has the lock after the waiting time."""


@contextlib.contextmanager
def interface_lock(host: Host, name: str, seconds: float) -> Iterator[None]:
    """Exclude changes of the interface by other processes.

    Only root can access the file and its directory, because everyone who can open a file can lock it.

    :param seconds: the longest time to wait.
    :raises Held: with the likely holder and the remedy.
    """
    host.private_directory(RUN)
    path = os.path.join(RUN, name + _END)
    descriptor = os.open(host.real(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        end = time.monotonic() + seconds
        while not _taken(descriptor):
            if time.monotonic() >= end:
                raise Held(
                    f"another process has changed interface {name} for more than {seconds:g} s: {_holder(host, descriptor)} has "
                    f"the lock {path}. That is another run, or a pending change; run this again when it has ended, or end it"
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(host: Host, descriptor: int) -> str:
    """The process that the kernel lists as holder (proc_locks(5)), if it is visible from here."""
    inode = str(os.fstat(descriptor).st_ino)
    for line in (host.read("/proc/locks") or "").split("\n"):
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].rpartition(":")[2] == inode and words[4] not in ("0", "-1"):
            command = (host.read(f"/proc/{words[4]}/cmdline") or "").replace("\0", " ").strip()
            return f"process {words[4]} ({command[:100]})" if command else f"process {words[4]}"
    return "a process that cannot be seen from here"
