# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit comes with the first name and goes with the last one."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils import interface as interface_module
from ansible_collections.meshwork.wireguard.plugins.module_utils import resolver
from ansible_collections.meshwork.wireguard.plugins.module_utils.late_endpoints import LateEndpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils.saved import restore, save
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

UNIT = "meshwork-endpoints@wg0.service"
PLAIN = "[Interface]\n[Peer]\nEndpoint = 192.0.2.1:51820\n"
NAMED = "[Interface]\n[Peer]\n# Resolve = hub.example:51820\n"
RELOAD = ["systemctl", "daemon-reload"]
START = [["systemctl", "enable", UNIT], ["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
STOP = [["systemctl", "stop", UNIT], ["systemctl", "disable", UNIT]]


class Desk:
    def __init__(self, stage, root, monkeypatch):
        self.host, self._conf = stage.host, stage.conf
        self.program, self.unit = root / "lib/resolver.py", root / "units/meshwork-endpoints@.service"
        make = functools.partial(LateEndpoints, program=str(self.program), unit=str(self.unit))
        monkeypatch.setattr(interface_module, "LateEndpoints", make)
        self.late = make(stage.host, "wg0", str(stage.conf.parent))
        self.state()

    def state(self, active=False, enabled=False):
        words = f"ActiveState={'active' if active else 'inactive'}\nUnitFileState={'enabled' if enabled else 'disabled'}\n"
        self.host.answers["systemctl", "show", "--property=ActiveState,UnitFileState,LoadState", UNIT] = words

    def running(self):
        self.late.apply(None, NAMED)
        self.state(active=True, enabled=True)
        self.host.calls.clear()

    def apply(self, before, after):
        """What it says, and the commands that it runs."""
        self.host.calls.clear()
        said = [change.describe() for change in self.late.changes(before, after)]
        self.late.apply(before, after)
        return said, self.host.changing


@pytest.fixture
def desk(stage, tmp_path, monkeypatch):
    return Desk(stage, tmp_path, monkeypatch)


@pytest.mark.parametrize(("before", "after"), [(None, None), (None, PLAIN), (PLAIN, PLAIN), (PLAIN, None)])
def test_hosts_without_names_are_asked_for_nothing(desk, before, after):
    assert desk.apply(before, after) == ([], [])
    assert desk.host.calls == []
    assert not desk.program.exists()


@pytest.mark.parametrize("before", [None, PLAIN, NAMED])
def test_the_first_name(desk, before):
    assert desk.apply(before, NAMED) == (["+ endpoints: started"], [RELOAD, *START])
    assert desk.program.read_text() == Path(resolver.__file__).read_text()
    assert f"ExecStart={sys.executable} -I {desk.program} %i\n" in desk.unit.read_text()
    assert [oct(path.stat().st_mode & 0o777) for path in (desk.program, desk.unit)] == ["0o644"] * 2


def test_nothing_to_do(desk):
    desk.running()
    assert desk.apply(NAMED, NAMED) == ([], [])


@pytest.mark.parametrize(("active", "enabled"), [(True, False), (False, True)])
def test_what_was_stopped_by_hand_is_started(desk, active, enabled):
    desk.running()
    desk.state(active, enabled)
    assert desk.apply(NAMED, NAMED) == (["+ endpoints: started"], START)


def test_an_older_program_is_replaced(desk):
    desk.running()
    desk.program.write_text("old")
    assert desk.apply(NAMED, NAMED) == (["+ endpoints: started"], [RELOAD, *START])
    assert desk.program.read_text() == Path(resolver.__file__).read_text()


@pytest.mark.parametrize("after", [None, PLAIN])
def test_the_last_name(desk, stage, after):
    desk.running()
    other = stage.conf.with_name("wg1.conf")
    other.write_text(NAMED)
    assert desk.apply(NAMED, after) == (["- endpoints: stopped"], STOP)
    assert desk.program.exists()
    other.unlink()
    assert desk.apply(NAMED, after) == (["- endpoints: stopped"], [*STOP, RELOAD])
    assert (desk.program.exists(), desk.unit.exists()) == (False, False)


def named(text):
    return text.replace("Endpoint = 203.0.113.2:51820", "Endpoint = hub.example:51820")


def test_an_interface_with_a_name(desk, stage):
    wanted = stage.wanted(BASE)
    result = stage.interface.bring_about(type(wanted)(**{**vars(wanted), "content": named(wanted.content)}), check_mode=False)
    late = text_of(BASE).replace("Endpoint = 203.0.113.2:51820", "# Resolve = hub.example:51820")
    assert stage.text == late
    assert stage.host.changing[-4:] == [RELOAD, *START]
    assert result["diff"]["prepared"].splitlines()[-1] == "+ endpoints: started"

    stage.host.up(BASE, OWN)  # the peer has the name's address
    desk.state(active=True, enabled=True)
    stage.host.calls.clear()
    again = stage.interface.bring_about(type(wanted)(**{**vars(wanted), "content": named(wanted.content)}), check_mode=False)
    assert (again["changes"], stage.host.changing) == ([], [])

    assert stage.interface.remove(check_mode=False)["changes"][-1] == {"kind": "host", "what": "endpoints", "action": "stopped"}
    assert stage.host.changing[-3:] == [*STOP, RELOAD]
    assert not desk.program.exists()


@pytest.mark.parametrize("goes", [True, False], ids=["a name that comes", "a name that goes"])
def test_the_way_back(desk, stage, goes):
    late = text_of(BASE).replace("Endpoint = 203.0.113.2:51820", "# Resolve = hub.example:51820")
    before, after = (text_of(BASE), late) if goes else (late, text_of(BASE))
    stage.conf.write_text(before)
    stage.host.up(BASE, OWN)
    state = save(stage.host, "wg0", stage.interface, stage.interface.find())
    stage.conf.write_text(after)
    if goes:
        desk.running()
    stage.host.calls.clear()
    restore(stage.host, "wg0", stage.interface, state)
    assert (stage.text, stage.host.changing) == (before, [*STOP, RELOAD] if goes else [RELOAD, *START])


def test_nothing_of_it_is_secret(desk):
    desk.running()
    assert key("shared") not in desk.program.read_text() + desk.unit.read_text()
