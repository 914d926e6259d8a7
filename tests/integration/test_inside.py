# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces inside a network namespace and a container: the socket stays outside, and they are kept there, whatever happens."""

from __future__ import annotations

import re

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("alpha", "beta", "gamma")
NAME = "alpha.example.org"
INSIDE = ("beta", "gamma")
CONTAINER = """
printf '#!/bin/sh\nsystemctl show --property=MainPID --value web\n' >/usr/local/bin/podman
chmod 755 /usr/local/bin/podman
systemd-run --quiet --unit=web unshare --net sh -c 'ip link set lo up; exec sleep infinity'
"""
"""What stands in for Podman: it has one container, of which the namespace is real. The scenario `containers` has another."""


@pytest.fixture(scope="module")
def fleet(make_of_kind):
    made = make_of_kind(
        {"alpha": None, "beta": {"wireguard_netns": "lab", "dialled": False}, "gamma": {"wireguard_container": "web"}},
        {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]},
    )
    made.members["alpha"]["wireguard_endpoint"] = NAME
    made.write_inventory()
    for host in HOSTS:
        name(made, host)
    made.run("gamma", "sh", "-c", CONTAINER)
    first = made.play()
    assert first.status == 0, first.output
    return made


def name(fleet, host):
    """Let the host know alpha by name. Containers forget it when they start again."""
    fleet.run(host, "sh", "-c", f"grep -q {NAME} /etc/hosts || echo {fleet.underlay['alpha']} {NAME} >>/etc/hosts")


def inside(fleet, *argv, host="beta", check=True):
    where = "/run/netns/lab" if host == "beta" else "/proc/$(podman inspect web)/ns/net"
    return fleet.run(host, "sh", "-c", f'exec nsenter --net={where} "$@"', "sh", *argv, check=check)


def answered(fleet, address, host="beta"):
    return " 1 received" in inside(fleet, "ping", "-c", "1", "-W", "2", address, host=host, check=False)


def reached(fleet, *hosts):
    """The addresses of the other hosts that do not answer."""
    addresses = fleet.addresses()
    asked = [(host, address) for host in hosts or ["beta"] for other in HOSTS if other != host for address in addresses[other]]
    return [address for host, address in asked if not answered(fleet, address, host)]


def test_the_tunnel_is_inside_and_nothing_else(fleet):
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    links = [line.split(":")[1].strip() for line in inside(fleet, "ip", "-o", "link").splitlines()]
    assert sorted(links) == ["lo", "wg0"]
    assert not answered(fleet, fleet.underlay["alpha"])
    assert fleet.run("beta", "sh", "-c", "ip link show wg0 2>/dev/null; true") == ""
    assert fleet.addresses()["beta"][0] in fleet.run("alpha", "wg", "show", "wg0", "allowed-ips")
    (shown,) = fleet.module("beta", "interface_info")["interfaces"]
    assert (shown["name"], sorted(peer["name"] for peer in shown["peers"])) == ("wg0", ["alpha", "gamma"])
    assert "wg0" in inside(fleet, "ip", "-o", "link", host="gamma")
    assert fleet.run("gamma", "sh", "-c", "ip link show wg0 2>/dev/null; true") == ""


