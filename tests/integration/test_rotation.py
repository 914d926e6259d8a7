# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that change while packets flow, also where something happens in the middle."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import subprocess

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ENVIRONMENT
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually, pinging

HOSTS = ("alpha", "beta", "gamma")
PAIRS = list(itertools.permutations(HOSTS, 2))
OUTAGE = 0.5
"""Seconds without an answer, at most."""
NETWORK = {
    "wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"],
    "wireguard_preshared_secret": "a secret of the fleet, long enough",
}


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(dict.fromkeys(HOSTS), dict(NETWORK))
    first = made.play()
    assert first.status == 0, first.output
    assert made.unreachable_pairs(HOSTS) == []
    return made


def private(fleet):
    return {host: fleet.run(host, "cat", "/etc/wireguard/wg0.key").strip() for host in HOSTS}


def preshared(fleet):
    return {host: sorted(fleet.run(host, "wg", "show", "wg0", "preshared-keys").split()[1::2]) for host in HOSTS}


def holding(fleet, keys):
    """The files and journals on hosts that contain one of the keys."""
    script = """
    for key in $(cat); do
      grep -rlF -e "$key" /etc /run /var/log /var/tmp /tmp /root /usr/local 2>/dev/null
      journalctl -q | grep -F -e "$key"
    done
    """
    found = {host: fleet.run(host, "sh", "-c", script, check=False, stdin="\n".join(keys)) for host in HOSTS}
    return {host: text for host, text in found.items() if text}


def settled(fleet):
    """Every pair answers, nothing is left to change, and no next key or its peer is left."""
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    assert {host: fleet.peers(host) for host in HOSTS} == {host: sorted({*HOSTS} - {host}) for host in HOSTS}
    left = "ls /etc/wireguard | grep -F .next.key; grep -l Follows /etc/wireguard/*; ls /run/meshwork-wireguard | grep -v lock"
    assert {host: fleet.run(host, "sh", "-c", left, check=False) for host in HOSTS} == dict.fromkeys(HOSTS, "")
    entries = json.loads(fleet.registry.read_text(encoding="utf-8"))["nodes"]
    assert [name for name, entry in entries.items() if "next_public_key" in entry] == []
    return entries


def test_every_key_changes_while_packets_flow(fleet):
    before, secrets, public = private(fleet), preshared(fleet), fleet.public_keys()
    assert holding(fleet, before.values()) == dict.fromkeys(HOSTS, "/etc/wireguard/wg0.conf\n/etc/wireguard/wg0.key\n")
    with pinging(fleet, *((a, fleet.addresses()[b][0]) for a, b in PAIRS)) as outages:
        run = fleet.rotate()
    assert run.status == 0, run.output
    assert "Round 3 of 3, 1 node left" in run.output
    print(dict(zip(PAIRS, outages, strict=True)), outages.lost)
    assert max(outages) <= OUTAGE
    after = private(fleet)
    assert {*after.values()} & {*before.values()} == set()
    assert preshared(fleet) == secrets
    entries = settled(fleet)
    assert {key: name for name, entry in entries.items() for key in entry["retired_public_keys"]} == public
    assert holding(fleet, before.values()) == {}
    assert [key for key in (*before.values(), *after.values()) if key in run.output] == []


def test_only_keys_that_are_old(fleet):
    before = private(fleet)
    run = fleet.rotate("-e", "wireguard_key_max_age=90")
    assert (run.status, run.changed(), private(fleet)) == (0, set(), before), run.output
    assert "network wireguard: node alpha: key 0 days old; not due" in run.output


def test_check_mode_says_what_would_change(fleet):
    before, registry = private(fleet), fleet.registry.read_bytes()
    run = fleet.rotate("--check", "--diff", "-e", "wireguard_rotate=alpha")
    assert (run.status, run.changed()) == (0, {"alpha"}), run.output
    assert "+ /etc/wireguard/wg0.next.key: the next key" in run.output
    assert (private(fleet), fleet.registry.read_bytes()) == (before, registry)


def answers(fleet, key):
    """Whether beta answers a handshake under a key, from an interface of its own on alpha."""
    beta = next(public for public, name in fleet.public_keys().items() if name == "beta")
    script = f"""
    umask 077; cat >/run/its.key; wireguard-go wg9 >/dev/null 2>&1
    wg show wg0 preshared-keys | grep -F {beta} | cut -f2 >/run/its.psk
    wg set wg9 private-key /run/its.key peer {beta} preshared-key /run/its.psk endpoint {fleet.underlay["beta"]}:51820 \
      persistent-keepalive 1
    ip link set wg9 up; sleep 4; wg show wg9 latest-handshakes | cut -f2; ip link del wg9; rm -f /run/its.key /run/its.psk
    """
    return fleet.run("alpha", "sh", "-c", script, stdin=key).strip() != "0"


