# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer whose endpoint is a host name: late to resolve, and moving, without harm to the other peers."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.action.rollback import LEAST
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("alpha", "beta", "gamma")
NAME = "alpha.test"
RESOLVER = "meshwork-endpoints@wg0"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    """Alpha's endpoint is a name that nobody knows yet."""
    made = make_fleet({"alpha": {"dialled": False, "wireguard_endpoint": NAME}, "beta": {}, "gamma": {}})
    first = made.play()
    assert (first.status, first.changed()) == (0, set(HOSTS)), first.output
    return made


@pytest.fixture(scope="module")
def addresses(fleet):
    return {name: found[0] for name, found in fleet.addresses().items()}


def key_of(fleet, node):
    return next(key for key, name in fleet.public_keys().items() if name == node)


def state(fleet, unit):
    return fleet.run("beta", "systemctl", "is-active", unit, check=False).strip()


def answers(fleet, address, seconds=0.0):
    """Whether beta gets an answer from an address until some seconds have passed."""
    end = time.monotonic() + seconds
    while True:
        done = fleet.run("beta", "sh", "-c", f"ping -c 1 -W 1 {address} >/dev/null && echo yes", check=False)
        if done.strip() == "yes" or time.monotonic() > end:
            return done.strip() == "yes"


def resolve(fleet, address):
    """From now on beta knows the name."""
    fleet.run(
        "beta",
        "sh",
        "-c",
        f"sed '/{NAME}/d' /etc/hosts >/run/hosts; echo {address} {NAME} >>/run/hosts; cat /run/hosts >/etc/hosts",
    )


def unchanged(fleet):
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set()), run.output


def test_a_name_that_does_not_resolve_hinders_nobody_else(fleet, addresses):
    assert "# Resolve = alpha.test:51820\n" in fleet.run("beta", "cat", "/etc/wireguard/wg0.conf")
    units = ("wg-quick@wg0", RESOLVER)  # the second is started after the first
    for _time in ("after the run", "after a restart, as at boot"):
        assert eventually(lambda: [state(fleet, unit) for unit in units], ["active"] * 2) == ["active"] * 2
        assert (answers(fleet, addresses["gamma"], 5), answers(fleet, addresses["alpha"])) == (True, False)
        fleet.run("beta", "systemctl", "restart", "wg-quick@wg0")
    unchanged(fleet)


def test_it_is_reached_as_soon_as_its_name_resolves(fleet, addresses):
    resolve(fleet, fleet.underlay["alpha"])
    fleet.run("beta", "systemctl", "restart", RESOLVER)  # the pause between its tries has become long
    assert answers(fleet, addresses["alpha"], 15)
    unchanged(fleet)


def test_it_is_followed_when_it_moves(fleet, addresses):
    drop_in = f"/run/systemd/system/{RESOLVER}.service.d"
    fleet.run(
        "beta", "sh", "-c", f"mkdir -p {drop_in}; printf '[Service]\\nEnvironment=MESHWORK_SILENCE=5\\n' >{drop_in}/silence.conf"
    )
    fleet.run("beta", "sh", "-c", f"systemctl daemon-reload; systemctl restart {RESOLVER}")
    there = fleet.underlay["alpha"]
    moved = there.rpartition(".")[0] + ".200"
    fleet.run("alpha", "sh", "-c", f"ip address delete {there}/24 dev eth0; ip address add {moved}/24 dev eth0")
    resolve(fleet, moved)
    assert answers(fleet, addresses["alpha"], 60)
    endpoints = fleet.run("beta", "wg", "show", "wg0", "endpoints")
    assert f"{key_of(fleet, 'alpha')}\t{moved}:51820\n" in endpoints
    unchanged(fleet)


def test_a_peer_that_was_removed_is_not_brought_back(fleet):
    fleet.run("beta", "wg", "set", "wg0", "peer", key_of(fleet, "alpha"), "remove")
    time.sleep(7)  # three looks
    assert fleet.peers("beta") == ["gamma"]
    run = fleet.play()
    assert (run.status, run.changed()) == (0, {"beta"}), run.output
    assert fleet.peers("beta") == ["alpha", "gamma"]


def config_with(hub, *allowed):
    """Of an interface beside wg0, with a peer that has a name."""
    peer = {"name": "hub", "public_key": hub, "allowed_ips": list(allowed), "endpoint": "hub.test:51820"}
    return {"addresses": ["10.9.0.2/24"], "mtu": 1420, "peers": [peer]}


def apply(fleet, name, check=False, **arguments):
    return fleet.module(
        "beta", "interface", {"name": name, "private_key_file": "/etc/wireguard/wg0.key", **arguments}, check=check
    )


def left(fleet):
    """What there is of the unit on beta: files, what starts it, instances that run."""
    script = """
    ls -d /usr/local/lib/meshwork-wireguard/* /etc/systemd/system/meshwork-endpoints@*
    ls -d /etc/systemd/system/wg-quick@*.wants/*
    systemctl list-units --plain --no-legend 'meshwork-endpoints@*' | cut -d ' ' -f 1
    """
    found = fleet.run("beta", "sh", "-c", f"({script}) 2>/dev/null; true").split()
    return sorted(path.replace("/etc/systemd/system/", "") for path in found)


