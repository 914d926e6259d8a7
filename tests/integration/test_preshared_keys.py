# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A preshared key for every pair, switched on, changed and switched off on tunnels that carry packets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import re
import time

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86

HOSTS = ("alpha", "beta", "gamma")
PAIRS = list(itertools.combinations(HOSTS, 2))
NETWORK = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]}
FIRST = "the first secret, long enough"
SECOND = "the second secret, long enough"
GIVEN = base64.b64encode(bytes(range(32))).decode()
APART = 60
"""Seconds: a session is renewed after 120 and ends after 180 (WireGuard paper, 6.1), so sides may differ for so long."""


BOTH = pytest.mark.parametrize(
    "kind",
    [
        "containers",
        pytest.param("kernels", marks=needs_x86),
    ],
)


@pytest.fixture(scope="module")
def containers(make_fleet):
    return prepared(make_fleet(dict.fromkeys(HOSTS), dict(NETWORK)))


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    made = KernelFleet(tmp_path_factory.mktemp("fleet"), "kernelkeys", "10.242.0", dict.fromkeys(HOSTS), dict(NETWORK))
    try:
        made.lab("up", "--fresh")
        yield prepared(made)
    finally:
        made.lab("down")


@pytest.fixture
def fleet(request, kind):
    return request.getfixturevalue(kind)


def prepared(fleet):
    first = fleet.play()
    assert first.status == 0, first.output
    assert fleet.unreachable_pairs(HOSTS) == []
    return fleet


def say(fleet, **variables):
    """The inventory from now on: the network's own values and these."""
    fleet.variables = {**NETWORK, **variables}
    fleet.write_inventory()


def derived(fleet, secret):
    """RFC 5869 by hand: pair -> key."""
    public = {name: key for key, name in fleet.public_keys().items()}
    found = {}
    for a, b in PAIRS:
        info = "\0".join(["meshwork.wireguard preshared key", "wireguard", *sorted((public[a], public[b]))]).encode()
        extracted = hmac.digest(bytes(32), secret.encode(), hashlib.sha256)
        found[a, b] = base64.b64encode(hmac.digest(extracted, info + b"\1", hashlib.sha256)).decode()
    return found


def live(fleet):
    """Both sides of each pair as WireGuard has them: (host, peer) -> preshared key, None where there is none."""
    names = fleet.public_keys()
    found = {}
    for host in HOSTS:
        for line in fleet.run(host, "wg", "show", "wg0", "preshared-keys").splitlines():
            key, preshared = line.split("\t")
            found[host, names[key]] = None if preshared == "(none)" else preshared
    return found


def both_sides(keys):
    return {side: key for (a, b), key in keys.items() for side in ((a, b), (b, a))}


def told(output):
    """What the differences of a run say: the lines about preshared keys, as (peer, action), sorted."""
    return sorted(re.findall(r"^~ peer (\w+) \(\S+\): preshared key (\w+)$", output, re.MULTILINE))


class Probe:
    """100 pings a second through every tunnel; afterwards `lost` has the packets without an answer, pair -> number."""

    def __init__(self, fleet):
        self._fleet = fleet

    def __enter__(self):
        for a, b in PAIRS:
            address = self._fleet.addresses()[b][0]
            script = f"nohup timeout -s INT 300 ping -i 0.01 {address} >/tmp/probe-{b} 2>&1 & echo $! >/tmp/probe-{b}.pid"
            self._fleet.run(a, "sh", "-c", script)
        return self

    def __exit__(self, *_error):
        self.lost, self.sent = {}, {}
        for a, b in PAIRS:
            script = f"kill -INT $(cat /tmp/probe-{b}.pid); sleep 1; cat /tmp/probe-{b}"
            answers = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", self._fleet.run(a, "sh", "-c", script))}
            self.sent[a, b] = max(answers)  # what is in flight when the probe is stopped is not lost
            self.lost[a, b] = self.sent[a, b] - len(answers)


def handshakes(fleet):
    """(host, peer) -> when they shook hands last, seconds on the host's clock."""
    names = fleet.public_keys()
    return {
        (host, names[key]): int(when)
        for host in HOSTS
        for key, when in (line.split("\t") for line in fleet.run(host, "wg", "show", "wg0", "latest-handshakes").splitlines())
    }


def shake_hands_anew(fleet):
    """End the sessions of two hosts, so of all pairs, and see each pair agree on new ones."""
    addresses = fleet.addresses()
    for host, others in (("beta", ("alpha", "gamma")), ("alpha", ("beta", "gamma"))):
        fleet.run(host, "systemctl", "restart", "wg-quick@wg0")
        for other in others:
            fleet.run(host, "ping", "-q", "-c", "2", "-i", "0.2", "-W", "5", addresses[other][0])
    assert set(handshakes(fleet)) == set(both_sides(dict.fromkeys(PAIRS)))


STEPS = [
    ("switched on", {"wireguard_preshared_secret": FIRST}, "set"),
    ("changed", {"wireguard_preshared_secret": SECOND}, "replaced"),
    ("switched off", {}, "cleared"),
]


