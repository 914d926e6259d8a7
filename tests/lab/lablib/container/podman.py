# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to podman, and the holder that goes with them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lablib.machine import STATE, locked, require, require_root, run

PODMAN = Path(__file__).parents[2] / "podman"
HOLDER = STATE / "holder"


def check_machine() -> None:
    """Everything but the image builder, which only a build needs."""
    require_root()
    require("podman", "podman netavark aardvark-dns iptables")
    if not own_cgroups():
        require("runc", "runc")
    require("bridge", "iproute2")


def podman(*arguments: str) -> str:
    return run(str(PODMAN), *arguments)


def podman_json(*arguments: str) -> Any:
    return json.loads(podman(*arguments) or "[]")


def own_cgroups() -> bool:
    """Plain cgroup v2: the namespace of tests/lab/podman is not in use."""
    return run("stat", "-fc", "%T", "/sys/fs/cgroup").strip() == "cgroup2fs"


def release_holder(users: int) -> None:
    """End the holder if no container runs and nobody else uses the lab; `users` is the open lock of all users."""
    if own_cgroups():
        return
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not podman("ps", "--quiet").strip():
            pid = int(HOLDER.read_text(encoding="utf-8").split()[0])
            HOLDER.unlink()
            os.kill(pid, signal.SIGTERM)


@contextlib.contextmanager
def at_work(may_end: bool) -> Iterator[None]:
    """Check the machine and count as a user of the lab; the last one may end the holder."""
    check_machine()
    with locked("users", fcntl.LOCK_SH) as users:
        yield
        if may_end:
            release_holder(users)
