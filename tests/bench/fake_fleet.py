# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's work for large fleets: real ``ansible-playbook`` runs over the fake hosts of ``tests/hostile``, all honest.

A fake host is a process that answers as a host would, so what is measured is the controller. ``CPU s`` are its processor
seconds without those of the hosts, ``ms/host`` those above a run with one host, ``peak MB`` the largest of its processes.
``growth`` is that of ``ms/host`` times hosts over that of hosts x peers written since the size before: at most about 1 where
the work grows no faster than what it writes. The rows ``4 slices`` are four controllers at once, each with a quarter of the
hosts (--slices changes the number); their seconds are those of the last one, their processor seconds are added, and their
peak is that of the largest.

The last line of the first size is judged, unless it is --quick: a second run takes at most ``MOST`` times as long as
``ansible -m ping``. --tasks also shows in which tasks a second run spends its time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from support import COLLECTIONS, Table, environment, nodes

sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.meshwork.wireguard.tests.hostile.world import World

SIZES = (100, 250, 500, 1_000)
QUICK = (20, 40)
TOPOLOGIES = ("star", "mesh")
SLICES = 4
ROUNDS = 3
MOST = 1.2
MESH, RECORD = "meshwork.wireguard.mesh", "meshwork.wireguard.record"


@dataclass(frozen=True)
class Took:
    """Wall-clock seconds; the controller's processor seconds; its largest process in MB; hosts that were changed; task -> s."""

    seconds: float
    cpu: float
    peak: float
    changed: int
    tasks: dict[str, float]


def world_of(directory: Path, topology: str, count: int) -> World:
    """A controller with this many hosts."""
    hosts = {
        name: {f"wireguard_{key}": value for key, value in node.items() if key != "public_key"}
        for name, node in nodes(topology, count).items()
    }
    return World(directory, hosts, {"wireguard_topology": topology, "wireguard_prefixes": ["10.8.0.0/16"]})


def start(world: World, number: int, *words: str) -> tuple[subprocess.Popen[str], dict[str, Path]]:
    """Start one controller. Its hosts' seconds, its tasks' and its output go to the files."""
    files = {what: world.root / "home" / f"{what}-{number}" for what in ("hosts", "tasks", "output")}
    for path in files.values():
        path.write_text("", encoding="utf-8")
    variables = {
        **environment(),
        **world.environment,
        "ANSIBLE_CALLBACKS_ENABLED": "task_seconds",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
        "ANSIBLE_FORKS": "5",
        "FAKE_HOST_SECONDS": str(files["hosts"]),
        "TASK_SECONDS": str(files["tasks"]),
    }
    with files["output"].open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            words, cwd=world.root, env=variables, stdout=output, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
        )
    return process, files


def run(world: World, *commands: tuple[str, ...]) -> Took:
    """Run these at once, each with the inventory. A failure ends the benchmark."""
    began = time.perf_counter()
    started = [start(world, number, *words, "-i", str(world.inventory)) for number, words in enumerate(commands)]
    cpu = peak = 0.0
    changed, tasks = 0, defaultdict(float)
    for process, files in started:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output = files["output"].read_text(encoding="utf-8")
        if process.returncode:
            sys.exit(f"{process.args}: exit status {process.returncode}\n{output[-3000:]}")
        of_hosts = sum(float(line) for line in files["hosts"].read_text(encoding="utf-8").split())
        cpu += used.ru_utime + used.ru_stime - of_hosts
        peak = max(peak, used.ru_maxrss / 1024)
        changed += sum(" changed=" in line and " changed=0 " not in line for line in output.splitlines())
        for line in files["tasks"].read_text(encoding="utf-8").splitlines():
            name, seconds = json.loads(line)
            tasks[name] += seconds
    return Took(time.perf_counter() - began, cpu, peak, changed, dict(tasks))


def ping(world: World) -> Took:
    return run(world, ("ansible", "wireguard", "-m", "ansible.builtin.ping"))


def slices(world: World, playbook: str, number: int) -> Took:
    """Several controllers at once."""
    names = list(world.hosts)
    parts = [",".join(names[part::number]) for part in range(number)]
    return run(world, *(("ansible-playbook", playbook, "--limit", part, "-e", "wireguard_sliced=true") for part in parts))


