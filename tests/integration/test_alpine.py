# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alpine for real: musl, BusyBox, OpenRC and apk, in one mesh with Debian.

Its programs of WireGuard and iproute2 are Debian's, in packages of the lab's own repository; see tests/lab/images/build-alpine.
"""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ROOT
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

pytestmark = [needs_x86, pytest.mark.long]
ALPINES = ("alpha", "beta")
HOSTS = (*ALPINES, "gamma")
LEFT = """
ls /etc/wireguard /etc/init.d/wg-quick.wg0 /etc/runlevels/default /etc/sysctl.d/90-wireguard-wg0.conf 2>/dev/null
ip link show wg0 2>&1
true
"""


@pytest.fixture(scope="module")
def fleet(make_fleet):
    subprocess.run([ROOT / "tests/bin/packages", "qemu-utils", "e2fsprogs", "mmdebstrap", "openssl"], check=True)
    hosts = {**{name: {"lab_image": "alpine"} for name in ALPINES}, "gamma": None}
    return make_fleet(hosts, {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]})


def state(fleet):
    script = """
wg showconf wg0 | sort
ip -o address show dev wg0 | grep -o 'inet.*' | grep -v fe80
ip route
ip link show dev wg0 | grep -o 'mtu.*'
"""
    return {host: fleet.run(host, "sh", "-c", script) for host in ALPINES}


def test_a_mesh(fleet):
    for host in ALPINES:
        assert fleet.run(host, "sh", "-c", "cat /etc/alpine-release; apk info -e wireguard-tools; true") == "3.23.6\n"
        built = "import sysconfig; print(sysconfig.get_config_var('MULTIARCH'))"
        assert fleet.run(host, "python3", "-c", built) == "x86_64-linux-musl\n"
    dry = fleet.play("--check", "--diff")
    assert dry.status == 0, dry.output
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert fleet.unreachable_pairs(HOSTS) == []
    for host in ALPINES:
        installed = fleet.run(host, "apk", "info").split()
        assert {"wireguard-tools", "wireguard-go", "bash", "iproute2"} <= set(installed)
        assert "wg-quick.wg0" in fleet.run(host, "rc-update", "show", "default")
        assert fleet.run(host, "stat", "-c", "%a", "/etc/wireguard/wg0.key", "/etc/wireguard/wg0.conf").split() == ["600", "600"]
    for words in ([], ["--check", "--diff"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


def test_a_change_is_made_live(fleet):
    fleet.members["alpha"]["wireguard_routes"] = ["10.77.0.0/16"]
    fleet.write_inventory()
    run = fleet.play("--diff")
    assert run.status == 0, run.output
    assert "the interface is restarted" not in run.output
    assert "10.77.0.0/16" in fleet.run("beta", "ip", "route", "show", "dev", "wg0")
    assert fleet.unreachable_pairs(HOSTS) == []


def test_what_is_altered_by_hand_is_repaired(fleet):
    right = state(fleet)
    fleet.run("alpha", "sh", "-c", "rc-service wg-quick.wg0 stop && rc-update delete wg-quick.wg0 default")
    fleet.run("beta", "sh", "-c", "ip link set dev wg0 mtu 1300; ip route delete 10.77.0.0/16")
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, set(ALPINES)), run.output
    assert state(fleet) == right


def test_openrc_starts_it_at_boot(fleet):
    for host in ALPINES:
        fleet.lab("kill", host)
        fleet.lab("start", host)
    assert [fleet.run(host, "wg", "show", "interfaces").strip() for host in ALPINES] == ["wg0", "wg0"]
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_status_and_doctor_see_it(fleet):
    for playbook in ("status", "doctor"):
        done = fleet.ansible("ansible-playbook", f"meshwork.wireguard.{playbook}")
        assert done.returncode == 0, done.stdout
        assert "alpha" in done.stdout


def test_a_change_that_nobody_confirms_is_taken_back(fleet):
    before = state(fleet)
    content = fleet.run("beta", "sed", "/^PrivateKey/d; s/^MTU.*/MTU = 1300/", "/etc/wireguard/wg0.conf")
    wanted = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key", "content": content, "pending": True}
    number = fleet.module("beta", "interface", wanted)["pending"]
    fleet.module("beta", "rollback", {"pending": {"wg0": number}, "state": "armed", "seconds": 30})
    assert eventually(lambda: "mtu 1300" in fleet.run("beta", "ip", "link", "show", "wg0"), True) is True
    assert eventually(lambda: state(fleet), before, 60) == before


def test_what_needs_systemd_is_refused(fleet):
    run = fleet.play("-e", "wireguard_names=hosts", "--limit", "alpha")
    assert run.status == 2, run.output
    assert "names: this host does not run systemd, whose unit they need; set wireguard_names: none here" in run.output


def test_a_host_that_leaves(fleet):
    run = fleet.ansible(
        "ansible-playbook", "meshwork.wireguard.remove", "-e", "wireguard_remove=alpha", "-e", "wireguard_destroy_keys=true"
    )
    assert run.returncode == 0, run.stdout
    assert fleet.run("alpha", "sh", "-c", LEFT).split("\n") == [
        "/etc/runlevels/default:", "", "/etc/wireguard:", 'Device "wg0" does not exist.', "",
    ]  # fmt: skip
    assert fleet.peers("beta") == ["gamma"]
