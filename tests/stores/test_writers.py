# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes write at once, and some are killed: nothing that was stored is lost, and nothing is stored twice.

Each writer adds to what it has read. So whoever reads must find a beginning of what is there in the end.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.stores.writer import NETWORK, entries_of

ROOT = Path(__file__).parents[2]
WRITERS = int(os.environ.get("MESHWORK_WRITERS", "4"))
ENTRIES = {"GitPlace": 5}
"""Of each writer; others 10. A push takes longer than a write elsewhere."""


class Writer:
    """A process that is begun again when it was killed. It waits `seconds` at most before each entry."""

    def __init__(self, place, name, directory, seconds):
        self.entries = ENTRIES.get(type(place).__name__, 10)
        self.command = [
            sys.executable,
            str(Path(__file__).with_name("writer.py")),
            place.address,
            name,
            str(self.entries),
            seconds,
        ]
        self.name = name
        self.output = directory / f"{name}.txt"
        self.errors = directory / f"{name}.errors"
        self.begin()

    def begin(self):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / ".cache/collections"), "TMPDIR": str(self.output.parent)}
        with self.output.open("ab") as output, self.errors.open("ab") as errors:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=errors, env=environment)

    def kill(self):
        """Kill it at once, and begin again if it was not yet through; whether it was killed."""
        self.process.send_signal(signal.SIGKILL)
        if self.process.wait() == 0:
            return False
        self.begin()
        return True

    @property
    def stored(self):
        """What it has said to be stored."""
        return {line for line in self.output.read_text().splitlines() if line}


def reading(store, seen):
    """Read, and note a text that differs from the last one."""
    entries = entries_of(store.read(NETWORK)[0])
    if not seen or seen[-1] != entries:
        seen.append(entries)
    return set(entries)


@pytest.mark.parametrize("kills", [0, pytest.param(12, id="killed")])
def test_writers_at_once(place, tmp_path, kills):
    chance = random.Random(1)
    texts, killed = [], 0
    with place.open() as store:
        writers = [Writer(place, f"writer{number}", tmp_path, "0.3" if kills else "0") for number in range(WRITERS)]
        try:
            ends = time.monotonic() + 240
            while any(writer.process.poll() is None for writer in writers):
                assert time.monotonic() < ends
                stored = set().union(*(writer.stored for writer in writers))
                assert stored <= reading(store, texts)
                time.sleep(chance.uniform(0.05, 0.4))
                if killed < kills:
                    killed += chance.choice([writer for writer in writers if writer.process.poll() is None] or writers).kill()
        finally:
            for writer in writers:
                writer.process.kill()
                writer.process.wait()
        assert [(writer.process.returncode, writer.errors.read_text()) for writer in writers] == [(0, "")] * WRITERS
        final = entries_of(store.read(NETWORK)[0])
        assert sorted(final) == sorted(f"{writer.name}-{n}" for writer in writers for n in range(writer.entries))
        for entries in texts:
            assert entries == final[: len(entries)]
        if place.keeps_history:
            kept = store.history(NETWORK)
            assert [entry.summary for entry in kept] == [f"1 entry: {entry}" for entry in reversed(final)][: len(kept)]
            assert store.read_revision(NETWORK, kept[-1].revision)
    assert not kills or killed >= WRITERS / 2


def test_the_first_writers_at_once(place):
    """None of them finds a network, a branch, tables or a directory."""
    commands = [
        [sys.executable, str(Path(__file__).with_name("writer.py")), place.address, f"writer{number}", "1"]
        for number in range(WRITERS)
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".cache/collections")}
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) for command in commands]
    assert [process.wait(60) for process in processes] == [0] * WRITERS
    with place.open() as store:
        assert sorted(entries_of(store.read(NETWORK)[0])) == [f"writer{number}-0" for number in range(WRITERS)]
