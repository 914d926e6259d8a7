# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit comes with the first name and goes with the last one."""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.dns_endpoints import (
    DnsEndpoints,
    name_changes,
    unresolved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface import interface as interface_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import restore, save
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import EndpointNameChanged, HostChange
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key, shorthand

PROGRAM, UNIT_FILE = "/usr/local/lib/meshwork-wireguard/resolver.pyz", "/etc/systemd/system/meshwork-endpoints@.service"
NAMES = "/etc/meshwork-wireguard/wg0.endpoints.json"
UNIT = "meshwork-endpoints@wg0.service"
HEAD = f"[Interface]\n[Peer]\nPublicKey = {key('beta')}\n"
PLAIN = HEAD + "Endpoint = 192.0.2.1:51820\n"
NAMED = HEAD + "# Resolve = hub.example:51820\n"
RELOAD = ["systemctl", "daemon-reload"]
ENABLE = ["systemctl", "enable", UNIT]
RESTART = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
START = [RELOAD, ENABLE, *RESTART]
STOP = [["systemctl", "stop", UNIT], ["systemctl", "disable", UNIT], RELOAD]


class Desk:
    def __init__(self, stage, monkeypatch):
        self.host = stage.host
        self.program, self.unit, self.names = map(stage.host.path, (PROGRAM, UNIT_FILE, NAMES))
        monkeypatch.setattr(interface_module, "unresolved", functools.partial(unresolved, resolve=lambda _name: []))
        self.endpoints = DnsEndpoints(stage.host, "wg0")
        self.state()

    def state(self, active=False, enabled=False):
        words = f"ActiveState={'active' if active else 'inactive'}\nUnitFileState={'enabled' if enabled else 'disabled'}\n"
        words += "LoadState=loaded\n"
        self.host.answers["systemctl", "show", "--property=ActiveState,UnitFileState,LoadState", UNIT] = words

    def running(self):
        self.endpoints.apply(NAMED)
        self.state(active=True, enabled=True)
        self.host.calls.clear()

    def apply(self, text):
        """What it says, and the commands that it runs."""
        self.host.calls.clear()
        said = [change.describe() for change in self.endpoints.changes(text)]
        self.endpoints.apply(text)
        return said, self.host.changing


@pytest.fixture
def desk(stage, monkeypatch):
    return Desk(stage, monkeypatch)


@pytest.mark.parametrize("text", [None, PLAIN])
def test_nothing_is_read_from_hosts_without_names(desk, text):
    assert desk.apply(text) == ([], [])
    assert desk.host.calls == []
    assert not desk.program.exists()


def test_the_first_name(desk):
    assert desk.apply(NAMED) == (["+ endpoints: started"], START)
    assert desk.program.read_bytes() == archive("_endpoints.resolver")
    assert json.loads(desk.names.read_text()) == {"resolve": {key("beta"): "hub.example:51820"}, "follow": {}}
    assert f"ExecStart={sys.executable} -I {PROGRAM} %i /etc/meshwork-wireguard/%i.endpoints.json\n" in desk.unit.read_text()
    assert [oct(path.stat().st_mode & 0o777) for path in (desk.program, desk.unit)] == ["0o644"] * 2


def test_nothing_to_do(desk):
    desk.running()
    assert desk.apply(NAMED) == ([], [])


@pytest.mark.parametrize(("active", "enabled", "commands"), [(True, False, [ENABLE]), (False, True, RESTART)])
def test_what_was_stopped_by_hand_is_started(desk, active, enabled, commands):
    desk.running()
    desk.state(active, enabled)
    assert desk.apply(NAMED) == (["+ endpoints: started"], commands)


def test_an_older_program_is_replaced(desk):
    desk.running()
    desk.program.write_text("old")
    former = desk.program.with_name("resolver.py")
    former.write_text("older")
    assert desk.apply(NAMED) == (["~ endpoints: changed"], RESTART)
    assert desk.program.read_bytes() == archive("_endpoints.resolver")
    assert not former.exists()


def test_another_name(desk):
    desk.running()
    assert desk.apply(NAMED.replace("hub", "other")) == (["~ endpoints: changed"], [["systemctl", "reload", UNIT]])
    assert json.loads(desk.names.read_text())["resolve"] == {key("beta"): "other.example:51820"}


@pytest.mark.parametrize("text", [None, PLAIN])
def test_the_last_name(desk, text):
    desk.running()
    other = DnsEndpoints(desk.host, "wg1")
    other.apply(NAMED)
    assert desk.apply(text) == (["- endpoints: removed"], STOP)
    assert (desk.program.exists(), desk.names.exists()) == (True, False)
    assert desk.apply(text) == ([], [])
    other.apply(text)
    assert (desk.program.parent.exists(), desk.unit.exists()) == (False, False)


def named(text):
    return text.replace("Endpoint = 203.0.113.2:51820", "Endpoint = hub.example:51820")


