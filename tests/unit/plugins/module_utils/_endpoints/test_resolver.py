# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a name is asked for, and what is done with the answer. `wg` is a script; the names' answers are given."""

from __future__ import annotations

import json
import socket

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.resolver import Resolver, addresses_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BETA, GAMMA = key("beta"), key("gamma")
HUB, OTHER = "192.0.2.1:51820", "192.0.2.2:51820"
NOW = 1_800_000_000

WG = """#!/bin/sh
case "$1 $3" in
"show endpoints" | "show latest-handshakes") cat "{root}/$3" ;;
set*) echo "$@" >>{root}/commands ;;
esac
"""


class Desk:
    """A resolver, the interface that it sees, and the names that resolve."""

    def __init__(self, root, monkeypatch):
        self._root = root
        (root / "bin").mkdir()
        (root / "bin/wg").write_text(WG.format(root=root))
        (root / "bin/wg").chmod(0o755)
        monkeypatch.setenv("PATH", f"{root}/bin", prepend=":")
        self.asked = []
        self.known = {}
        self.host = Host(str(root))
        self.resolver = Resolver(self.host, "wg0", "/names.json", self._answer, locked=0.1)

    def _answer(self, name):
        self.asked.append(name)
        if name not in self.known:
            raise OSError("Name or service not known")
        return list(self.known[name])

    def file(self, **names):
        """The peers' names."""
        (self._root / "names.json").write_text(json.dumps({"resolve": {key(peer): name for peer, name in names.items()}}))

    def live(self, **peers):
        """The peers as they run: endpoint or None, and the time of the last handshake."""
        for index, what in enumerate(("endpoints", "latest-handshakes")):
            lines = [f"{key(peer)}\t{values[index] or ('(none)', 0)[index]}\n" for peer, values in peers.items()]
            (self._root / what).write_text("".join(lines))

    def look(self, now=NOW):
        """Look, let what was asked for be answered, and look again; the commands that this ran."""
        (self._root / "commands").unlink(missing_ok=True)
        self.asked.clear()
        self.resolver.look(now)
        for peer in self.resolver._peers.values():
            if peer.answer is not None:
                peer.answer.exception(timeout=10)
        self.resolver.look(now)
        done = self._root / "commands"
        return done.read_text().splitlines() if done.exists() else []


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


def settled(peer, endpoint):
    return f"set wg0 peer {key(peer)} endpoint {endpoint}"


@pytest.mark.parametrize(
    ("live", "known", "asked", "commands"),
    [
        ((None, 0), [HUB], True, [settled("beta", HUB)]),
        ((None, 0), [HUB, OTHER], True, [settled("beta", HUB)]),
        ((None, 0), None, True, []),
        ((OTHER, NOW - 134), [HUB], False, []),  # it has roamed, and is heard
        ((OTHER, NOW - 136), [HUB], True, [settled("beta", HUB)]),
        ((HUB, NOW - 136), [HUB], True, []),
        ((OTHER, NOW - 136), [HUB, OTHER], True, []),  # one of the name's addresses is as good as another
        ((OTHER, 0), [HUB], True, [settled("beta", HUB)]),
        ((OTHER, 134), [HUB], False, []),  # an age
        ((OTHER, 136), [HUB], True, [settled("beta", HUB)]),
    ],
    ids=[
        "new",
        "two addresses",
        "unknown",
        "heard",
        "silent",
        "silent at its address",
        "silent at another",
        "never heard",
        "heard, by age",
        "silent, by age",
    ],
)
def test_one_look(desk, live, known, asked, commands):
    desk.file(beta="hub.example:51820")
    desk.live(beta=live)
    desk.known = {} if known is None else {"hub.example:51820": known}
    assert desk.look() == commands
    assert desk.asked == (["hub.example:51820"] if asked else [])


