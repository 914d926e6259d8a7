# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One mesh of the kernel's WireGuard and of three releases of wireguard-go."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import MixedFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import differing, needs_x86
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("alpha", "beta", "gamma", "delta")

pytestmark = needs_x86


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(differing({"delta": None, "alpha": None, "beta": None, "gamma": None}), kind=MixedFleet)
    first = made.play()
    assert first.status == 0, first.output
    return made


def test_who_runs_what(fleet):
    found = {host: fleet.module(host, "interface_info")["interfaces"][0] for host in HOSTS}
    assert {host: shown["implementation"] for host, shown in found.items()} == {
        **dict.fromkeys(HOSTS, "wireguard-go"),
        "delta": "kernel",
    }
    assert len({shown["implementation_version"] for shown in found.values()}) == 4  # None for the kernel's


def test_all_pairs_reach_each_other(fleet):
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []


def test_a_second_run_changes_nothing(fleet):
    for words in ([], ["--check", "--diff"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.long
def test_one_in_userspace_is_refused_where_the_kernel_has_it(fleet):
    assert fleet.run("delta", "sh", "-c", "command -v wireguard-go; pgrep wireguard-go; true") == "/usr/bin/wireguard-go\n"
    run = fleet.play("-e", "wireguard_implementation=wireguard-go")
    assert ({host for host, counters in run.recap.items() if counters["failed"]}, run.changed()) == ({"delta"}, set()), run.output
    assert "wireguard-go: this host's kernel has WireGuard" in run.output


@pytest.mark.long
def test_status_tells_what_differs(fleet):
    text = fleet.ansible("ansible-playbook", "meshwork.wireguard.status").stdout
    assert "kernel" in text, text
    assert "wireguard-go" in text, text


@pytest.mark.long
def test_all_come_back_after_a_power_failure(fleet):
    for host in HOSTS:
        fleet.lab("kill", host)
    fleet.lab("start", *HOSTS)
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