@pytest.mark.long
def test_the_old_key_gets_no_answer(fleet):
    old = private(fleet)["alpha"]
    assert answers(fleet, old)
    run = fleet.rotate("-e", "wireguard_rotate=alpha")
    assert run.status == 0, run.output
    assert not answers(fleet, old)
    assert answers(fleet, private(fleet)["alpha"])
    settled(fleet)


@pytest.mark.long
def test_a_host_that_is_down_blocks_its_peers_alone(fleet):
    before = private(fleet)
    fleet.lab("kill", "gamma")
    try:
        run = fleet.rotate()
        assert (run.status, run.changed()) == (0, set()), run.output
        for line in ("alpha keeps its key: its peer gamma has not answered", "gamma keeps its key: gamma has not answered"):
            assert f"network wireguard: node {line}" in run.output
        without = fleet.rotate("-e", "wireguard_rotate=alpha", "-e", "wireguard_rotate_without=gamma")
        assert without.status == 0, without.output
    finally:
        fleet.lab("up")
    assert {host for host, key in private(fleet).items() if key != before[host]} == {"alpha"}
    assert fleet.play().status == 0
    settled(fleet)


@pytest.mark.long
@pytest.mark.parametrize("at", ["TASK .*Record the next keys", "PLAY .Change to", "TASK .*Round 2", "PLAY .Remove the old"])
def test_the_controller_is_killed(fleet, at):
    before = private(fleet)
    fleet.interrupted_rotation(at)
    assert fleet.unreachable_pairs(HOSTS) == []
    middle = fleet.play()
    assert middle.status == 0, middle.output
    assert fleet.unreachable_pairs(HOSTS) == []
    run = fleet.rotate()
    assert run.status == 0, run.output
    assert {*private(fleet).values()} & {*before.values()} == set()
    settled(fleet)


@pytest.mark.long
@pytest.mark.parametrize("at", ["PLAY .Change to", "TASK .*Round 2", "PLAY .Remove the old"])
def test_a_host_is_restarted(fleet, at):
    """With peers that have next keys, after its own key has changed, and after the peers' have."""
    fleet.interrupted_rotation(at)
    fleet.lab("kill", "alpha")
    fleet.lab("start", "alpha")
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), [], 60) == []
    run = fleet.rotate()
    assert run.status == 0, run.output
    settled(fleet)


