# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: networks of any size, commands with a clock, tables."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"
PLAN = Path(__file__).with_name("plan.py")
PORT = 51820
SITES = 3
SLOW = 10  # seconds


def key(name: str) -> str:
    """A public key as good as any, the same for the same name."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def address(first: str, number: int) -> str:
    return str(ipaddress.ip_address(first) + number)


def nodes(topology: str, count: int) -> dict[str, dict[str, Any]]:
    """Node name -> its keys. All nodes of a mesh have an endpoint; of a star the hub, of sites their gateways."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(count):
        name = f"n{number:05}"
        node = {"public_key": key(name), "addresses": [address("10.8.0.1", number)]}
        if topology == "sites":
            node |= {"site": f"site{number % SITES}", "site_endpoint": f"{address('172.16.0.1', number)}:{PORT}"}
        if topology == "mesh" or number < {"star": 1, "sites": SITES}[topology]:
            node["endpoint"] = f"{address('198.18.0.1', number)}:{PORT}"
            node |= {"star": {"hub": True}, "sites": {"gateway": True}}.get(topology, {})
        found[name] = node
    return found


def document(topology: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "bench", "topology": topology, "prefixes": ["10.8.0.0/16"], "nodes": dict(found)}


def environment() -> dict[str, str]:
    """The variables with which Ansible and Python find the working tree as an installed collection."""
    if not (COLLECTIONS / "ansible_collections" / "meshwork" / "wireguard").is_dir():
        sys.exit("The working tree is not linked as a collection yet: make venv")
    commands = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "LC_ALL": "C.UTF-8", "PATH": commands}


def timed(command: Sequence[object], line: Callable[[str], None] = lambda _text: None, **options: Any) -> dict[str, float]:
    """What a command takes: ``total`` seconds, and ``cpu`` seconds of it and its children, which others disturb less.

    Its errors are shown, and end the benchmark.

    :param line: is called with each line of its output as soon as it is there.
    """
    words = [str(part) for part in command]
    start = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options) as process:
        assert process.stdout is not None
        for text in process.stdout:
            line(text)
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(words)}: exit status {process.returncode}")
    return {"total": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime}


def plan(path: Path) -> dict[str, Any]:
    """What ``plan.py`` reports of a document, in a process of its own."""
    said: list[str] = []
    timed([sys.executable, PLAN, path], said.append, env=environment())
    return dict(json.loads("".join(said)))


def best(run: Callable[[int], dict[str, Any]], times: int = 3) -> dict[str, Any]:
    """Of several runs, which get their number, the one with the least ``total``. What takes ``SLOW`` is not repeated."""
    found = run(0)
    for number in range(1, times if found["total"] < SLOW else 1):
        found = min(found, run(number), key=lambda result: float(result["total"]))
    return found


class Table:
    """Rows of text under a head, each printed as soon as it is there."""

    def __init__(self, *columns: str) -> None:
        self._widths = [max(len(column), 8) for column in columns]
        self.row(columns)
        self.row(["-" * width for width in self._widths])

    def row(self, cells: Iterable[object]) -> None:
        print(*(str(cell).rjust(width) for cell, width in zip(cells, self._widths, strict=True)), sep="  ", flush=True)
