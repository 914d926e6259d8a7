# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.follower import watch_file
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.flip import Flip
from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.program import change, run, watch
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

KEY, NEXT = "/etc/wireguard/wg0.key", "/etc/wireguard/wg0.next.key"
TOLD, PROGRAM = "/run/meshwork-wireguard/wg0.rotation.json", "/run/meshwork-wireguard/rotation-wg0.pyz"
ACTIVE = ("systemctl", "is-active")
CONF = f"[Interface]\n[Peer]\nPublicKey = {key('beta')}\n[Peer]\n# Follows = {key('beta')}\nPublicKey = {key('next')}\n"


@pytest.fixture
def host(tmp_path):
    made = FakeHost(programs=("wg", "systemd-run"), root=tmp_path)
    made.path("/run/systemd/system").mkdir(parents=True)
    made.answers[ACTIVE] = Completed(3, "", "")
    made.put(KEY, key("own") + "\n")
    made.put(NEXT, key("next") + "\n")
    return made


def ends(host, silent=(), error=None):
    """The program, as it ends at once."""

    def called(words):
        if words[0] == "systemd-run":
            host.put(TOLD, json.dumps({"silent": [*silent], "error": error}))

    host.on_call = called


@pytest.mark.parametrize("silent", [[], ["beta", "gamma"]])
def test_a_change(host, silent):
    host.put(TOLD, "of a run that was interrupted")
    ends(host, silent)
    assert change(host, ["wg0", "wg0-hub1"], KEY, ["delta"]) == {"changed": not silent, "silent": silent}
    (start,) = [words for words in host.calls if words[0] == "systemd-run"]
    assert json.loads(start[-2]) == [KEY, ["wg0", "wg0-hub1"], ["delta"]]
    assert (start[-3], host.exists(PROGRAM), host.exists(TOLD)) == (PROGRAM, True, False)
    assert [word for word in start if key("own") in word or key("next") in word] == []


def test_an_error(host):
    ends(host, error="the lock is held")
    with pytest.raises(CommandFailed, match=r"^interface wg0: the lock is held; the old key is used$"):
        change(host, ["wg0"], KEY)


def test_without_a_next_key_nothing_is_started(host):
    host.remove(NEXT)
    host.put(TOLD, "of a run that was interrupted")
    assert change(host, ["wg0"], KEY) == {"changed": False, "silent": []}
    assert [words[0] for words in host.calls] == ["systemctl"]
    assert not host.exists(TOLD)


def test_another_run_changes_the_key(host):
    """This one waits until that has ended, and finds that nothing is left to do."""
    host.answers[ACTIVE] = Completed(0, "", "")
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            host.answers[ACTIVE] = Completed(3, "", "")
            host.remove(NEXT)

    assert change(host, ["wg0"], KEY, sleep=sleep) == {"changed": False, "silent": []}
    assert len(pauses) == 3


def test_only_peers_with_next_keys_are_watched(host):
    watch(host, "wg0", 60)
    assert host.read(watch_file("wg0")) is None
    host.put("/etc/wireguard/wg0.conf", CONF)
    watch(host, "wg0", 60)
    assert host.read(watch_file("wg0")).strip().isdigit()


SHARED, LATER = key("shared"), key("shared later")
WITH_NEXT = f"[Interface]\nPrivateKey = {key('own')}\n[Peer]\nPublicKey = {key('beta')}\n# NextPresharedKey = {LATER}\n"
WITH_NEXT += f"PresharedKey = {SHARED}\n[Peer]\n# Name = gamma\nPublicKey = {key('gamma')}\nPresharedKey = {key('of gamma')}\n"


@pytest.mark.parametrize("silent", [(), (key("gamma"),)])
def test_the_preshared_keys_of_the_file_change_with_the_key(host, monkeypatch, silent):
    changes = []

    def changed(_flip, *arguments, preshared):
        changes.append((arguments, preshared))
        return silent

    monkeypatch.setattr(Flip, "change", changed)
    host.put("/etc/wireguard/wg0.conf", WITH_NEXT)
    host.answers["wg", "show", "wg0", "dump"] = f"{key('own')}\t{key('public')}\t51820\toff\n"
    assert run(host, ["wg0"], KEY, []) == {"silent": ["gamma"] if silent else [], "error": None}
    assert changes == [((key("own"), key("next"), []), {key("beta"): LATER})]
    after = WITH_NEXT.replace(f"# NextPresharedKey = {LATER}\n", "").replace(SHARED, LATER).replace(key("own"), key("next"))
    assert host.read("/etc/wireguard/wg0.conf") == (WITH_NEXT if silent else after)