@pytest.mark.long
def test_two_controllers_at_once(fleet):
    before = private(fleet)
    words = ["ansible-playbook", "-i", fleet.inventory, "meshwork.wireguard.rotate"]
    environment = {**os.environ, **ENVIRONMENT}
    runs = [
        subprocess.Popen(words, cwd=fleet.directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _number in range(2)
    ]
    said = [run.communicate()[0] for run in runs]
    print(*said)
    assert fleet.unreachable_pairs(HOSTS) == []
    assert fleet.rotate("-e", "wireguard_key_max_age=90").status == 0
    assert {*private(fleet).values()} & {*before.values()} == set()
    settled(fleet)


@pytest.mark.long
def test_a_peer_that_does_not_answer(fleet):
    """Its packets are dropped after the run has asked it, so the host goes back by itself."""
    before = private(fleet)
    with pinging(fleet, ("alpha", fleet.addresses()["beta"][0])) as outages:
        fleet.interrupted_rotation("TASK .*Look closely")
        fleet.lab("cut", "gamma")
        arguments = {"names": ["wg0"], "private_key_file": "/etc/wireguard/wg0.key", "state": "changed"}
        result = fleet.module("alpha", "rotation", arguments)
    fleet.lab("join", "gamma")
    assert (result["changed"], result["silent"]) == (False, ["gamma"])
    assert private(fleet) == before
    assert max(outages) <= 2 * OUTAGE
    run = fleet.rotate()
    assert run.status == 0, run.output
    settled(fleet)


@pytest.mark.long
def test_a_compromised_key(fleet):
    """The one who has it gets no answer from the run on, and alpha has another one, also for preshared keys."""
    stolen, secrets = private(fleet)["alpha"], preshared(fleet)
    assert answers(fleet, stolen)
    run = fleet.play("-e", "wireguard_compromised=alpha")
    assert run.status == 0, run.output
    entries = settled(fleet)
    assert not answers(fleet, stolen)
    assert holding(fleet, [stolen]) == {}
    same = {host: len({*keys} & {*secrets[host]}) for host, keys in preshared(fleet).items()}
    assert same == {"alpha": 0, "beta": 1, "gamma": 1}
    fleet.run("alpha", "sh", "-c", "umask 077; cat >/etc/wireguard/wg0.key", stdin=stolen)
    again = fleet.play()
    assert again.status == 0, again.output
    assert stolen != private(fleet)["alpha"]
    assert settled(fleet)["alpha"]["compromised_public_keys"] == entries["alpha"]["compromised_public_keys"]


AGAIN = "a third secret of the fleet, long enough"
CHANGED = "another secret of the fleet, long enough"


def say(fleet, **variables):
    """The inventory from now on."""
    fleet.variables = {**NETWORK, **variables}
    fleet.write_inventory()


def derived(fleet, secret):
    """RFC 5869 by hand: host -> its preshared keys, sorted."""
    nodes = json.loads(fleet.registry.read_text(encoding="utf-8"))["nodes"]
    extracted = hmac.digest(bytes(32), secret.encode(), hashlib.sha256)
    found = {host: [] for host in HOSTS}
    for a, b in PAIRS:
        pair = sorted(nodes[name].get("preshared_id", nodes[name]["public_key"]) for name in (a, b))
        info = "\0".join(["meshwork.wireguard preshared key", "wireguard", *pair]).encode()
        found[a].append(base64.b64encode(hmac.digest(extracted, info + b"\1", hashlib.sha256)).decode())
    return {host: sorted(keys) for host, keys in found.items()}


def test_the_preshared_secret_changes_while_packets_flow(fleet):
    old = preshared(fleet)
    assert old == derived(fleet, NETWORK["wireguard_preshared_secret"])
    say(fleet, wireguard_preshared_secret=CHANGED, wireguard_preshared_secret_previous=NETWORK["wireguard_preshared_secret"])
    first = fleet.play()
    assert (first.status, preshared(fleet)) == (0, old), first.output
    say(fleet, wireguard_preshared_secret=CHANGED)
    early = fleet.play()
    assert early.status != 0
    assert "alpha - beta, alpha - gamma, beta - gamma still use the previous preshared secret; " in " ".join(early.output.split())
    assert preshared(fleet) == old
    say(fleet, wireguard_preshared_secret=CHANGED, wireguard_preshared_secret_previous=NETWORK["wireguard_preshared_secret"])
    with pinging(fleet, *((a, fleet.addresses()[b][0]) for a, b in PAIRS)) as outages:
        run = fleet.rotate()
    assert run.status == 0, run.output
    print(dict(zip(PAIRS, outages, strict=True)), outages.lost)
    assert max(outages) <= OUTAGE
    assert preshared(fleet) == derived(fleet, CHANGED)
    settled(fleet)
    say(fleet, wireguard_preshared_secret=CHANGED)
    last = fleet.play()
    assert (last.status, preshared(fleet)) == (0, derived(fleet, CHANGED)), last.output
    settled(fleet)
    assert "preshared_secret_id" not in fleet.registry.read_text(encoding="utf-8")
    assert "preshared_base" not in fleet.registry.read_text(encoding="utf-8")
    keys = {key for one in (old, preshared(fleet)) for its in one.values() for key in its}
    assert holding(fleet, {key for its in old.values() for key in its}) == {}
    assert [key for key in (*keys, CHANGED) if key in first.output + early.output + run.output + last.output] == []
    say(fleet)
    assert fleet.play().status == 0


@pytest.mark.long
def test_a_change_of_the_secret_is_interrupted_and_a_host_restarted(fleet):
    """In the middle, some pairs have the new secret and others the previous one."""
    say(fleet, wireguard_preshared_secret=AGAIN, wireguard_preshared_secret_previous=CHANGED)
    assert fleet.play().status == 0
    fleet.interrupted_rotation("TASK .*Round 2")
    fleet.lab("kill", "alpha")
    fleet.lab("start", "alpha")
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), [], 60) == []
    middle = fleet.play()
    assert middle.status == 0, middle.output
    assert fleet.unreachable_pairs(HOSTS) == []
    mixed = {host: {*keys} for host, keys in preshared(fleet).items()}
    assert all(mixed[host] & {*keys} for host, keys in derived(fleet, AGAIN).items() if host == "alpha")
    run = fleet.rotate()
    assert run.status == 0, run.output
    assert preshared(fleet) == derived(fleet, AGAIN)
    say(fleet, wireguard_preshared_secret=AGAIN)
    assert fleet.play().status == 0  # the registry no longer says which secret it is
    settled(fleet)
