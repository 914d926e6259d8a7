# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's own kernel, and the module of WireGuard that comes with it: loaded, used, and changed while it runs."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ROOT
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually
from ansible_collections.meshwork.wireguard.tests.integration.qemu_fleet import QemuFleet

pytestmark = [needs_x86, pytest.mark.long]
HOSTS = ("alpha", "beta")


@pytest.fixture(scope="module")
def fleet(make_fleet):
    subprocess.run([ROOT / "tests/bin/packages", "qemu-system-x86", "mmdebstrap", "e2fsprogs", "openssh-client"], check=True)
    return make_fleet({"alpha": None, "beta": {"wireguard_routes": ["10.77.0.0/16"]}}, kind=QemuFleet)


def test_the_module_of_the_kernel_is_used(fleet):
    assert "intree:         Y" in fleet.run("alpha", "/usr/sbin/modinfo", "wireguard")
    assert fleet.run("alpha", "sh", "-c", "lsmod | grep wireguard; true") == ""
    run = fleet.play()
    assert run.status == 0, run.output
    assert "wireguard" in fleet.run("alpha", "lsmod")
    for host in HOSTS:
        (shown,) = fleet.module(host, "interface_info")["interfaces"]
        assert (shown["name"], shown["implementation"]) == ("wg0", "kernel")
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), [], 60) == []


def test_a_second_run_changes_nothing(fleet):
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_a_change_is_made_live(fleet):
    fleet.members["beta"]["wireguard_routes"] = ["10.78.0.0/16"]
    fleet.write_inventory()
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, {"alpha"}), run.output
    assert "AllowedIPs +10.78.0.0/16, -10.77.0.0/16" in run.output
    assert "10.78.0.0/16 dev wg0" in fleet.run("alpha", "ip", "route")
