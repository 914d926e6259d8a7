# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts for the benchmarks: containers that are made fresh and are gone afterwards, and runs over them with a clock."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import COLLECTIONS, ROOT, environment

sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ENVIRONMENT, Fleet
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet

NUMBERS = range(240, 250)  # the integration tests have those below
IMAGE = "bookworm-wireguard"
INTERFACE = "wg0"


@dataclass(frozen=True)
class Took:
    """A run of Ansible: wall-clock seconds, CPU seconds of the controller, module runs per host, hosts that were changed."""

    seconds: float
    cpu: float
    modules: float
    changed: frozenset[str]


@contextmanager
def _number() -> Iterator[int]:
    """One that no other benchmark has, for the lab's name and subnet."""
    for number in NUMBERS:
        with open(f"/run/lock/meshwork-bench-{number}", "w", encoding="utf-8") as holder:
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            try:
                yield number
            finally:
                fcntl.flock(holder, fcntl.LOCK_UN)
            return
    sys.exit("Too many benchmarks at once")


@contextmanager
def fleet(hosts: Mapping[str, Mapping[str, Any]], image: str = IMAGE, kernel: bool = False) -> Iterator[Fleet]:
    """A fleet with these hosts and their variables; however the benchmark ends, it is taken down."""
    os.environ.update(environment())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    with _number() as number, tempfile.TemporaryDirectory(prefix="bench") as directory:
        common = {"wireguard_prefixes": ["10.8.0.0/24"]}
        made = (KernelFleet if kernel else Fleet)(Path(directory), f"bench{number}", f"10.{number}.0", hosts, common, image)
        try:
            made.lab("up", "--fresh")
            yield made
        except subprocess.CalledProcessError as error:
            sys.exit(f"{error}\n{error.stderr or ''}")
        finally:
            made.lab("down")


def run(hosts: Fleet, *words: str) -> Took:
    """Run one of Ansible's programs over the fleet, started as users start it. Its failure ends the benchmark."""
    runs = hosts.directory / "module-runs"
    runs.write_text("", encoding="utf-8")
    counting = {
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests/integration/callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "module_runs",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",  # the program `ansible` would leave them out
        "MODULE_RUNS": str(runs),
    }
    command = [words[0], "-i", hosts.inventory, *words[1:]]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=hosts.directory, env={**os.environ, **ENVIRONMENT, **counting}, capture_output=True, text=True, check=False
    )
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    per_host = Counter(line.split()[0] for line in runs.read_text(encoding="utf-8").splitlines())
    changed = frozenset(line.split()[0] for line in done.stdout.splitlines() if " changed=" in line and " changed=0 " not in line)
    return Took(seconds, cpu, sum(per_host.values()) / max(len(per_host), 1), changed)


def expect_peers(hosts: Fleet, members: set[str], interface: str = INTERFACE) -> None:
    """End the benchmark unless the live peers of each member are all the others."""
    for host in members:
        found = hosts.run(host, "wg", "show", interface, "peers").split()
        if len(found) != len(members) - 1:
            sys.exit(f"{host} has {len(found)} peers on {interface} and not {len(members) - 1}")
