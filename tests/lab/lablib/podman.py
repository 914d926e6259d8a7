# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to podman, the errors they end in, and the locks and the holder that go with them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PODMAN = Path(__file__).parent.parent / "podman"
STATE = Path("/run/meshwork-lab")
HOLDER = STATE / "holder"


class LabError(Exception):
    """Something failed; the text is for the person at the terminal."""

    status = 1


class UsageError(LabError):
    """Something is missing or wrong before anything was done; the text says what to do about it."""

    status = 2


def require(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise UsageError(f"{program} is missing: install it (Debian: apt install {package})")


def check_machine() -> None:
    """Everything but the image builder, which only a build needs."""
    if os.geteuid() != 0:
        raise UsageError("run this as root, for instance with sudo: containers with systemd and networks need it")
    require("podman", "podman netavark aardvark-dns iptables")
    if not own_cgroups():
        require("runc", "runc")
    require("bridge", "iproute2")
    STATE.mkdir(parents=True, exist_ok=True)


def run(*command: str) -> str:
    """The output of a command that has to succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise LabError(f"{' '.join(command[:3])}: {words[-1]}")
    return done.stdout


def podman(*arguments: str) -> str:
    return run(str(PODMAN), *arguments)


def podman_json(*arguments: str) -> Any:
    return json.loads(podman(*arguments) or "[]")


@contextlib.contextmanager
def locked(name: str, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    with open(STATE / f"{name}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, how)
        yield handle.fileno()


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
