# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which peers have to answer, where a packet reaches them, and who is silent."""

from __future__ import annotations

import socket
import sys
import time
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._live import answers
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key, live_of, public_key

NOW = 2_000_000_000
BETA = Peer(key("beta"), allowed_ips=("10.8.0.2/32",), name="beta")
GAMMA = Peer(key("gamma"), allowed_ips=("10.8.0.3/32",))
BASE = Config(addresses=("10.8.0.1/24",), peers=(BETA, GAMMA))
TO_BETA = {"public_key": key("beta"), "name": "beta", "address": "10.8.0.2"}
TO_GAMMA = {"public_key": key("gamma"), "name": None, "address": "10.8.0.3"}


def live(config, **handshakes):
    """The live state, with the times of handshakes by name."""
    found = live_of(config)
    times = {key(name): value for name, value in handshakes.items()}
    peers = {k: replace(peer, handshake=times.get(k, 0)) for k, peer in found.device.peers.items()}
    return replace(found, device=replace(found.device, peers=peers))


@pytest.mark.parametrize(
    ("desired", "there", "expected"),
    [
        (BASE, None, []),
        (BASE, live(BASE), []),
        (BASE, live(BASE, beta=NOW - 5, gamma=NOW - 180), [TO_BETA, TO_GAMMA]),
        (BASE, live(BASE, beta=NOW - 181, gamma=NOW), [TO_GAMMA]),
        (BASE, live(BASE, beta=7), [TO_BETA]),  # an implementation that tells ages
        (replace(BASE, peers=(BETA,)), live(BASE, beta=NOW, gamma=NOW), [TO_BETA]),
        (BASE, live(replace(BASE, peers=(BETA,)), beta=NOW), [TO_BETA]),
        (replace(BASE, peers=(replace(BETA, allowed_ips=()),)), live(BASE, beta=NOW), []),
        (
            replace(BASE, peers=(replace(BETA, allowed_ips=("10.9.0.2/32",)),)),
            live(BASE, beta=NOW),
            [{**TO_BETA, "address": "10.9.0.2"}],
        ),
    ],
    ids=[
        "it does not run",
        "no handshake yet",
        "both lately",
        "one too long ago",
        "an age",
        "one is to go",
        "one is to come",
        "no address",
        "the address that it gets",
    ],
)
def test_kept_peers(desired, there, expected):
    assert answers.kept_peers(desired, there, NOW) == expected


@pytest.mark.parametrize(
    ("own", "before", "allowed", "expected"),
    [
        ("10.8.0.1/24", "10.8.0.1/24", ["10.8.0.2/32"], "10.8.0.2"),
        ("10.8.0.1/24", "10.8.0.1/24", ["172.20.0.0/16", "10.8.0.2/32"], "10.8.0.2"),
        ("10.8.0.1/24", "10.8.0.1/24", ["10.8.0.0/24"], "10.8.0.2"),
        ("10.8.0.7/24", "10.8.0.7/24", ["10.8.0.0/24"], "10.8.0.1"),
        ("10.8.0.7/24", "10.8.0.1/24", ["10.8.0.0/24"], "10.8.0.2"),
        ("10.8.0.0/31", "10.8.0.0/31", ["10.8.0.0/31"], "10.8.0.1"),
        ("10.8.0.1/31", "10.8.0.1/31", ["10.8.0.0/31"], "10.8.0.0"),
        ("10.8.0.1/32", "10.8.0.1/32", ["10.8.0.1/32"], None),
        ("10.8.0.1/24", "10.8.0.1/24", ["0.0.0.0/0", "::/0"], "0.0.0.1"),
        ("10.8.0.1/24", "10.8.0.1/24", ["fd00:8::2/128", "10.8.0.0/24"], "10.8.0.2"),
        ("10.8.0.1/24", "10.8.0.1/24", ["fd00:8::2/128"], None),
        ("fd00:8::1/64", "fd00:8::1/64", ["10.8.0.2/32", "fd00:8::2/128"], "fd00:8::2"),
        ("fd00:8::1/64", "fd00:8::1/64", ["fd00:8::/64"], "fd00:8::2"),
    ],
)
def test_the_address_that_a_packet_is_sent_to(own, before, allowed, expected):
    peer = replace(BETA, allowed_ips=tuple(allowed))
    there = replace(live(Config(addresses=(own,), peers=(peer,)), beta=NOW), addresses=(before,))
    found = answers.kept_peers(Config(addresses=(own,), peers=(peer,)), there, NOW)
    assert [entry["address"] for entry in found] == ([] if expected is None else [expected])