@BOTH
def test_no_packet_is_lost_while_the_secret_changes_and_both_sides_agree(fleet):
    for title, variables, action in STEPS:
        secret = variables.get("wireguard_preshared_secret")
        say(fleet, **variables)
        everywhere = sorted((peer, action) for pair in PAIRS for peer in pair)

        before = live(fleet)
        predicted = fleet.play("--check", "--diff", "-vvv")
        assert predicted.status == 0, predicted.output
        assert told(predicted.output) == everywhere, title
        assert live(fleet) == before, title

        with Probe(fleet) as probe:
            run = fleet.play("--diff", "-vvv")
            time.sleep(2)
        assert run.status == 0, run.output
        assert (told(run.output), run.changed()) == (everywhere, set(HOSTS)), title
        assert "on one side only" not in predicted.output + run.output
        print(title, "sent", probe.sent, "lost", probe.lost)
        assert probe.lost == dict.fromkeys(PAIRS, 0), title
        assert min(probe.sent.values()) > 200, title

        written = [float(fleet.run(host, "stat", "-c", "%.9Y", "/etc/wireguard/wg0.conf")) for host in HOSTS]
        print(title, "the sides apart by", max(written) - min(written), "s")
        assert max(written) - min(written) < APART, title

        wanted = derived(fleet, secret) if secret else dict.fromkeys(PAIRS)
        assert live(fleet) == both_sides(wanted), title
        shake_hands_anew(fleet)
        assert live(fleet) == both_sides(wanted), title
        secrets = [key for key in (secret, *wanted.values()) if key]
        assert [key for key in secrets if key in predicted.output + run.output] == [], title


@pytest.mark.long
def test_a_later_run_and_a_limited_one_have_the_same_keys(containers):
    fleet = containers
    say(fleet, wireguard_preshared_secret=FIRST)
    assert fleet.play().status == 0
    assert live(fleet) == both_sides(derived(fleet, FIRST))
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    fleet.run("alpha", "sh", "-c", "systemctl stop wg-quick@wg0; rm /etc/wireguard/wg0.conf")
    limited = fleet.play("--limit", "alpha")
    assert (limited.status, limited.changed()) == (0, {"alpha"}), limited.output
    assert live(fleet) == both_sides(derived(fleet, FIRST))
    shake_hands_anew(fleet)


@BOTH
@pytest.mark.long
def test_one_side_alone_is_warned_of_and_a_later_run_brings_the_other(fleet):
    action = "replaced" if any(live(fleet).values()) else "set"
    say(fleet, wireguard_preshared_secret=SECOND)
    warning = "preshared keys change on one side only, because the other host is not in this run: alpha - beta, alpha - gamma; "
    assert warning in " ".join(fleet.play("--check", "--limit", "alpha").output.split())
    limited = fleet.play("--limit", "alpha")
    assert (limited.status, limited.changed()) == (0, {"alpha"}), limited.output
    assert warning in " ".join(limited.output.split())

    # The old sessions go on, but no new one comes about.
    addresses = fleet.addresses()
    fleet.run("alpha", "ping", "-q", "-c", "2", "-i", "0.2", "-W", "2", addresses["beta"][0])
    fleet.run("alpha", "systemctl", "restart", "wg-quick@wg0")
    assert ", 0 received" in fleet.run("alpha", "ping", "-q", "-c", "2", "-W", "2", addresses["beta"][0], check=False)

    completed = fleet.play("--diff")
    assert (completed.status, completed.changed()) == (0, {"beta", "gamma"}), completed.output
    assert told(completed.output) == sorted((peer, action) for peer in ("alpha", "alpha", "beta", "gamma"))
    assert "on one side only" not in completed.output
    assert live(fleet) == both_sides(derived(fleet, SECOND))
    shake_hands_anew(fleet)


@pytest.mark.long
def test_the_key_of_one_link_is_given_and_concerns_no_other(containers):
    fleet = containers
    before = derived(fleet, SECOND)
    say(fleet, wireguard_preshared_secret=SECOND, wireguard_preshared_keys=[{"nodes": ["beta", "alpha"], "key": GIVEN}])
    with Probe(fleet) as probe:
        run = fleet.play("--diff", "-vvv")
        time.sleep(1)
    assert (run.status, run.changed()) == (0, {"alpha", "beta"}), run.output
    assert told(run.output) == [("alpha", "replaced"), ("beta", "replaced")]
    assert probe.lost == dict.fromkeys(PAIRS, 0)
    assert live(fleet) == both_sides({**before, ("alpha", "beta"): GIVEN})
    assert GIVEN not in run.output
    shake_hands_anew(fleet)


@pytest.mark.long
def test_members_that_disagree_are_refused_before_a_host_is_touched(containers):
    fleet = containers
    before = live(fleet)
    say(fleet, wireguard_preshared_secret=SECOND)
    fleet.members["beta"]["wireguard_preshared_secret"] = FIRST
    fleet.write_inventory()
    run = fleet.play("-vvv")
    del fleet.members["beta"]["wireguard_preshared_secret"]
    assert run.status != 0
    assert "network wireguard: wireguard_preshared_secret differs between alpha and beta; " in " ".join(run.output.split())
    assert (run.changed(), live(fleet)) == (set(), before)
    assert [secret for secret in (FIRST, SECOND) if secret in run.output] == []
