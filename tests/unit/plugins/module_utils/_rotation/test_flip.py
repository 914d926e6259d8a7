# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.flip import FIRST, PATIENCE, Flip
from ansible_collections.meshwork.wireguard.tests.unit.support import SECRET, FakeHost, key, public_key

OLD, NEW, SHARED = key("old"), key("new"), key("shared")
BETA, GAMMA, NEXT = key("beta"), key("gamma"), key("next gamma")
START = 1_700_000_000.0


class Device:
    """An interface with two peers, and their next handshakes: seconds after the change, None for never."""

    def __init__(self, root, **answers):
        self.host = FakeHost(root=root)
        self.now, self.private, self.changed = START, OLD, None
        self.answers = {key(name.replace("_", " ")): after for name, after in answers.items()}
        self.peers = {BETA: 25, GAMMA: 0}
        self.keepalives = []
        self.host.answers["wg", "show", "wg0", "dump"] = lambda _stdin: self.dump()
        self.host.answers["wg", "set", "wg0"] = Completed(0, "", "")
        self.host.on_call = self.called
        self.flip = Flip(self.host, "wg0", self.read, lambda: self.now, self.sleep)

    def dump(self):
        rows = [f"{self.private}\t{public_key(self.private)}\t51820\toff\n"]
        rows += [
            f"{peer}\t{SHARED if peer == GAMMA else '(none)'}\t203.0.113.2:51820\t10.8.0.{number}/32\t"
            f"{int(START) - 100 if peer != NEXT else 0}\t0\t0\t{keepalive or 'off'}\n"
            for number, (peer, keepalive) in enumerate(self.peers.items(), start=2)
        ]
        return "".join(rows)

    def called(self, words):
        if words[:3] == ["wg", "set", "wg0"] and "private-key" in words:
            self.private = self.host.secrets[-1] if len(self.host.secrets) else None
            self.changed = self.now
        for index, word in enumerate(words):
            if word == "persistent-keepalive":
                self.peers[words[index - 1]] = int(words[index + 1])

    def sleep(self, seconds):
        self.now += seconds

    def read(self, interface):
        assert interface == "wg0"
        done = {
            peer: self.changed + after
            for peer, after in self.answers.items()
            if self.private == NEW and after is not None and self.now >= self.changed + after
        }
        return {peer: int(done.get(peer, START - 100) * 1e9) for peer in (*self.peers, *self.answers)}

    @property
    def commands(self):
        return [words for words in self.host.changing if words[:2] == ["wg", "set"]]


def keepalives(*seconds):
    return [word for peer, value in zip((BETA, GAMMA), seconds) for word in ("peer", peer, "persistent-keepalive", str(value))]


USE = [["wg", "set", "wg0", *keepalives(0, 0)], ["wg", "set", "wg0", "private-key", SECRET, *keepalives(1, 1)]]
RESTORE = ["wg", "set", "wg0", *keepalives(25, 0)]


def test_all_follow(tmp_path):
    device = Device(tmp_path, beta=0.01, gamma=0.1)
    assert device.flip.change(OLD, NEW, device.flip.links()) == ()
    assert (device.private, device.commands) == (NEW, [*USE, RESTORE])
    assert device.now - START < FIRST


def test_one_does_not_and_the_old_key_is_used_again(tmp_path):
    device = Device(tmp_path, beta=0.01, gamma=None)
    found = device.flip.change(OLD, NEW, device.flip.links(), patience=1)
    assert (found, device.private) == ((GAMMA,), OLD)
    assert device.commands[:2] == USE
    assert device.commands[-3:] == [*USE, RESTORE]


def test_a_lost_handshake_is_started_anew_with_all_that_the_peer_has(tmp_path):
    device = Device(tmp_path, beta=0.01, gamma=1.2)
    assert device.flip.change(OLD, NEW, device.flip.links()) == ()
    anew = ["peer", GAMMA, "remove", "peer", GAMMA, "persistent-keepalive", "1", "allowed-ips", "10.8.0.3/32",
            "endpoint", "203.0.113.2:51820", "preshared-key", SECRET]  # fmt: skip
    assert device.commands == [*USE, *[["wg", "set", "wg0", *anew]] * 2, RESTORE]  # after 0.3 s, and after 0.6 s more


