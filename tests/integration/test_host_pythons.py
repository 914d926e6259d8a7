# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on the oldest and the newest Pythons that hosts may have, each on a host of its own in one mesh."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import LAB

PYTHONS = ("3.8", "3.9", "3.13")
VERSIONS = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def fleet(make_fleet):
    found = {f"python{version.replace('.', '-')}": next(iter(sorted(VERSIONS.glob(f"{version}.*"))), None) for version in PYTHONS}
    assert None not in found.values(), f"these are needed in {VERSIONS}: {', '.join(PYTHONS)}"
    made = make_fleet({host: {"ansible_python_interpreter": f"{path}/bin/python3"} for host, path in found.items()})
    for host, path in found.items():  # to where they are here: they find their libraries by that
        made.run(host, "mkdir", "-p", str(path))
        packed = subprocess.Popen(
            ["tar", "-C", path, "--exclude=test", "--exclude=__pycache__", "-c", "."], stdout=subprocess.PIPE
        )
        into = [LAB / "podman", "exec", "-i", f"{made.name}-{host}", "tar", "-C", str(path), "-x"]
        subprocess.run(into, stdin=packed.stdout, check=True)
        assert packed.wait() == 0
    return made


def test_the_mesh(fleet):
    hosts = list(fleet.underlay)
    first = fleet.play("--diff")
    assert first.status == 0, first.output
    assert fleet.unreachable_pairs(hosts) == []
    for words in ([], ["--check"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


def test_it_was_that_python(fleet):
    for host in fleet.underlay:
        found = fleet.module(host, "ansible.builtin.setup", {"gather_subset": ["!all", "python"]})
        assert host == f"python{'-'.join(found['ansible_facts']['ansible_python_version'].split('.')[:2])}"


def test_a_pending_change(fleet):
    """What runs on the host by itself has that Python, too."""
    host = next(iter(fleet.underlay))
    fleet.members[host]["wireguard_routes"] = ["172.20.3.0/24"]
    fleet.write_inventory()
    run = fleet.play("-e", "wireguard_rollback=30")
    assert (run.status, run.changed()) == (0, set(fleet.underlay)), run.output
    assert fleet.unreachable_pairs(list(fleet.underlay)) == []
