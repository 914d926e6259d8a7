# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends: each program on each release of Debian, one after the other on the same hosts."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet
from ansible_collections.meshwork.wireguard.tests.integration.keeping import NETWORK_MANAGER, NETWORKD, WG_QUICK, host
from ansible_collections.meshwork.wireguard.tests.integration.kept_fleets import enable_networkd
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import VERSIONS, needs_x86
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually
from ansible_collections.meshwork.wireguard.tests.integration.probing import probes

HOSTS = ("alpha", "beta", "gamma")
NETWORK = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"], "wireguard_preshared_secret": "a secret, long enough"}
KEEPING = (WG_QUICK, NETWORKD, NETWORK_MANAGER)
LIVE = """
wg showconf wg0 | grep -v -e '^$' -e AllowedIPs | sort
wg show wg0 allowed-ips | while read -r key prefixes; do echo "$key" $(printf '%s\\n' $prefixes | sort); done | sort
ip -o address show dev wg0 | awk '{print $3, $4}' | grep -v fe80 | sort
for family in -4 -6; do
  ip $family route show table all dev wg0 | awk '{print $1 ~ /[.:]/ ? $1 : $1 " " $2}' | grep -v -e fe80 -e ff00 | sort
  ip $family route show table 51 dev wg0 2>/dev/null | cut -d' ' -f1 | grep -v ^fe80 | sort | sed 's/^/table 51 /'
done
ip -o link show dev wg0 | grep -o 'mtu [0-9]*'
"""
LEFT = """
find /etc/systemd/network /etc/NetworkManager/system-connections -name '*wg0*'
systemctl is-enabled wg-quick@wg0 | grep -x enabled
systemctl is-active wg-quick@wg0 | grep -x active
true
"""
KEEPS = {
    "wg-quick": "enabled\nactive\n",
    "systemd-networkd": "".join(f"/etc/systemd/network/05-meshwork-wg0.{end}\n" for end in ("key", "netdev", "network")),
    "NetworkManager": "/etc/NetworkManager/system-connections/05-meshwork-wg0.nmconnection\n",
}
COMES = {
    "wg-quick": host("unit", "enabled"),
    "systemd-networkd": host("systemd-networkd", "created"),
    "NetworkManager": host("NetworkManager", "created"),
}
GOES = {
    "wg-quick": host("unit", "disabled"),
    "systemd-networkd": host("systemd-networkd", "removed"),
    "NetworkManager": host("NetworkManager", "removed"),
}
ORDER = list(KEEPS)

pytestmark = needs_x86


@pytest.fixture(scope="module")
def fleet(make_fleet):
    images = [image.replace("-wireguard", "-managers") for image in VERSIONS]
    hosts = {name: {"lab_image": image} for name, image in zip(HOSTS, images, strict=True)}
    hosts["gamma"]["wireguard_routes"] = ["10.77.0.0/16"]
    made = make_fleet(hosts, NETWORK, kind=KernelFleet)
    made.members["alpha"]["wireguard_endpoint"] = "alpha"  # a name, resolved on the other hosts by a unit of its own
    for name in HOSTS:
        enable_networkd(made, name)
    return made


def choose(fleet, turn):
    """Another backend on each host; host -> its title."""
    chosen = {name: KEEPING[(turn + index) % 3].backend for index, name in enumerate(HOSTS)}
    for name, backend in chosen.items():
        fleet.members[name]["wireguard_backend"] = backend
    fleet.write_inventory()
    return chosen


def live(fleet):
    return {name: fleet.run(name, "sh", "-c", LIVE) for name in HOSTS}


def kept(fleet):
    return {name: "".join(sorted(fleet.run(name, "sh", "-c", LEFT).splitlines(keepends=True))) for name in HOSTS}


def expected(chosen):
    return {name: "".join(sorted(KEEPS[backend].splitlines(keepends=True))) for name, backend in chosen.items()}


def boots_to(fleet, before):
    """After a power failure of all hosts all is as before."""
    for name in HOSTS:
        fleet.lab("kill", name)
    fleet.lab("start", *HOSTS)
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), [], 60) == []
    assert eventually(lambda: live(fleet), before) == before


