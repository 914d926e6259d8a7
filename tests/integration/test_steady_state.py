# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that has nothing to do costs little."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

HOSTS = ("alpha", "beta", "gamma")


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(dict.fromkeys(HOSTS))
    first = made.play()
    assert first.status == 0, first.output
    return made


def test_a_second_run_costs_one_module_run_per_host_and_gathers_no_facts(fleet, tmp_path):
    counted = tmp_path / "runs"
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "module_runs",
        "MODULE_RUNS": str(counted),
    }
    run = fleet.play(environment=environment)
    assert (run.status, run.changed()) == (0, set()), run.output
    runs = Counter(tuple(line.split()) for line in counted.read_text(encoding="utf-8").splitlines())
    assert runs == {(host, "meshwork.wireguard.prepare"): 1 for host in HOSTS}


def test_play_over_the_registry_file_beside_the_inventory(fleet):
    assert fleet.registry.stat().st_mode & 0o777 == 0o644
    lines = fleet.registry.read_text(encoding="utf-8").splitlines()
    assert [line.split('"')[1] for line in lines if line.startswith("  ")] == sorted(HOSTS)


def test_a_rendered_document_stands_in_for_the_variables(fleet, tmp_path):
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.render", "-e", f"wireguard_dest={tmp_path}")
    assert done.returncode == 0, done.stdout + done.stderr
    given = ["-e", f"wireguard_network_file={tmp_path}/wireguard/network.json"]
    members, variables = fleet.members, fleet.variables
    fleet.members, fleet.variables = dict.fromkeys(HOSTS), {}
    try:
        fleet.write_inventory()
        alone = fleet.play()
        assert "network wireguard: has no prefixes" in alone.output, alone.output
        run = fleet.play(*given)
        assert (run.status, run.changed()) == (0, set()), run.output
    finally:
        fleet.members, fleet.variables = members, variables
        fleet.write_inventory()
    assert fleet.play().changed() == set()