def test_a_second_run_changes_nothing(fleet):
    for words in ([], ["--check", "--diff"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


def test_a_change_leaves_the_other_tunnels_alone(fleet):
    address = fleet.addresses()["gamma"][0]
    script = f"nohup ip netns exec lab timeout -s INT 300 ping -D -n -i 0.05 {address} >/run/probe 2>&1 & sleep 3"
    fleet.run("beta", "sh", "-c", script)
    fleet.members["alpha"]["wireguard_routes"] = ["172.20.3.0/24"]
    fleet.write_inventory()
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    fleet.run("beta", "pkill", "-INT", "-f", "^ping -D")
    assert eventually(lambda: "transmitted" in fleet.run("beta", "cat", "/run/probe"), True)
    said = fleet.run("beta", "cat", "/run/probe")
    came = {int(number) for number in re.findall(r"bytes from .*icmp_seq=(\d+)", said)}
    (sent,) = map(int, re.findall(r"(\d+) packets transmitted", said))
    assert sent > 100, said
    # not of the last second: answers that are still on their way when ping ends are none
    assert [number for number in range(1, sent - 20) if number not in came] == [], said
    assert "172.20.3.0/24 dev wg0" in inside(fleet, "ip", "route")
    assert fleet.play().changed() == set()


def test_what_leaves_the_plan_leaves_the_interface(fleet):
    """Preshared keys and keepalives, which `wg syncconf` of many tools keeps."""
    shown = "wg show wg0 preshared-keys | cut -f 2 | sort -u; wg show wg0 persistent-keepalive | cut -f 2 | sort -u"
    before = {host: inside(fleet, "sh", "-c", shown, host=host) for host in INSIDE}
    assert {host: said.split()[0] for host, said in before.items()} == dict.fromkeys(INSIDE, "(none)")
    run = fleet.play("-e", "wireguard_preshared_secret=0123456789abcdef0123456789abcdef", "-e", "wireguard_keepalive=17")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    for host in INSIDE:
        during = inside(fleet, "sh", "-c", shown, host=host).split()
        assert "(none)" not in during
        assert during[-1] == "17"
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert {host: inside(fleet, "sh", "-c", shown, host=host) for host in INSIDE} == before
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    assert fleet.play().changed() == set()


def state(fleet, host):
    """All that a change could touch, without counters and times."""
    live = "ip -o address show wg0; ip route show dev wg0; wg show wg0 endpoints | sort; wg show wg0 allowed-ips | sort"
    kept = "cat /etc/wireguard/wg0.conf; systemctl is-active meshwork-inside@wg0"
    return inside(fleet, "sh", "-c", live, host=host), fleet.run(host, "sh", "-c", kept)


def left_behind(fleet, host):
    look = "ls /run/meshwork-wireguard | grep -v lock; systemctl list-timers --all | grep meshwork; true"
    return fleet.run(host, "sh", "-c", look)


@pytest.mark.long
def test_a_change_that_is_confirmed_stays(fleet):
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    run = fleet.play("-e", "wireguard_rollback=120", "-e", "wireguard_mtu=1380")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert all(" mtu 1380 " in inside(fleet, "ip", "-o", "link", "show", "wg0", host=host) for host in INSIDE)
    assert {host: left_behind(fleet, host) for host in INSIDE} == dict.fromkeys(INSIDE, "")
    assert fleet.play("-e", "wireguard_rollback=120", "-e", "wireguard_mtu=1380").changed() == set()
    back = fleet.play("-e", "wireguard_rollback=120")
    assert (back.status, back.changed()) == (0, set(HOSTS)), back.output
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []


@pytest.mark.long
def test_a_change_that_cuts_itself_off_is_rolled_back(fleet):
    """From another port, and to one where alpha does not listen; what alpha sends by itself comes to nobody, either."""
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    before = {host: state(fleet, host) for host in INSIDE}
    fleet.members["alpha"]["wireguard_endpoint"] = fleet.underlay["alpha"]
    fleet.write_inventory()
    run = fleet.play("--limit", ",".join(INSIDE), "-e", "wireguard_rollback=40", "-e", "wireguard_port=51999")
    fleet.members["alpha"]["wireguard_endpoint"] = NAME
    fleet.write_inventory()
    assert {host: run.recap[host]["failed"] for host in INSIDE} == dict.fromkeys(INSIDE, 1), run.output
    assert "no answer within 20 s from alpha; it will be rolled back" in run.output
    assert eventually(lambda: {host: state(fleet, host) for host in INSIDE}, before, 60) == before
    how_it_ended = dict.fromkeys(INSIDE, "wg0\n")
    assert eventually(lambda: {host: left_behind(fleet, host) for host in INSIDE}, how_it_ended) == how_it_ended
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    settled = fleet.play()
    assert (settled.status, settled.changed() - {"alpha"}) == (0, set()), settled.output  # alpha: the registry


@pytest.mark.long
def test_all_traffic_may_go_that_way(fleet):
    fleet.members["beta"] |= {"wireguard_allowed_ips": ["0.0.0.0/0"], "wireguard_exit": "alpha"}
    fleet.write_inventory()
    run = fleet.play("--diff")
    assert run.status == 0, run.output
    assert "default dev wg0" in inside(fleet, "ip", "route")
    assert "default dev wg0" not in fleet.run("beta", "ip", "route")
    assert eventually(lambda: reached(fleet), []) == []
    assert fleet.play().changed() == set()


def test_what_is_altered_by_hand_is_repaired(fleet):
    inside(fleet, "ip", "address", "delete", fleet.addresses()["beta"][0] + "/24", "dev", "wg0")
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, {"beta"}), run.output
    assert eventually(lambda: reached(fleet), []) == []


def test_it_is_there_again_after_a_restart(fleet):
    fleet.run("beta", "systemctl", "kill", "--signal", "KILL", "meshwork-inside@wg0")
    assert eventually(lambda: reached(fleet), []) == []
    fleet.lab("kill", "beta")
    fleet.lab("start", "beta")
    name(fleet, "beta")
    assert eventually(lambda: reached(fleet), [], 60) == []
    fleet.run("gamma", "systemctl", "stop", "web")
    fleet.run("gamma", "sh", "-c", CONTAINER)
    assert eventually(lambda: reached(fleet, *INSIDE), [], 60) == []  # beta dials: it hears nothing, and asks anew
    assert fleet.play().changed() == set()


@pytest.mark.long
def test_a_change_while_the_container_does_not_run(fleet):
    """It comes with the start; so does what was before, where it is rolled back."""
    fleet.run("gamma", "systemctl", "stop", "web")
    run = fleet.play("-e", "wireguard_mtu=1380")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert fleet.play("-e", "wireguard_mtu=1380").changed() == set()
    fleet.run("gamma", "sh", "-c", CONTAINER)
    assert eventually(lambda: reached(fleet, *INSIDE), [], 60) == []  # beta dials: it hears nothing, and asks anew
    assert " mtu 1380 " in inside(fleet, "ip", "-o", "link", "show", "wg0", host="gamma")
    back = fleet.play("-e", "wireguard_rollback=120")
    assert (back.status, back.changed()) == (0, set(HOSTS)), back.output
    assert fleet.play().changed() == set()


@pytest.mark.long
def test_the_keys_change(fleet):
    before = {*fleet.public_keys()}
    run = fleet.rotate()
    assert run.status == 0, run.output
    assert {*fleet.public_keys()} & before == set()
    assert eventually(lambda: reached(fleet, *INSIDE), []) == []
    assert fleet.play().changed() == set()


@pytest.mark.long
def test_it_moves_out_and_in(fleet):
    of_beta = {key: fleet.members["beta"].pop(key) for key in ("wireguard_netns", "wireguard_allowed_ips", "wireguard_exit")}
    fleet.write_inventory()
    out = fleet.play("--diff")
    assert (out.status, "beta" in out.changed()) == (0, True), out.output
    assert eventually(lambda: fleet.unreachable_pairs(["alpha", "beta"]), []) == []
    assert inside(fleet, "ip", "-o", "link").count("\n") == 1
    assert fleet.play().changed() == set()
    fleet.members["beta"] |= of_beta
    fleet.write_inventory()
    back = fleet.play("--diff")
    assert back.status == 0, back.output
    assert eventually(lambda: reached(fleet), []) == []
    assert fleet.play().changed() == set()


def test_it_leaves_no_trace(fleet):
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", "-e", "wireguard_remove=beta")
    assert done.returncode == 0, done.stdout + done.stderr
    assert inside(fleet, "ip", "-o", "link").count("\n") == 1
    left = "ls /etc/meshwork-wireguard /etc/systemd/system/meshwork-inside* /etc/wireguard/wg0.conf; pgrep -f inside_agent"
    assert fleet.run("beta", "sh", "-c", f"({left}) 2>/dev/null | grep -v '^[0-9]*$'; true") == ""
