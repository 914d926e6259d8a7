# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the kernel has WireGuard, the kernel's it is: found, used, kept over a power failure, and not replaced."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86

pytestmark = [needs_x86, pytest.mark.long]  # `implementations` has a host like these

HOSTS = ("alpha", "beta", "gamma")
ON_THE_KERNEL = {host: [("wg0", "kernel", None)] for host in HOSTS}
NETWORK = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    made = KernelFleet(tmp_path_factory.mktemp("fleet"), "kernel1", "10.241.0", dict.fromkeys(HOSTS), NETWORK)
    try:
        made.lab("up", "--fresh")
        first = made.play()
        assert first.status == 0, first.output
        yield made
    finally:
        made.lab("down")


def implementations(fleet):
    live = {host: fleet.module(host, "interface_info")["interfaces"] for host in HOSTS}
    return {
        host: [(entry["name"], entry["implementation"], entry["implementation_version"]) for entry in interfaces]
        for host, interfaces in live.items()
    }


def test_the_mesh_runs_on_the_kernel(fleet):
    assert implementations(fleet) == ON_THE_KERNEL
    assert fleet.run("alpha", "sh", "-c", "pgrep wireguard-go; true") == ""
    assert {host: fleet.peers(host) for host in HOSTS} == {host: sorted(set(HOSTS) - {host}) for host in HOSTS}
    assert fleet.unreachable_pairs(HOSTS) == []


def test_a_second_run_changes_nothing(fleet):
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.parametrize("implementation", ["wireguard-go", "boringtun"])
def test_one_in_userspace_is_refused_even_where_it_is_installed(fleet, implementation):
    assert fleet.run("alpha", "sh", "-c", "command -v wireguard-go") != ""
    run = fleet.play("-e", f"wireguard_implementation={implementation}")
    assert {host for host, counters in run.recap.items() if counters["failed"]} == set(HOSTS), run.output
    assert run.changed() == set()
    assert run.output.count(f"{implementation}: this host's kernel has WireGuard") >= len(HOSTS), run.output
    assert implementations(fleet) == ON_THE_KERNEL


def test_the_kernel_is_accepted_by_name(fleet):
    run = fleet.play("-e", "wireguard_implementation=kernel")
    assert (run.status, run.changed()) == (0, set()), run.output


def test_after_a_power_failure_the_tunnels_come_back_by_themselves(fleet):
    fleet.lab("kill", "beta")
    fleet.lab("start", "beta")
    assert implementations(fleet) == ON_THE_KERNEL
    # from there: the others believe in their old sessions for a while yet
    for target in ("alpha", "gamma"):
        fleet.run("beta", "ping", "-q", "-c", "2", "-W", "2", fleet.addresses()[target][0])