def test_a_peer_that_changes_at_the_same_time_answers_under_its_next_key(tmp_path):
    device = Device(tmp_path, beta=0.01, next_gamma=0.2)
    device.peers[NEXT] = 0
    assert device.flip.links([(NEXT, GAMMA)]) == [(BETA,), (GAMMA, NEXT)]
    assert device.flip.change(OLD, NEW, device.flip.links([(NEXT, GAMMA)])) == ()


def test_a_peer_that_was_silent_proves_nothing(tmp_path):
    device = Device(tmp_path, beta=0.01)
    device.now += 1000
    assert device.flip.links() == []


def test_what_wireguard_refuses_leaves_the_old_key(tmp_path):
    device = Device(tmp_path, beta=0.01, gamma=0.01)
    answers = iter([Completed(0, "", ""), Completed(1, "", "no"), *[Completed(0, "", "")] * 5])
    device.host.answers["wg", "set", "wg0"] = lambda _stdin: next(answers)
    with pytest.raises(CommandFailed):
        device.flip.change(OLD, NEW, device.flip.links())
    assert (device.private, device.commands[-1]) == (OLD, RESTORE)
    assert PATIENCE == 30


NEWLY = key("newly shared")
WITH = {BETA: key("first shared"), GAMMA: NEWLY, key("no peer"): NEWLY}
SHARE = ["wg", "set", "wg0", "peer", BETA, "preshared-key", SECRET, "peer", GAMMA, "preshared-key", SECRET]
UNSHARE = ["wg", "set", "wg0", "peer", BETA, "preshared-key", "/dev/null", "peer", GAMMA, "preshared-key", SECRET]


def test_preshared_keys_are_set_just_before_the_key(tmp_path):
    device = Device(tmp_path, beta=0.01, gamma=0.1)
    assert device.flip.change(OLD, NEW, device.flip.links(), preshared=WITH) == ()
    assert device.commands == [SHARE, *USE, RESTORE]
    assert device.host.secrets == [WITH[BETA], NEWLY, NEW]
    device.flip.go_back(OLD)
    assert device.commands[4:] == [UNSHARE, *USE, RESTORE]
    assert device.host.secrets[3:] == [SHARED, OLD]


def test_preshared_keys_are_set_back_just_before_the_old_key(tmp_path):
    device = Device(tmp_path, beta=0.01, gamma=None)
    assert device.flip.change(OLD, NEW, device.flip.links(), patience=0.1, preshared=WITH) == (GAMMA,)
    assert device.commands == [SHARE, *USE, UNSHARE, *USE, RESTORE]
    assert device.host.secrets == [WITH[BETA], NEWLY, NEW, SHARED, OLD]


def test_a_command_has_as_many_preshared_keys_as_it_can(tmp_path, monkeypatch):
    device = Device(tmp_path, beta=0.01, gamma=0.1)
    monkeypatch.setattr(device.host, "most_secrets", lambda: 1)
    assert device.flip.change(OLD, NEW, device.flip.links(), preshared=WITH) == ()
    assert device.commands == [[*SHARE[:3], *SHARE[3:7]], [*SHARE[:3], *SHARE[7:]], *USE, RESTORE]


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_whichever_command_fails_the_old_keys_are_used(tmp_path, fails):
    device = Device(tmp_path, beta=0.01, gamma=0.01)
    answers = iter([*[Completed(0, "", "")] * fails, Completed(1, "", "no"), *[Completed(0, "", "")] * 5])
    device.host.answers["wg", "set", "wg0"] = lambda _stdin: next(answers)
    with pytest.raises(CommandFailed):
        device.flip.change(OLD, NEW, device.flip.links(), preshared=WITH)
    assert (device.private, device.commands[-4:]) == (OLD, [UNSHARE, *USE, RESTORE])