class Peers:
    """What `wg show wg0 dump` gives while packets are sent: after how many, a peer has sent something back."""

    def __init__(self, host, handshake=None, **after):
        self.sent = []
        self.after = {key(name): count for name, count in after.items()}
        self.handshake = handshake
        host.answers[sys.executable,] = self.note
        self.host = host
        host.answers["wg", "show", "wg0", "dump"] = lambda _stdin: self.dump()

    def note(self, stdin):
        (interface,) = self.host.calls[-1][4:]
        self.sent += [(interface, address) for address in stdin.split()]
        return ""

    def dump(self):
        handshake = int(time.time()) if self.handshake is None else self.handshake
        addresses = {key("beta"): "10.8.0.2", key("gamma"): "10.8.0.3"}
        rows = [[key("own"), public_key(key("own")), "51820", "off"]]
        for public, count in self.after.items():
            received = 100 + (len([1 for _name, to in self.sent if to == addresses[public]]) >= count)
            rows.append([public, "(none)", "(none)", "(none)", str(handshake), str(received), "0", "off"])
        return "".join("\t".join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("handshake", "after", "expected", "sent"),
    [
        (None, {"beta": 1, "gamma": 1}, [], {"10.8.0.2": 1, "10.8.0.3": 1}),
        (None, {"beta": 1, "gamma": 2}, [], {"10.8.0.2": 1, "10.8.0.3": 2}),
        (None, {"beta": 99, "gamma": 1}, ["beta"], None),
        (None, {"beta": 1, "gamma": 99}, [key("gamma")], None),
        (None, {"beta": 1}, [key("gamma")], None),
        (1, {"beta": 1, "gamma": 1}, [], {"10.8.0.2": 1, "10.8.0.3": 1}),
        (0, {"beta": 1, "gamma": 1}, ["beta", key("gamma")], None),
        (500, {"beta": 1, "gamma": 1}, ["beta", key("gamma")], None),
    ],
    ids=["at once", "one later", "one never", "without a name", "gone", "ages", "no handshake", "an old handshake"],
)
def test_silent_peers(host, handshake, after, expected, sent):
    peers = Peers(host, handshake, **after)
    assert answers.silent_peers(host, "wg0", [TO_BETA, TO_GAMMA], patience=0.6) == expected
    assert sent is None or {to: [t for _n, t in peers.sent].count(to) for to in sent} == sent
    assert {name for name, _to in peers.sent} == {"wg0"}


def test_nobody_has_to_answer(host):
    host.answers["wg", "show", "wg0", "dump"] = f"{key('own')}\t{key('public')}\t51820\toff\n"
    assert answers.silent_peers(host, "wg0", []) == []


def test_an_interface_that_is_gone(host):
    host.answers["wg", "show", "wg0", "dump"] = Completed(1, "", "Unable to access interface: No such device")
    with pytest.raises(CommandFailed, match="No such device"):
        answers.silent_peers(host, "wg0", [TO_BETA])


def test_a_packet_that_cannot_be_sent_is_no_error():
    done = Host().run([sys.executable, "-I", "-c", answers._SENDER, "wg-none"], "10.8.0.2\nfd00:8::2")
    assert (done.out, done.err) == ("", "")


def test_a_packet_is_sent_through_the_interface():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(10)
        sender = answers._SENDER.replace(f", {answers._DISCARD})", f", {heard.getsockname()[1]})")
        Host().run([sys.executable, "-I", "-c", sender, "lo"], "\n".join(["203.0.113.1"] * 9 + ["127.0.0.1"]))
        assert heard.recv(10) == b""
