# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer whose endpoint is a host name: late to resolve, and moving, without harm to the other peers."""

from __future__ import annotations

import time

import pytest

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
    for _time in ("after the run", "after a restart, as at boot"):
        assert (state(fleet, "wg-quick@wg0"), state(fleet, RESOLVER)) == ("active", "active")
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


def test_all_of_it_goes_with_the_last_name(fleet):
    left = "ls /usr/local/lib/meshwork-wireguard/* /etc/systemd/system/meshwork-endpoints@* 2>/dev/null; true"
    assert len(fleet.run("beta", "sh", "-c", left).split()) == 2
    fleet.write_inventory(without=["alpha"])
    run = fleet.play("-e", "wireguard_prune=true", "-e", "wireguard_max_removals=1")
    assert run.status == 0, run.output
    assert (fleet.run("beta", "sh", "-c", left), state(fleet, RESOLVER)) == ("", "inactive")
    assert state(fleet, "wg-quick@wg0") == "active"
    assert fleet.run("beta", "grep", "-c", "Resolve", "/etc/wireguard/wg0.conf", check=False) == "0\n"
