# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories through the real ``ansible-playbook playbooks/render.yml``, against a playbook that has nothing to do.

The other playbook is one task ``debug``, run once, with the same inventory: what Ansible itself needs. ``load`` is the time
until the play starts, ``plan`` and ``write`` are the two tasks. ``x hosts`` is the growth of the CPU seconds above that
floor over the growth of the number of hosts since the line before, ``x output`` that over the growth of the files: about 1
where it grows as these do.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from support import ROOT, Table, best, environment, nodes, timed

SIZES = (100, 300, 1_000)
QUICK = (50, 100, 200)
TOPOLOGIES = ("mesh", "star")
FLOOR = """
- hosts: wireguard
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
      run_once: true
"""
STARTS = {"PLAY [": "load", "TASK [meshwork.wireguard.network : Plan": "plan", "TASK [Write": "write", "PLAY RECAP": "end"}


def write_inventory(path: Path, topology: str, count: int) -> None:
    hosts = {
        name: {"ansible_host": f"host-{name}.example.org", **{f"wireguard_{key}": value for key, value in node.items()}}
        for name, node in nodes(topology, count).items()
    }
    common = {"wireguard_topology": topology, "wireguard_prefixes": ["10.8.0.0/16"], "ansible_user": "root"}
    path.write_text(json.dumps({"wireguard": {"hosts": hosts, "vars": common}}), encoding="utf-8")


def run(playbook: Path, inventory: Path, *more: str) -> dict[str, float]:
    """Seconds from the start of ``ansible-playbook`` to the play, in each task, and in all."""
    moments: dict[str, float] = {}
    start = time.perf_counter()

    def note(line: str) -> None:
        moments.update((name, time.perf_counter() - start) for text, name in STARTS.items() if line.startswith(text))

    command = ["ansible-playbook", "-i", inventory, playbook, *more]
    found = {**timed(command, note, cwd=inventory.parent, env=environment()), "load": moments["load"]}
    if "write" in moments:
        found |= {"plan": moments["write"] - moments["plan"], "write": moments["end"] - moments["write"]}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK} hosts")
    sizes = QUICK if parser.parse_args().quick else SIZES
    table = Table(
        "topology", "hosts", "floor s", "render s", "ratio", "load s", "plan s", "write s", "output MB", "ms/host", "x hosts",
        "x output",
    )  # fmt: skip
    for topology in TOPOLOGIES:
        before: dict[str, float] = {}
        for count in sizes:
            now = measure(topology, count)
            growth = [f"{now['above'] / before['above'] / (now[by] / before[by]):.2f}" for by in ("hosts", "bytes") if before]
            times = [f"{now[step]:.2f}" for step in ("load", "plan", "write")]
            each = [f"{now['bytes'] / 1e6:.1f}", f"{now['total'] / count * 1000:.1f}"]
            ratio = now["total"] / now["floor"]
            row = [topology, count, f"{now['floor']:.2f}", f"{now['total']:.2f}", f"{ratio:.1f}", *times, *each]
            table.row([*row, *(growth or ["", ""])])
            before = now


def measure(topology: str, count: int) -> dict[str, float]:
    """The best times, and the bytes that were written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inventory, bare = folder / "hosts.json", folder / "floor.yml"
        write_inventory(inventory, topology, count)
        bare.write_text(FLOOR, encoding="utf-8")

        def render(number: int) -> dict[str, float]:
            return run(ROOT / "playbooks" / "render.yml", inventory, "-e", f"wireguard_dest={folder / f'out{number}'}")

        floor = best(lambda _number: run(bare, inventory))
        found = best(render)
        files = [path for path in (folder / "out0").rglob("*") if path.is_file()]
        if sum(path.suffix == ".conf" for path in files) != count:
            sys.exit(f"{topology} of {count}: not every host has a configuration")
        written = sum(path.stat().st_size for path in files)
        return {**found, "floor": floor["total"], "above": found["cpu"] - floor["cpu"], "bytes": written, "hosts": count}


main()
