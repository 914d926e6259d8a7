# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes whose time is over are gone after one run, however many, and whatever else the run has to take back."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("alpha", "beta", "gamma")
KEYS = {f"p{number}": base64.b64encode(bytes([number]) * 32).decode() for number in range(1, 9)}
SECONDS = 40


@pytest.fixture(scope="module")
def fleet(make_of_kind):
    """Three hosts in a mesh, and phones that nobody answers for; p1, p3 and p7 have networks behind them."""
    made = make_of_kind({**dict.fromkeys(HOSTS), "alpha": {"wireguard_forward": True}}, {"wireguard_prefixes": ["10.8.0.0/24"]})
    made.variables["wireguard_clients"] = {name: {"public_key": key} for name, key in KEYS.items()}
    for number in (1, 3, 7):
        client(made, f"p{number}")["routes"] = [f"172.20.{number}.0/24"]
    made.write_inventory()
    first = made.play()
    assert first.status == 0, first.output
    assert made.unreachable_pairs(HOSTS) == []
    return made


def client(fleet, name):
    return fleet.variables["wireguard_clients"][name]


def left(fleet, *names):
    """Where something of these clients is still: the live peers, and the files of the interface."""
    keys = [KEYS[name] for name in names]
    script = "wg show all peers; grep -rh . /etc/wireguard /etc/meshwork-wireguard 2>/dev/null; true"
    said = {host: fleet.run(host, "sh", "-c", script) for host in HOSTS}
    return [(host, key) for host in HOSTS for key in keys if key in said[host]]


def owners(fleet, prefix):
    """Host -> the clients that it sends a prefix to."""
    names = {key: name for name, key in KEYS.items()}
    shown = {host: fleet.run(host, "wg", "show", "wg0", "allowed-ips").splitlines() for host in HOSTS}
    return {host: tuple(names[line.split("\t")[0]] for line in lines if prefix in line) for host, lines in shown.items()}


def said(run):
    return " ".join(run.output.split())


def clients_of(fleet, host):
    return tuple(name for name in fleet.peers(host) if name not in HOSTS)


def test_two_that_are_revoked_on_one_day_are_gone_after_one_run(fleet):
    for name in ("p1", "p2"):
        client(fleet, name)["revoked"] = True
    client(fleet, "p1").pop("routes")
    client(fleet, "p3")["routes"] = ["172.20.1.0/24", "172.20.3.0/24"]
    fleet.write_inventory()
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    for name in ("p1", "p2"):
        assert f"node {name} is revoked: removed from 3 hosts in this run" in said(run), run.output
    assert left(fleet, "p1", "p2") == []
    assert owners(fleet, "172.20.1.0/24") == dict.fromkeys(HOSTS, ("p3",))
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    assert "node p1 is revoked: is not a peer of any node" in said(again), again.output


@pytest.mark.long
def test_those_that_expire_are_gone_unless_all_would(fleet):
    for name in ("p3", "p4"):
        client(fleet, name)["expires"] = "2020-01-01"
    fleet.write_inventory()
    before = fleet.registry.read_text(encoding="utf-8")
    refused = fleet.play()
    assert refused.status != 0
    assert "run with -e wireguard_expire_all=true" in said(refused), refused.output
    assert fleet.registry.read_text(encoding="utf-8") == before
    assert clients_of(fleet, "alpha") == ("p3", "p4", "p5", "p6", "p7", "p8")
    client(fleet, "p5")["expires"] = "2999-01-01"
    fleet.write_inventory()
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert "node p3 expired on 2020-01-01: removed from 3 hosts in this run" in said(run), run.output
    assert left(fleet, "p3", "p4") == []
    assert fleet.play().changed() == set()


def mtus(fleet):
    return {host: fleet.run(host, "cat", "/sys/class/net/wg0/mtu") for host in HOSTS}


@pytest.mark.long
def test_a_change_that_is_taken_back_brings_none_of_them_back(fleet):
    """The others do not hear of gamma while the change is pending."""
    assert fleet.unreachable_pairs(HOSTS) == []
    before = mtus(fleet)
    for name in ("p7", "p8"):
        client(fleet, name)["revoked"] = True
    client(fleet, "p6")["routes"] = client(fleet, "p7").pop("routes")
    fleet.variables["wireguard_mtu"] = 1380
    fleet.write_inventory()
    fleet.lab("cut", "gamma")
    run = fleet.play("-e", f"wireguard_rollback={SECONDS}")
    assert run.status != 0, run.output
    assert {host for host, counters in run.recap.items() if counters["failed"]} == set(HOSTS), run.output
    for name in ("p7", "p8"):
        assert f"node {name} is revoked: removed from 3 hosts in this run" in said(run), run.output
    assert left(fleet, "p7", "p8") == []
    assert eventually(lambda: mtus(fleet), before, 2 * SECONDS) == before
    assert left(fleet, "p7", "p8") == []
    assert {host: clients_of(fleet, host) for host in HOSTS} == dict.fromkeys(HOSTS, ("p5", "p6"))
    assert owners(fleet, "172.20.7.0/24") == dict.fromkeys(HOSTS, ("p6",))
    fleet.lab("join", "gamma")
    del fleet.variables["wireguard_mtu"]
    fleet.write_inventory()
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    run = fleet.play("-e", f"wireguard_rollback={SECONDS}")
    assert run.status == 0, run.output
    assert (left(fleet, "p7", "p8"), owners(fleet, "172.20.7.0/24")) == ([], dict.fromkeys(HOSTS, ("p6",)))
    again = fleet.play("-e", f"wireguard_rollback={SECONDS}")
    assert (again.status, again.changed()) == (0, set()), again.output