def test_a_name_that_does_not_resolve_is_tried_later_and_later_and_hinders_no_other(desk):
    desk.file(beta="hub.example:51820", gamma="other.example:51820")
    desk.live(beta=(None, 0), gamma=(None, 0))
    desk.known = {"other.example:51820": [OTHER]}
    assert desk.look() == [settled("gamma", OTHER)]
    desk.live(beta=(None, 0), gamma=(OTHER, NOW))
    tries = []
    for second in range(1, 200):
        desk.look(NOW + second)
        tries += [second] * desk.asked.count("hub.example:51820")
        desk.live(beta=(None, 0), gamma=(OTHER, NOW + second))
    assert tries == [2, 6, 14, 30, 62, 122, 182]
    desk.known["hub.example:51820"] = [HUB]
    assert desk.look(NOW + 242) == [settled("beta", HUB)]


def test_the_name_of_a_silent_peer_is_not_resolved_at_every_look(desk):
    desk.file(beta="hub.example:51820")
    desk.live(beta=(HUB, 0))
    desk.known = {"hub.example:51820": [HUB]}
    asked = []
    for second in range(100):
        desk.look(NOW + second)
        asked += [second] * len(desk.asked)
    assert asked == [0, 30, 60, 90]


def test_another_name_is_followed_though_the_peer_is_heard(desk):
    desk.file(beta="hub.example:51820")
    desk.live(beta=(HUB, NOW))
    desk.known = {"other.example:51820": [OTHER]}
    assert (desk.look(), desk.asked) == ([], [])
    desk.file(beta="other.example:51820")
    assert (desk.look(), desk.asked) == ([settled("beta", OTHER)], ["other.example:51820"])


def test_a_removed_peer_is_not_brought_back(desk):
    desk.file(beta="hub.example:51820")
    desk.live(gamma=(HUB, NOW))
    desk.known = {"hub.example:51820": [HUB]}
    assert (desk.look(), desk.asked) == ([], [])
    desk.live(beta=(None, 0))
    desk.resolver.look(NOW)
    desk.resolver._peers[BETA].answer.exception(timeout=10)
    plain = desk.resolver._set

    def removed_meanwhile(*words):
        desk.live(gamma=(HUB, NOW))
        plain(*words)

    desk.resolver._set = removed_meanwhile
    assert desk.look() == []


@pytest.mark.parametrize("names", [{}, {"beta": "other.example:51820"}])
def test_an_answer_that_came_too_late_is_not_used(desk, names):
    """A run has given the peer an address, or another name, while the program waited for the lock."""
    desk.file(beta="hub.example:51820")
    desk.live(beta=(None, 0))
    desk.known = {"hub.example:51820": [HUB]}
    desk.resolver.look(NOW)
    desk.resolver._peers[BETA].answer.exception(timeout=10)
    plain = desk.resolver._set

    def changed_meanwhile(*words):
        desk.file(**names)
        plain(*words)

    desk.resolver._set = changed_meanwhile
    assert desk.look() == []


def test_no_interface_and_no_file(desk):
    desk.resolver.look(NOW)
    desk.file(beta="hub.example:51820")
    assert (desk.look(), desk.asked) == ([], [])


@pytest.mark.parametrize(
    ("name", "addresses"),
    [("localhost:51820", ["127.0.0.1:51820"]), ("192.0.2.1:1", ["192.0.2.1:1"]), ("::1:7", ["[::1]:7"])],
)
def test_addresses(name, addresses):
    assert set(addresses) <= set(addresses_of(name))


def test_a_name_without_addresses():
    with pytest.raises(socket.gaierror):
        addresses_of("no-such-host.invalid:51820")


def test_it_does_not_wait_for_a_run_without_end(desk, capfd):
    """It says who is in the way, and tries again later."""
    desk.file(beta="hub.example:51820")
    desk.live(beta=(None, 0))
    desk.known = {"hub.example:51820": [HUB]}
    with interface_lock(desk.host, "wg0", 0):
        assert desk.look() == []
    assert "hub.example:51820: another process has changed interface wg0 for more than 0.1 s" in capfd.readouterr().err
    assert (desk.look(NOW + 1), desk.asked) == ([], [])
    assert desk.look(NOW + 2) == [settled("beta", HUB)]
