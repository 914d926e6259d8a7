# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all test hosts need of this machine: root, programs, locks; and the errors that calls end in."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

STATE = Path("/run/meshwork-lab")

Item = TypeVar("Item")


class LabError(Exception):
    """Something failed; the text is for the person at the terminal."""

    status = 1


class UsageError(LabError):
    """Something is missing or wrong before anything was done; the text says what to do about it."""

    status = 2


def require(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise UsageError(f"{program} is missing: install it (Debian: apt install {package})")


def require_root() -> None:
    if os.geteuid() != 0:
        raise UsageError("run this as root, for instance with sudo: the test hosts and their networks need it")
    STATE.mkdir(parents=True, exist_ok=True)


def run(*command: str) -> str:
    """The output of a command that has to succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise LabError(f"{' '.join(command[:3])}: {words[-1]}")
    return done.stdout


@contextlib.contextmanager
def locked(name: str, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    with open(STATE / f"{name}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, how)
        yield handle.fileno()


def in_parallel(action: Callable[[Item], None], items: list[Item]) -> None:
    """Do all of it, then fail if one of them failed."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = [pool.submit(action, item) for item in items]
    for result in results:
        result.result()


def say(host: str, words: str) -> None:
    print(f"{host}: {words}", flush=True)


def hardware_address(network: str, host: str) -> str:
    """A hardware address that survives restarts: with a new one, neighbours would send to the old one for a while."""
    digest = hashlib.sha256(f"{network} {host}".encode()).digest()
    return ":".join(f"{byte:02x}" for byte in b"\x02" + digest[:5])
