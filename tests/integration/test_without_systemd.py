# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that OpenRC runs, or nothing that is known, in one mesh with a host that systemd runs."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("alpha", "beta", "gamma")
SERVICE = """#!/sbin/openrc-run
# like the one that Alpine's tools bring
depend() { :; }
start() { wg-quick up "${RC_SVCNAME#*.}"; }
stop() { wg-quick down "${RC_SVCNAME#*.}"; }
status() { wg show "${RC_SVCNAME#*.}" >/dev/null 2>&1; }
"""
BOOT = "mkdir -p /run/openrc && touch /run/openrc/softlevel && openrc default"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(
        {"alpha": None, "beta": {"lab_systemd": False}, "gamma": {"lab_systemd": False, "lab_image": "bookworm-openrc"}},
        {"wireguard_prefixes": ["10.8.0.0/24"]},
    )
    made.run("gamma", "sh", "-c", "cat >/etc/init.d/wg-quick && chmod 755 /etc/init.d/wg-quick", stdin=SERVICE)
    made.run("gamma", "sh", "-c", BOOT)
    return made


def state(fleet):
    script = (
        "wg showconf wg0 | sort; ip -o address show dev wg0 | grep -o 'inet .*'; ip route; ip link show dev wg0 | grep -o mtu.*"
    )
    return {host: fleet.run(host, "sh", "-c", script) for host in HOSTS}


def test_one_mesh_of_all(fleet):
    assert fleet.run("beta", "sh", "-c", "systemctl is-system-running; true") == "offline\n"
    dry = fleet.play("--check", "--diff")
    assert dry.status == 0, dry.output
    run = fleet.play()
    assert run.status == 0, run.output
    assert fleet.unreachable_pairs(HOSTS) == []
    warning = "interface wg0: nothing starts it on this host at boot: neither systemd nor OpenRC was found"
    assert " ".join(run.output.split()).count(warning) == 1, run.output
    for words in ([], ["--check", "--diff"]):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output


def test_openrc_has_a_service(fleet):
    assert "wg-quick.wg0" in fleet.run("gamma", "rc-update", "show", "default")
    fleet.run("gamma", "rc-service", "wg-quick.wg0", "status")


@pytest.mark.long
def test_changes_are_made_live_and_restarts_are_restarts(fleet):
    for values, restarts in (({"wireguard_routes": ["10.77.0.0/16"]}, 0), ({"wireguard_table": "off"}, 1)):
        fleet.members["beta"].update(values)
        fleet.members["gamma"].update(values if restarts else {})
        fleet.write_inventory()
        run = fleet.play("--diff")
        assert run.status == 0, run.output
        assert run.output.count("the interface is restarted") == 2 * restarts, run.output
        assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
        again = fleet.play()
        assert (again.status, again.changed()) == (0, set()), again.output


def test_what_is_altered_by_hand_is_repaired(fleet):
    right = state(fleet)
    alterations = {
        "beta": "ip link delete dev wg0; while ip link show dev wg0 2>/dev/null; do sleep 0.1; done",
        "gamma": "rc-service wg-quick.wg0 stop && rc-update delete wg-quick.wg0 default",
    }
    for host, script in alterations.items():
        fleet.run(host, "sh", "-c", script)
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, set(alterations)), run.output
    assert state(fleet) == right


def test_openrc_starts_it_at_boot_and_a_run_starts_it_where_nothing_does(fleet):
    for host in ("beta", "gamma"):
        fleet.lab("kill", host)
        fleet.lab("start", host)
    fleet.run("gamma", "sh", "-c", BOOT)
    assert [fleet.run(host, "wg", "show", "interfaces").strip() for host in ("beta", "gamma")] == ["", "wg0"]
    run = fleet.play()
    assert (run.status, run.changed()) == (0, {"beta"}), run.output
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []


@pytest.mark.long
def test_a_change_that_nobody_confirms_is_taken_back(fleet):
    before = state(fleet)
    for host in ("beta", "gamma"):
        content = fleet.run(host, "sed", "/^PrivateKey/d; s/^MTU.*/MTU = 1300/", "/etc/wireguard/wg0.conf")
        wanted = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key", "content": content, "pending": True}
        number = fleet.module(host, "interface", wanted)["pending"]
        fleet.module(host, "rollback", {"pending": {"wg0": number}, "state": "armed", "seconds": 30})
        assert eventually(lambda host=host: "mtu 1300" in fleet.run(host, "ip", "link", "show", "wg0"), True)
    assert eventually(lambda: state(fleet), before, 60) == before
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def reached(fleet, *pairs):
    """Whether the first of each pair gets answers from the second."""
    addresses = fleet.addresses()
    said = [fleet.run(a, "ping", "-c", "3", "-i", "0.3", "-W", "2", addresses[b][0], check=False) for a, b in pairs]
    return [" bytes from " in text for text in said]


@pytest.mark.long
@pytest.mark.parametrize("hub", ["beta", "gamma"])
def test_a_hub_keeps_its_spokes_apart(fleet, hub):
    """A line of the interface's own file loads the table, also where OpenRC starts the interface at boot."""
    spokes = [host for host in HOSTS if host != hub]
    to_hub, across = [(spoke, hub) for spoke in spokes], [spokes, spokes[::-1]]
    for host in HOSTS:
        fleet.members[host] = {"wireguard_endpoint": fleet.underlay[host], **({"wireguard_hub": True} if host == hub else {})}
    fleet.variables |= {"wireguard_topology": "star", "wireguard_isolate_spokes": True}
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    key = next(key for key, name in fleet.public_keys().items() if name == hub)
    for spoke in spokes:
        fleet.run(spoke, "wg", "set", "wg0", "peer", key, "allowed-ips", "0.0.0.0/0")
    assert eventually(lambda: reached(fleet, *to_hub), [True] * 2) == [True] * 2
    assert reached(fleet, *across) == [False] * 2
    fleet.run(hub, "nft", "delete", "table", "inet", "meshwork_isolation_wg0")
    assert eventually(lambda: reached(fleet, *across), [True] * 2) == [True] * 2
    mended = fleet.play("--limit", hub)
    assert (mended.status, mended.changed()) == (0, {hub}), mended.output
    assert reached(fleet, *across) == [False] * 2
    fleet.lab("kill", hub)
    fleet.lab("start", hub)
    fleet.run(hub, "sh", "-c", BOOT if hub == "gamma" else "wg-quick up wg0")
    assert eventually(lambda: reached(fleet, *to_hub), [True] * 2, 60) == [True] * 2
    assert reached(fleet, *across) == [False] * 2
    fleet.variables["wireguard_isolate_spokes"] = False
    fleet.write_inventory()
    assert fleet.play().status == 0
    left = "nft list tables; ls /etc/meshwork-wireguard 2>/dev/null; grep nft /etc/wireguard/wg0.conf; true"
    assert fleet.run(hub, "sh", "-c", left) == ""


@pytest.mark.long
def test_removed_is_removed(fleet):
    for host in HOSTS:
        fleet.module(host, "interface", {"name": "wg0", "state": "absent"})
        assert (
            fleet.run(host, "sh", "-c", "ls /etc/wireguard/wg0.conf /etc/init.d/wg-quick.wg0 2>/dev/null; wg show interfaces")
            == ""
        )
    assert "wg-quick" not in fleet.run("gamma", "rc-update", "show", "default")
