# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever is in today's run, the others' peers stay."""

from __future__ import annotations

import json
import re

import pytest

HOSTS = ("alpha", "beta", "gamma", "delta")


def others(host, hosts=HOSTS):
    return sorted(set(hosts) - {host})


def live(fleet, host):
    """What WireGuard has on a host; the order of peers is nobody's business."""
    return sorted(part.strip() for part in fleet.run(host, "wg", "showconf", "wg0").split("\n\n"))


@pytest.fixture(scope="module")
def fleet(make_fleet):
    return make_fleet(dict.fromkeys(HOSTS))


def test_check_on_a_fresh_fleet_changes_nothing(fleet):
    run = fleet.play("--check", "--diff")
    assert run.status == 0, run.output
    assert not fleet.registry.exists()
    for host in HOSTS:
        assert fleet.run(host, "sh", "-c", "ls -A /etc/wireguard; ls /etc/sysctl.d | grep wireguard; true") == ""


def test_a_host_that_never_answered_is_pending(fleet):
    fleet.lab("kill", "delta")
    run = fleet.play()
    assert run.recap["delta"]["unreachable"] == 1
    assert "pending, so not peers of any node yet: delta;" in run.output
    assert {host: fleet.peers(host) for host in others("delta")} == {
        host: others(host, others("delta")) for host in others("delta")
    }
    assert fleet.unreachable_pairs(others("delta")) == []


def test_limit_to_the_new_host_gives_it_all_peers_and_touches_nobody(fleet):
    fleet.lab("start", "delta")
    before = {host: live(fleet, host) for host in others("delta")}
    run = fleet.play("--limit", "delta")
    assert (run.status, set(run.recap)) == (0, {"delta"}), run.output
    assert fleet.peers("delta") == others("delta")
    assert {host: live(fleet, host) for host in others("delta")} == before


def test_a_later_run_completes_everything(fleet):
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(others("delta"))), run.output
    assert {host: fleet.peers(host) for host in HOSTS} == {host: others(host) for host in HOSTS}
    assert fleet.unreachable_pairs(HOSTS) == []


def test_check_on_a_converged_fleet_predicts_nothing(fleet):
    run = fleet.play("--check", "--diff")
    assert (run.status, run.changed()) == (0, set()), run.output


def test_a_stopped_host_keeps_its_place(fleet):
    fleet.lab("stop", "gamma")
    run = fleet.play()
    assert run.recap["gamma"]["unreachable"] == 1
    assert run.changed() == set(), run.output
    assert {host: fleet.peers(host) for host in others("gamma")} == {host: others(host) for host in others("gamma")}
    fleet.lab("start", "gamma")
    # It comes back by itself: the unit is enabled. The others notice their dead sessions after 15 s without an answer.
    assert any(fleet.unreachable_pairs(HOSTS) == [] for _try in range(5))


def test_nodes_leave_and_come_back_while_the_others_tunnels_go_on(fleet):
    address = fleet.addresses()["beta"][0]
    fleet.run("alpha", "sh", "-c", f"nohup timeout -s INT 900 ping -D -i 0.05 {address} >/tmp/probe 2>&1 &")

    fleet.write_inventory(without=["delta"])
    left = fleet.play()
    assert "no longer in the inventory, but still peers of all nodes: delta" in left.output
    assert (left.status, left.changed()) == (0, set()), left.output

    listed = fleet.play("-e", "wireguard_prune=true")
    assert listed.status != 0
    assert "to remove them, set -e wireguard_prune=delta" in " ".join(listed.output.split())
    pruned = fleet.play("-e", "wireguard_prune=delta", "--diff")
    assert pruned.status == 0, pruned.output
    assert pruned.output.count("- peer delta") == 3
    assert fleet.peers("alpha") == ["beta", "gamma"]
    removed = json.loads(fleet.registry.read_text(encoding="utf-8"))["removed"]["delta"]

    fleet.write_inventory()
    returned = fleet.play("--diff")
    assert returned.status == 0, returned.output
    assert returned.output.count("+ peer delta") == 3
    assert fleet.addresses()["delta"] == removed["addresses"]
    assert fleet.unreachable_pairs(HOSTS) == []

    fleet.run("alpha", "pkill", "-INT", "ping")
    sent, received = map(
        int, re.search(r"(\d+) packets transmitted, (\d+) received", fleet.run("alpha", "cat", "/tmp/probe")).groups()
    )
    assert sent > 200
    assert sent - received <= 1  # the one in flight when the probe is stopped
