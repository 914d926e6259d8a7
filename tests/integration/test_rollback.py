# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that cuts the operator off, or a peer, undoes itself; one that does not, stays."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ENVIRONMENT
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.tunnel_fleet import (
    ContainerFleetOverTunnel,
    KernelFleetOverTunnel,
)

HOSTS = ("alpha", "beta", "gamma")
SECONDS = 40
AMPLE = 120  # for changes that are to stay, however busy the machine is
TIMES = range(int(os.environ.get("MESHWORK_REPEAT", "1")))
SOUND = {"wireguard_prefixes": ["10.8.0.0/24"]}
SEVERING = {"wireguard_prefixes": ["10.9.0.0/24"]}  # a sound plan, but Ansible comes over the old addresses


@pytest.fixture(scope="module")
def fleet(make_of_kind, kind):
    over_tunnel = KernelFleetOverTunnel if kind is KernelFleet else ContainerFleetOverTunnel
    made = make_of_kind(dict.fromkeys(HOSTS), SOUND, kind=over_tunnel)
    first = made.play()
    assert first.status == 0, first.output
    made.manage_over_tunnel("beta", "alpha")
    assert made.unreachable_pairs(HOSTS) == []
    return made


@pytest.fixture(params=TIMES)
def again():
    """A test that has to pass several times in a row."""


def change(fleet, variables):
    fleet.variables = variables
    fleet.write_inventory()


def state(fleet, host):
    """All of the interface that a change could touch, without counters and times."""
    script = "cat /etc/wireguard/wg0.conf; ip -o address show wg0; ip route show dev wg0; systemctl is-enabled wg-quick@wg0"
    live = sorted(fleet.run(host, "wg", "showconf", "wg0").split("\n\n"))
    return fleet.run(host, "sh", "-c", script), [part for part in live if "Endpoint" not in part] and sorted(fleet.peers(host))


def left_behind(fleet, host):
    return fleet.run(
        host, "sh", "-c", "ls /run/meshwork-wireguard | grep -v lock; systemctl list-timers --all | grep meshwork; true"
    )


def eventually(check, seconds=2 * SECONDS):
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def wait_until_reached(fleet, host, seconds):
    return eventually(lambda: fleet.ansible("ansible", host, "-m", "ansible.builtin.ping").returncode == 0, seconds)


def test_a_change_that_is_confirmed_stays(fleet):
    change(fleet, {**SOUND, "wireguard_mtu": 1380})
    run = fleet.play("-e", f"wireguard_rollback={AMPLE}")
    assert run.status == 0, run.output
    assert {host: fleet.run(host, "cat", "/sys/class/net/wg0/mtu") for host in HOSTS} == dict.fromkeys(HOSTS, "1380\n")
    assert {host: left_behind(fleet, host) for host in HOSTS} == dict.fromkeys(HOSTS, "")
    change(fleet, SOUND)
    back = fleet.play("-e", f"wireguard_rollback={AMPLE}")
    assert (back.status, back.changed()) == (0, set(HOSTS)), back.output
    again = fleet.play("-e", f"wireguard_rollback={AMPLE}")
    assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.usefixtures("again")
def test_a_change_that_cuts_the_operator_off_is_rolled_back(fleet):
    before = {host: state(fleet, host) for host in HOSTS}
    change(fleet, SEVERING)
    run = fleet.play("-e", f"wireguard_rollback={SECONDS}")
    change(fleet, SOUND)
    assert run.status != 0, run.output
    assert "interface wg0: the change was rolled back, because nobody confirmed it in time" in run.output
    assert "the change is not confirmed, because beta is not verified" in run.output
    assert wait_until_reached(fleet, "beta", SECONDS), run.output
    assert eventually(lambda: {host: state(fleet, host) for host in HOSTS} == before)
    settled = fleet.play()
    assert (settled.status, settled.changed() - {"alpha"}) == (0, set()), settled.output  # alpha: the registry
    assert fleet.unreachable_pairs(HOSTS) == []


@pytest.mark.usefixtures("again")
def test_a_host_comes_back_when_the_controller_dies(fleet):
    before = {host: state(fleet, host) for host in HOSTS}
    change(fleet, SEVERING)
    words = ["ansible-playbook", "-i", fleet.inventory, "meshwork.wireguard.mesh", "-e", f"wireguard_rollback={SECONDS}"]
    environment = {**os.environ, **ENVIRONMENT}
    with subprocess.Popen(
        words,
        cwd=fleet.directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as play:
        said = next((line for line in play.stdout if "Verify that" in line), None)
        os.killpg(play.pid, signal.SIGKILL)
    change(fleet, SOUND)
    assert said is not None
    refused = fleet.play("--limit", "gamma", "-e", "wireguard_mtu=1400")
    assert "was not confirmed and will be rolled back within" in refused.output, refused.output
    assert wait_until_reached(fleet, "beta", SECONDS)
    assert eventually(lambda: {host: state(fleet, host) for host in HOSTS} == before)
    settled = fleet.play()
    assert (settled.status, settled.changed() - {"alpha"}) == (0, set()), settled.output
    assert fleet.unreachable_pairs(HOSTS) == []


@pytest.mark.long
def test_a_peer_that_does_not_answer_any_more_takes_the_change_back(fleet):
    before = state(fleet, "alpha")
    assert fleet.unreachable_pairs(["alpha", "gamma"]) == []
    fleet.lab("kill", "gamma")
    change(fleet, {**SOUND, "wireguard_mtu": 1380})
    run = fleet.play("--limit", "alpha", "-e", "wireguard_rollback=90")
    assert run.recap["alpha"]["failed"] == 1, run.output
    assert "no answer within 20 s from gamma; it will be rolled back" in run.output
    assert eventually(lambda: state(fleet, "alpha") == before)
    change(fleet, SOUND)
    fleet.lab("start", "gamma")