def test_a_fresh_mesh(fleet):
    chosen = choose(fleet, 0)
    dry = fleet.play("--check", "--diff")
    assert dry.status == 0, dry.output
    assert set(kept(fleet).values()) == {""}
    run = fleet.play()
    assert run.status == 0, run.output
    assert kept(fleet) == expected(chosen)
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    for words in ([], ["--check", "--diff"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.long
@pytest.mark.parametrize("turn", range(4))
def test_it_is_kept_over_a_reboot_and_handed_on_without_a_loss(fleet, turn):
    before = live(fleet)
    boots_to(fleet, before)
    again = fleet.play("--check", "--diff")
    assert (again.status, again.changed()) == (0, set()), again.output
    if turn == 3:  # all have had all
        return
    old = choose(fleet, turn)
    new = choose(fleet, turn + 1)
    dry = fleet.play("--check", "--diff")
    assert (dry.status, dry.changed()) == (0, set(HOSTS)), dry.output
    with probes(fleet, HOSTS) as lost:
        run, changes = fleet.changes("--diff")
    assert run.status == 0, run.output
    told = sorted(
        (COMES[title] if title == new["alpha"] else GOES[title] for title in ORDER if title in (old["alpha"], new["alpha"])),
        key=str,
    )
    assert sorted(changes["alpha"][0], key=str) == told
    assert lost == {}
    assert kept(fleet) == expected(new)
    assert live(fleet) == before
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.long
def test_a_change_that_nobody_confirms_is_taken_back(fleet):
    before, kept_before = live(fleet), kept(fleet)
    for name in HOSTS:
        now = fleet.members[name]["wireguard_backend"]
        content = fleet.run(name, "sed", "/^PrivateKey/d; s/^MTU.*/MTU = 1400/", "/etc/wireguard/wg0.conf")
        wanted = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key", "content": content, "pending": True}
        number = fleet.module(name, "interface", {**wanted, "backend": ORDER[ORDER.index(now) - 1]})["pending"]
        fleet.module(name, "rollback", {"pending": {"wg0": number}, "state": "armed", "seconds": 90})
    assert eventually(lambda: {name: "mtu 1400" in text for name, text in live(fleet).items()}, dict.fromkeys(HOSTS, True)) == (
        dict.fromkeys(HOSTS, True)
    )
    assert {name: text == kept_before[name] for name, text in kept(fleet).items()} == dict.fromkeys(HOSTS, False)
    assert eventually(lambda: (live(fleet), kept(fleet)), (before, kept_before), 180) == (before, kept_before)
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.long
def test_a_change_is_made_live_whatever_keeps_it(fleet):
    fleet.members["beta"]["wireguard_routes"] = ["10.78.0.0/16"]
    fleet.members["gamma"]["wireguard_mtu"] = 1380
    fleet.write_inventory()
    with probes(fleet, HOSTS) as lost:
        run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert lost == {}
    before = live(fleet)
    boots_to(fleet, before)
    assert fleet.play().changed() == set()


@pytest.mark.long
@pytest.mark.parametrize("table", ["51", "auto"])
def test_a_restart_is_one_whatever_keeps_it(fleet, table):
    for name in HOSTS:
        fleet.members[name]["wireguard_table"] = table
    fleet.write_inventory()
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert run.output.count("~ table changes: the interface is restarted") == len(HOSTS), run.output
    before = live(fleet)
    for name in HOSTS:
        shown = fleet.run(name, "ip", "route", "show", "table", "51" if table == "51" else "main", "dev", "wg0")
        assert "10.78.0.0/16" in shown or name == "beta"
    boots_to(fleet, before)
    assert fleet.play().changed() == set()


@pytest.mark.long
def test_a_program_that_reads_its_files_again_finds_what_runs(fleet):
    """Sessions may begin anew then; networkd also forgets where peers without an endpoint are."""
    before = live(fleet)
    for name in HOSTS:
        fleet.run(name, "sh", "-c", "networkctl reload; systemctl restart systemd-networkd NetworkManager; sleep 3")
    assert eventually(lambda: live(fleet), before) == before
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), [], 60) == []
    assert fleet.play().changed() == set()


@pytest.mark.long
def test_the_keys_change_and_stay_after_a_restart_in_the_middle(fleet):
    """One host uses its next key already, and the files of the others still have its old one."""
    before = {*fleet.public_keys()}
    fleet.interrupted_rotation("TASK .*Round 2")
    for name in HOSTS:
        fleet.lab("kill", name)
    fleet.lab("start", *HOSTS)
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), [], 60) == []
    run = fleet.rotate()
    assert run.status == 0, run.output
    assert {*fleet.public_keys()} & before == set()
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    assert fleet.play().changed() == set()


def test_hooks_are_wg_quicks(fleet):
    who = next(name for name in HOSTS if fleet.members[name]["wireguard_backend"] == "systemd-networkd")
    content = "[Interface]\nAddress = 10.8.0.9/24\nPostUp = true\n"
    wanted = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key", "content": content, "backend": "systemd-networkd"}
    before = live(fleet)
    said = fleet.module(who, "interface", wanted, fails=True)["msg"]
    assert said == ("interface wg0: hooks: systemd-networkd runs no commands; remove it, or use the backend wg-quick")
    assert live(fleet) == before


def test_where_it_is_not_enabled_it_is_refused(fleet):
    who = next(name for name in HOSTS if fleet.members[name]["wireguard_backend"] == "wg-quick")
    fleet.run(who, "systemctl", "disable", "--quiet", "NetworkManager")
    run = fleet.play("--limit", who, "-e", "wireguard_backend=NetworkManager")
    assert run.status != 0
    assert "NetworkManager is not enabled on this host" in run.output
    assert (run.changed(), kept(fleet)[who]) == (set(), "".join(sorted(KEEPS["wg-quick"].splitlines(keepends=True))))


@pytest.mark.long
def test_removed_is_removed(fleet):
    for name in HOSTS:
        fleet.module(name, "interface", {"name": "wg0", "state": "absent"})
    for name in HOSTS:
        fleet.run(name, "sh", "-c", "networkctl reload; systemctl restart systemd-networkd; sleep 3")
    assert set(kept(fleet).values()) == {""}
    assert [fleet.run(name, "wg", "show", "interfaces") for name in HOSTS] == [""] * 3
    assert [fleet.run(name, "sh", "-c", "ls /run/systemd/network/*wg0* 2>/dev/null; true") for name in HOSTS] == [""] * 3


def test_in_userspace_it_is_refused(make_fleet):
    made = make_fleet({"alpha": None, "beta": None}, kind=Fleet)
    for name in ("alpha", "beta"):
        made.run(name, "systemctl", "enable", "--quiet", "systemd-networkd")
    run = made.play("-e", "wireguard_backend=systemd-networkd")
    assert run.status != 0
    assert (
        "systemd-networkd makes the device itself, through the kernel, and the kernel of this host has no WireGuard" in run.output
    )
    assert made.run("alpha", "sh", "-c", "ls /etc/systemd/network; ip -o link | grep wg; true") == ""