OF_ALL = ["/usr/local/lib/meshwork-wireguard/resolver.pyz", "meshwork-endpoints@.service"]


def of(*interfaces):
    units = {name: f"meshwork-endpoints@{name}.service" for name in interfaces}
    return sorted([*OF_ALL, *units.values(), *(f"wg-quick@{name}.service.wants/{unit}" for name, unit in units.items())])


def test_a_name_is_told_of(fleet):
    key = key_of(fleet, "gamma")
    config = config_with(key, "10.9.0.1/32")
    asked = apply(fleet, "other", config=config, check=True)
    told = {"kind": "endpoint_name_changed", "peer": "hub", "public_key": key, "before": None, "after": "hub.test:51820"}
    assert told in asked["changes"]
    arguments = json.dumps({"name": "other", "private_key_file": "/etc/wireguard/wg0.key", "config": config})
    done = fleet.ansible("ansible", "beta", "-m", "meshwork.wireguard.interface", "-a", arguments, "--check", "--diff")
    said = " ".join((done.stdout + done.stderr).split())
    assert f"~ peer hub ({key[:8]}...): DNS endpoint none -> hub.test:51820" in said, said
    assert f"interface other, peer hub ({key[:8]}...): hub.test:51820 does not resolve on this host now" in said, said
    assert left(fleet) == of("wg0")


@pytest.mark.long
def test_a_pending_change_gives_the_name_back(fleet):
    config = config_with(key_of(fleet, "gamma"), "10.9.0.1/32")
    apply(fleet, "other", config=config)
    assert left(fleet) == of("wg0", "other")
    text = fleet.run("beta", "cat", "/etc/wireguard/other.conf")
    config["peers"][0]["endpoint"] = "192.0.2.9:51820"
    number = apply(fleet, "other", config=config, pending=True)["pending"]
    fleet.module("beta", "rollback", {"pending": {"other": number}, "state": "armed", "seconds": LEAST})
    end = time.monotonic() + LEAST + 60
    for expected in (of("wg0"), of("wg0", "other")):
        while left(fleet) != expected and time.monotonic() < end:
            time.sleep(0.5)
        assert left(fleet) == expected
    assert fleet.run("beta", "cat", "/etc/wireguard/other.conf") == text


@pytest.mark.long
def test_nothing_stays_of_an_interface_that_was_down_or_lost_its_file(fleet):
    config = config_with(key_of(fleet, "gamma"), "10.9.0.1/32")
    apply(fleet, "other", config=config, state="down")
    assert left(fleet) == of("wg0")
    apply(fleet, "other", state="absent")
    apply(fleet, "other", config=config)
    assert left(fleet) == of("wg0", "other")
    fleet.run("beta", "rm", "/etc/wireguard/other.conf")
    apply(fleet, "other", state="absent")
    assert left(fleet) == of("wg0")
    assert apply(fleet, "other", state="absent")["changed"] is False


DNS = r"""
import socket, struct
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("198.51.100.53", 53))
while True:
    query, sender = server.recvfrom(512)
    asked = query[12 : query.index(b"\0", 12) + 5]
    known = asked.startswith(b"\3hub\4test\0")
    found = known and asked.endswith(b"\0\1\0\1")
    answer = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 1, 4) + socket.inet_aton("192.0.2.7") if found else b""
    flags = b"\x81\x80" if known else b"\x81\x83"
    server.sendto(query[:2] + flags + struct.pack(">4H", 1, int(found), 0, 0) + asked + answer, sender)
"""


@pytest.mark.long
def test_a_full_tunnel_does_not_keep_its_own_name_from_being_asked_for(fleet):
    """The name server is behind the default route, which the tunnel takes."""
    script = "ip address add 198.51.100.53/32 dev lo; cat >/run/dns.py; systemd-run --quiet --unit dns python3 /run/dns.py"
    fleet.run("gamma", "sh", "-c", script, stdin=DNS)
    way = f"ip route replace default via {fleet.underlay['gamma']}"
    fleet.run("beta", "sh", "-c", f"{way}; cp /etc/resolv.conf /run/; echo nameserver 198.51.100.53 >/etc/resolv.conf")
    key = key_of(fleet, "alpha")
    apply(fleet, "full", config=config_with(key, "0.0.0.0/0"))
    for _time in ("after the run", "after a restart, as at boot"):
        assert fleet.run("beta", "wg", "show", "full", "endpoints") == f"{key}\t192.0.2.7:51820\n"
        fleet.run("beta", "systemctl", "restart", "wg-quick@full")
    assert apply(fleet, "full", config=config_with(key, "0.0.0.0/0"))["changed"] is False
    apply(fleet, "full", state="absent")
    fleet.run("beta", "sh", "-c", "cat /run/resolv.conf >/etc/resolv.conf")


def test_all_of_it_goes_with_the_last_name(fleet):
    assert left(fleet) == of("wg0")
    fleet.write_inventory(without=["alpha"])
    run = fleet.play("-e", "wireguard_prune=alpha", "-e", "wireguard_max_removals=1")
    assert run.status == 0, run.output
    assert (left(fleet), state(fleet, RESOLVER)) == ([], "inactive")
    assert state(fleet, "wg-quick@wg0") == "active"
    assert fleet.run("beta", "grep", "-c", "Resolve", "/etc/wireguard/wg0.conf", check=False) == "0\n"