class Report:
    """The table. Growth is that since the same row of the size before in the same topology."""

    def __init__(self) -> None:
        self._table = Table("topology", "hosts", "run             ", "seconds", "x ping", "CPU s", "ms/host", "peak MB", "growth")
        self._before: dict[tuple[str, str], tuple[float, int]] = {}

    def row(self, topology: str, count: int, what: str, took: Took, ping_seconds: float, floor: float) -> None:
        """``floor`` is the CPU of the same with one host."""
        work, written = took.cpu - floor, count * (count - 1 if topology == "mesh" else 2)
        growth = ""
        if (topology, what) in self._before:
            before, before_written = self._before[topology, what]
            growth = f"{work / before / (written / before_written):.2f}"
        self._before[topology, what] = work, written
        times = [f"{took.seconds:.1f}", f"{took.seconds / ping_seconds:.2f}", f"{took.cpu:.1f}", f"{work / count * 1000:.0f}"]
        self._table.row([topology, count, what, *times, f"{took.peak:.0f}", growth])


def floor_of(topology: str) -> float:
    """CPU seconds of a second run with one host."""
    with tempfile.TemporaryDirectory() as directory:
        world = world_of(Path(directory), topology, 1)
        run(world, ("ansible-playbook", MESH))
        return run(world, ("ansible-playbook", MESH)).cpu


def measure(report: Report, topology: str, count: int, floor: float, show_tasks: bool, several: int) -> float:
    """Second run over ping. Hosts of large fleets have what is planned for them without a first run, which takes long."""
    with tempfile.TemporaryDirectory() as directory:
        world = world_of(Path(directory) / "whole", topology, count)
        small = count <= SIZES[0]
        first = run(world, ("ansible-playbook", MESH if small else RECORD))
        world.be(settled=world.hosts)
        turns = [(ping(world), run(world, ("ansible-playbook", MESH))) for _round in range(ROUNDS if small else 1)]
        pings, seconds = zip(*turns, strict=True)
        if any(one.changed for one in seconds):
            sys.exit("a second run changed something")
        unit = median(one.seconds for one in pings)
        second = min(seconds, key=lambda one: one.seconds)
        report.row(topology, count, "ansible -m ping", pings[0], unit, floor)
        report.row(topology, count, "first run" if small else "record", first, unit, floor)
        report.row(topology, count, "second run", second, unit, floor)
        if show_tasks:
            for name, took in sorted(second.tasks.items(), key=lambda item: -item[1]):
                print(f"    {took:8.2f} s  {name}")
        fresh = world_of(Path(directory) / "slices", topology, count)
        report.row(topology, count, f"{several} slices: record", slices(fresh, RECORD, several), unit, floor)
        fresh.be(settled=fresh.hosts)
        again = slices(fresh, "meshwork.wireguard.apply", several)
        if again.changed:
            sys.exit("a second run of the slices changed something")
        report.row(topology, count, f"{several} slices: apply", again, unit, floor)
        return median(one.seconds for one in seconds) / unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK} hosts, and no limit")
    parser.add_argument("--tasks", action="store_true", help="the tasks of the second run, longest first")
    parser.add_argument(
        "--slices", type=int, default=SLICES, metavar="NUMBER", help=f"controllers at once; {SLICES} if not given"
    )
    parser.add_argument("--topology", choices=TOPOLOGIES, help="only this one")
    parser.add_argument("sizes", nargs="*", type=int, metavar="HOSTS", help=f"how many; {SIZES} if not given")
    args = parser.parse_args()
    report, slow = Report(), False
    for topology in (args.topology,) if args.topology else TOPOLOGIES:
        floor = floor_of(topology)
        for count in args.sizes or (QUICK if args.quick else SIZES):
            ratio = measure(report, topology, count, floor, args.tasks, args.slices)
            if count == SIZES[0]:
                print(f"{topology}, {count} hosts: the second run takes {ratio:.2f} times as long as the ping (at most {MOST})")
                slow |= ratio > MOST
    if slow and not args.quick:
        sys.exit("a limit is missed")


main()