def test_an_interface_with_a_name(desk, stage):
    wanted = stage.wanted(BASE)
    result = stage.interface.bring_about(type(wanted)(**{**vars(wanted), "content": named(wanted.content)}), check_mode=False)
    commented = text_of(BASE).replace("Endpoint = 203.0.113.2:51820", "# Resolve = hub.example:51820")
    assert stage.text == commented
    assert stage.host.changing[-4:] == START
    title = f"peer beta ({shorthand('beta')})"
    assert result["diff"]["prepared"].splitlines()[-4:] == [
        f"+ {title}: AllowedIPs 10.8.0.2/32, with a preshared key",
        "~ unit: enabled",
        f"~ {title}: DNS endpoint none -> hub.example:51820",
        "+ endpoints: started",
    ]
    (warning,) = result["warnings"]
    assert warning == (
        f"interface wg0, {title}: hub.example:51820 does not resolve on this host now; meshwork-endpoints@wg0 keeps trying; "
        "until the name resolves, a peer without an endpoint cannot be dialled from this host"
    )

    stage.host.up(BASE, OWN)  # the peer has the name's address
    desk.state(active=True, enabled=True)
    stage.host.calls.clear()
    again = stage.interface.bring_about(type(wanted)(**{**vars(wanted), "content": named(wanted.content)}), check_mode=False)
    assert (again["changes"], again.get("warnings"), stage.host.changing) == ([], None, [])

    assert stage.interface.remove(check_mode=False)["changes"][-1] == {"kind": "host", "what": "endpoints", "action": "removed"}
    assert stage.host.changing[-3:] == STOP
    assert not desk.program.exists()


@pytest.mark.parametrize("goes", [True, False], ids=["a name that comes", "a name that goes"])
def test_the_way_back(desk, stage, goes):
    commented = text_of(BASE).replace("Endpoint = 203.0.113.2:51820", "# Resolve = hub.example:51820")
    before, after = (text_of(BASE), commented) if goes else (commented, text_of(BASE))
    stage.conf.write_text(before)
    stage.host.up(BASE, OWN)
    state = save("wg0", stage.interface, stage.interface.find())
    stage.conf.write_text(after)
    if goes:
        desk.running()
    stage.host.calls.clear()
    restore(stage.host, "wg0", stage.interface, state)
    assert (stage.text, stage.host.changing) == (before, STOP if goes else START)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (None, {"beta": "a:1"}, ["none -> a:1"]),
        ({"beta": "a:1"}, {"beta": "a:1"}, []),
        ({"beta": "a:1"}, {"beta": "b:1"}, ["a:1 -> b:1"]),
        ({"beta": "a:1"}, {}, ["a:1 -> none"]),
        ({"gamma": "a:1"}, {}, []),  # a peer that goes tells that by itself
    ],
)
def test_changes_of_names(before, after, lines):
    def text(names):
        return (
            None
            if names is None
            else "[Interface]\n" + "".join(f"[Peer]\nPublicKey = {key(n)}\n# Resolve = {v}\n" for n, v in names.items())
        )

    changes = name_changes((BETA,), text(before), text(after))
    assert [change.describe() for change in changes] == [
        f"~ peer beta ({shorthand('beta')}): DNS endpoint {line}" for line in lines
    ]


def test_names_that_do_not_resolve_in_time_are_warned_of():
    """One hangs, one fails, one is known: the module ends in time, and says which."""
    hangs = threading.Event()

    def resolve(name):
        if name == "slow:1":
            hangs.wait(60)
        if name == "unknown:1":
            raise OSError("Name or service not known")
        return ["192.0.2.1:1"]

    peers = [Peer(key(name), name=name) for name in ("slow", "unknown", "known", "gone")]
    changes = [EndpointNameChanged(p, None, f"{p.name}:1" if p.name != "gone" else None) for p in peers]
    began = time.monotonic()
    told = unresolved([HostChange("file", "changed"), *changes], "wg0", resolve, patience=0.2)
    assert time.monotonic() - began < 5
    hangs.set()
    assert [text.partition(";")[0] for text in told] == [
        f"interface wg0, peer {name} ({shorthand(name)}): {name}:1 does not resolve on this host now"
        for name in ("slow", "unknown")
    ]


def test_a_name_stays_if_the_interface_carries_the_dns_queries(desk, stage):
    """The file has it twice, `wg` is not told of it, and the second run finds nothing to do."""
    full = replace(BASE, peers=(replace(BETA, allowed_ips=("0.0.0.0/0",)),))
    wanted = stage.wanted(full)
    asked = replace(wanted, content=named(wanted.content))
    stage.interface.bring_about(asked, check_mode=False)
    assert "Endpoint = hub.example:51820\n# Resolve = hub.example:51820\n" in stage.text
    stage.host.up(replace(full, peers=(replace(full.peers[0], endpoint="192.0.2.9:51820"),)), OWN)
    desk.state(active=True, enabled=True)
    stage.host.calls.clear()
    assert stage.interface.bring_about(asked, check_mode=False)["changes"] == []
    stage.host.answers["wg", "show", "wg0", "dump"] = stage.host.answers["wg", "show", "wg0", "dump"].partition("\n")[0] + "\n"
    stage.interface.bring_about(asked, check_mode=False)
    (set_peer,) = [words for words in stage.host.changing if words[:2] == ["wg", "set"]]
    assert (BETA.public_key in set_peer, "endpoint" in set_peer) == (True, False)


def test_nothing_of_it_is_secret(desk):
    desk.running()
    for path in (desk.program, desk.unit, desk.names):
        assert key("shared").encode() not in path.read_bytes()
