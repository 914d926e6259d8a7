# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Service, Services, bgp_here, vrrp_here
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

UNIT = "meshwork-x@wg0.service"
STARTED = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
RELOAD = ["systemctl", "daemon-reload"]


class Desk:
    def __init__(self, root):
        self.root, self.host = root, FakeHost(root=root)
        self.state()

    def state(self, active=False, enabled=False):
        words = f"ActiveState={'active' if active else 'inactive'}\nUnitFileState={'enabled' if enabled else 'disabled'}\n"
        self.host.answers["systemctl", "show"] = words + "LoadState=loaded\n"

    def of(self, interface="wg0", conf="conf", unit="unit", program=b"\xff program"):
        shared = {f"{UNITS}/meshwork-x@.service": unit, f"{PROGRAMS}/x.py": lambda: program}
        former = [f"{PROGRAMS}/older.py"]
        service = Service("meshwork-x", "x", {f"{CONFIG}/{interface}.x.conf": conf}, shared, former)
        return Services(self.host, interface, [service])

    def apply(self, services):
        """What it says, and the commands that it runs."""
        self.host.calls.clear()
        said = [change.describe() for change in services.changes()]
        services.apply()
        return said, self.host.changing


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_installed_and_left_alone(desk):
    assert desk.apply(desk.of()) == (["+ x: started"], [RELOAD, ["systemctl", "enable", UNIT], *STARTED])
    desk.state(active=True, enabled=True)
    assert desk.apply(desk.of()) == ([], [])


@pytest.mark.parametrize(
    ("changed", "commands"),
    [
        ({"conf": "new"}, [["systemctl", "reload", UNIT]]),
        ({"program": b"new"}, STARTED),
        ({"unit": "new"}, [RELOAD, *STARTED]),
        ({"conf": "new", "program": b"new"}, STARTED),
    ],
)
def test_brought_up_to_date(desk, changed, commands):
    desk.apply(desk.of())
    desk.state(active=True, enabled=True)
    assert desk.apply(desk.of(**changed)) == (["~ x: changed"], commands)
    assert desk.apply(desk.of(**changed)) == ([], [])


def test_another_program_is_for_the_other_interfaces_too(desk):
    desk.apply(desk.of())
    desk.apply(desk.of("wg0-b"))
    desk.state(active=True, enabled=True)
    assert desk.apply(desk.of(program=b"new"))[1] == [*STARTED, ["systemctl", "try-restart", "meshwork-x@wg0-b.service"]]


def test_a_program_of_an_earlier_version_goes(desk):
    desk.host.put(f"{PROGRAMS}/older.py")
    desk.apply(desk.of())
    assert desk.host.names(PROGRAMS) == ["x.py"]
    assert desk.host.read_bytes(f"{PROGRAMS}/x.py") == b"\xff program"


def test_removed_and_what_others_need_stays(desk):
    desk.apply(desk.of())
    desk.apply(desk.of("wg0-b"))
    first, second = desk.of(), desk.of("wg0-b")
    assert [change.describe() for change in first.removals()] == ["- x: removed"]
    first.remove()
    assert sorted(path.name for path in desk.root.rglob("*") if path.is_file()) == ["meshwork-x@.service", "wg0-b.x.conf", "x.py"]
    assert first.removals() == []
    second.remove()
    assert [desk.host.exists(path) for path in (CONFIG, PROGRAMS, UNITS)] == [False, False, True]
    assert desk.host.names(UNITS) == []


def test_what_the_files_say(host):
    assert (vrrp_here(host), bgp_here(host)) == ([], [])
    for name in ("wg1.vrrp.json", "wg0.vrrp.json", "wg2.bgp.json", "wg0.keepalived.conf"):
        host.put(f"{CONFIG}/{name}")
    assert (vrrp_here(host), bgp_here(host)) == (["wg0", "wg1"], ["wg2"])
