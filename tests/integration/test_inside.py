# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface inside a network namespace: its socket stays outside, and it is kept there, whatever happens."""

from __future__ import annotations

import re

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("alpha", "beta", "gamma")
NAME = "alpha.example.org"


@pytest.fixture(scope="module")
def fleet(make_of_kind):
    made = make_of_kind(
        {"alpha": None, "beta": {"wireguard_netns": "lab", "dialled": False}, "gamma": None},
        {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]},
    )
    made.members["alpha"]["wireguard_endpoint"] = NAME
    made.write_inventory()
    for host in HOSTS:
        name(made, host)
    first = made.play()
    assert first.status == 0, first.output
    return made


def name(fleet, host):
    """Let the host know alpha by name. Containers forget it when they start again."""
    fleet.run(host, "sh", "-c", f"grep -q {NAME} /etc/hosts || echo {fleet.underlay['alpha']} {NAME} >>/etc/hosts")


def inside(fleet, *argv, check=True):
    return fleet.run("beta", "ip", "netns", "exec", "lab", *argv, check=check)


def answered(fleet, address):
    return " 1 received" in inside(fleet, "ping", "-c", "1", "-W", "2", address, check=False)


def reached(fleet):
    addresses = fleet.addresses()
    return [address for host in ("alpha", "gamma") for address in addresses[host] if not answered(fleet, address)]


def test_the_tunnel_is_inside_and_nothing_else(fleet):
    assert eventually(lambda: reached(fleet), []) == []
    links = [line.split(":")[1].strip() for line in inside(fleet, "ip", "-o", "link").splitlines()]
    assert sorted(links) == ["lo", "wg0"]
    assert not answered(fleet, fleet.underlay["alpha"])
    assert fleet.run("beta", "sh", "-c", "ip link show wg0 2>/dev/null; true") == ""
    assert fleet.addresses()["beta"][0] in fleet.run("alpha", "wg", "show", "wg0", "allowed-ips")
    (shown,) = fleet.module("beta", "interface_info")["interfaces"]
    assert (shown["name"], sorted(peer["name"] for peer in shown["peers"])) == ("wg0", ["alpha", "gamma"])


def test_a_second_run_changes_nothing(fleet):
    for words in ([], ["--check", "--diff"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


def test_a_change_leaves_the_other_tunnels_alone(fleet):
    address = fleet.addresses()["alpha"][0]
    script = f"nohup ip netns exec lab timeout -s INT 300 ping -D -n -i 0.05 {address} >/run/probe 2>&1 & sleep 1"
    fleet.run("beta", "sh", "-c", script)
    fleet.members["gamma"]["wireguard_routes"] = ["172.20.3.0/24"]
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
    before = inside(fleet, "sh", "-c", shown)
    assert before.split()[0] == "(none)"
    run = fleet.play("-e", "wireguard_preshared_secret=0123456789abcdef0123456789abcdef", "-e", "wireguard_keepalive=17")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    during = inside(fleet, "sh", "-c", shown).split()
    assert "(none)" not in during
    assert during[-1] == "17"
    assert eventually(lambda: reached(fleet), []) == []
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert inside(fleet, "sh", "-c", shown) == before
    assert eventually(lambda: reached(fleet), []) == []
    assert fleet.play().changed() == set()


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
    assert fleet.play().changed() == set()


def test_it_moves_out_and_in(fleet):
    of_beta = {key: fleet.members["beta"].pop(key) for key in ("wireguard_netns", "wireguard_allowed_ips", "wireguard_exit")}
    fleet.write_inventory()
    out = fleet.play("--diff")
    assert (out.status, "beta" in out.changed()) == (0, True), out.output
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
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
