# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.follower import (
    FRESH,
    LOCKED,
    UNWATCHED,
    WATCHED,
    Follower,
    watch_file,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

OLD, NEXT = key("old"), key("next")
START = 1_700_000_000.0
FILE = "/etc/meshwork-wireguard/wg0.endpoints.json"
PAIR = {"old": OLD, "allowed_ips": ["10.8.0.2/32", "172.20.2.0/24"], "keepalive": 25}
PREFIXES = "10.8.0.2/32,172.20.2.0/24"


def used(now, other):
    """The command after which a key has the prefixes, and the other one has none."""
    return ["wg", "set", "wg0", "peer", now, "persistent-keepalive", "25", "allowed-ips", PREFIXES,
            "peer", other, "persistent-keepalive", "0"]  # fmt: skip


def both(upcoming, old):
    """The command that sets the keepalives of both."""
    words = ["persistent-keepalive", str(upcoming), "peer", OLD, "persistent-keepalive", str(old)]
    return ["wg", "set", "wg0", "peer", NEXT, *words]


class Desk:
    def __init__(self, root):
        self.host, self.now, self.times = FakeHost(root=root), START, {OLD: 0, NEXT: 0}
        self.file({NEXT: PAIR})
        self.follower = Follower(self.host, "wg0", FILE, self.read, lambda: self.now, locked=0.1)

    def file(self, follow):
        self.host.put(FILE, json.dumps({"resolve": {}, "follow": follow}))

    def read(self, interface):
        assert interface == "wg0"
        return dict(self.times)

    def look(self, old=None, upcoming=None):
        """With these ages of the handshakes in seconds, the commands that this ran."""
        for name, age in ((OLD, old), (NEXT, upcoming)):
            if age is not None:
                self.times[name] = int((self.now - age) * 1e9)
        self.host.calls.clear()
        self.pause = self.follower.look()
        return self.host.calls


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_node_changes_and_goes_back(desk):
    desk.now += 60
    assert desk.look() == []  # neither was ever heard
    assert desk.look(old=50) == [used(OLD, NEXT)]
    assert desk.look(old=5) == []
    assert desk.look(upcoming=4.999) == [used(NEXT, OLD)]
    assert desk.look(upcoming=0) == []
    assert desk.look(old=-0.000001) == [used(OLD, NEXT)]


@pytest.mark.parametrize("gone", [OLD, NEXT])
def test_a_run_that_changes_the_peers_is_left_alone(desk, gone):
    desk.look(old=5)
    del desk.times[gone]
    assert desk.look(*((None, 1) if gone == OLD else (1, None))) == []


def test_a_peer_that_goes_before_it_has_the_lock_is_not_brought_back(desk, monkeypatch):
    desk.look(old=5)
    later = int(START * 1e9)
    answers = iter([{OLD: later, NEXT: later + 1}, {NEXT: later + 1}])
    monkeypatch.setattr(desk.follower, "_read", lambda _name: next(answers))
    assert desk.look() == []


def test_while_a_run_has_the_lock_it_waits_and_tries_again(desk):
    desk.look(old=5)
    with interface_lock(desk.host, "wg0", 1):
        assert desk.look(upcoming=1) == []
    assert desk.look() == [used(NEXT, OLD)]


def test_after_a_start_both_are_dialled_once_unless_one_was_heard(desk):
    assert desk.look() == [both(0, 0), both(1, 1), both(0, 25)]
    desk.now += 1
    assert desk.look() == []
    assert desk.look(upcoming=0) == [used(NEXT, OLD)]


@pytest.mark.parametrize("old", [5, None])
def test_neither_is_dialled(desk, old):
    """One of them was heard lately, or the start was a while ago."""
    desk.now += 1 if old else FRESH
    assert desk.look(old=old) in ([], [used(OLD, NEXT)])


def test_how_often_it_looks(desk):
    assert (desk.look(old=1), desk.pause >= UNWATCHED) == ([used(OLD, NEXT)], True)
    desk.host.put(watch_file("wg0"), f"{desk.now + 60}\n")
    assert (desk.look(), WATCHED <= desk.pause < UNWATCHED) == ([], True)
    desk.now += 61
    assert (desk.look(), desk.pause >= UNWATCHED) == ([], True)
    desk.file({})
    assert (desk.look(), desk.pause) == ([], None)
    desk.host.remove(FILE)
    assert (desk.look(), desk.pause) == ([], None)


def test_an_implementation_that_does_not_answer_is_asked_again_later(desk, monkeypatch):
    def fails(_name):
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(desk.follower, "_read", fails)
    assert (desk.look(), desk.pause) == ([], LOCKED)
