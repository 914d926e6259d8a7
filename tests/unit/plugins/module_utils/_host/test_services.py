# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import services as module
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Service, Services, bgp_here, vrrp_here
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeRunner

UNIT = "meshwork-x@wg0.service"
STARTED = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
RELOAD = ["systemctl", "daemon-reload"]


class Desk:
    def __init__(self, root, monkeypatch):
        self.root, self.runner = root, FakeRunner()
        for name, folder in (("UNITS", "units"), ("CONFIG", "etc"), ("PROGRAMS", "lib")):
            monkeypatch.setattr(module, name, str(root / folder))
        self.state()

    def state(self, active=False, enabled=False):
        words = f"ActiveState={'active' if active else 'inactive'}\nUnitFileState={'enabled' if enabled else 'disabled'}\n"
        self.runner.answers["systemctl", "show"] = words + "LoadState=loaded\n"

    def of(self, interface="wg0", conf="conf", unit="unit", program=b"\xff program"):
        shared = {str(self.root / "units/meshwork-x@.service"): unit, str(self.root / "lib/x.py"): program}
        former = [str(self.root / "lib/older.py")]
        service = Service("meshwork-x", "x", {str(self.root / f"etc/{interface}.x.conf"): conf}, shared, former)
        return Services(self.runner, interface, [service])

    def apply(self, services):
        """What it says, and the commands that it runs."""
        self.runner.calls.clear()
        said = [change.describe() for change in services.changes()]
        services.apply()
        return said, self.runner.changing


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


def test_installed_and_left_alone(desk):
    assert desk.apply(desk.of()) == (["+ x: started"], [RELOAD, ["systemctl", "enable", UNIT], *STARTED])
    desk.state(active=True, enabled=True)
    assert desk.apply(desk.of()) == ([], [])


@pytest.mark.parametrize(
    ("changed", "commands"),
    [
        ({"conf": "new"}, [["systemctl", "reload", UNIT]]),
        ({"program": "new"}, STARTED),
        ({"unit": "new"}, [RELOAD, *STARTED]),
        ({"conf": "new", "program": "new"}, STARTED),
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
    (desk.root / "lib").mkdir()
    (desk.root / "lib/older.py").write_text("")
    desk.apply(desk.of())
    assert [path.name for path in (desk.root / "lib").iterdir()] == ["x.py"]
    assert (desk.root / "lib/x.py").read_bytes() == b"\xff program"


def test_removed_and_what_others_need_stays(desk):
    desk.apply(desk.of())
    desk.apply(desk.of("wg0-b"))
    first, second = desk.of(), desk.of("wg0-b")
    assert [change.describe() for change in first.removals()] == ["- x: removed"]
    first.remove()
    assert sorted(path.name for path in desk.root.rglob("*") if path.is_file()) == ["meshwork-x@.service", "wg0-b.x.conf", "x.py"]
    assert first.removals() == []
    second.remove()
    assert [path.name for path in desk.root.rglob("*")] == ["units"]


def test_what_the_files_say(tmp_path):
    for name in ("wg1.vrrp.json", "wg0.vrrp.json", "wg2.bgp.json", "wg0.keepalived.conf"):
        (tmp_path / name).write_text("")
    assert (vrrp_here(str(tmp_path)), bgp_here(str(tmp_path))) == (["wg0", "wg1"], ["wg2"])
    assert (vrrp_here(str(tmp_path / "gone")), bgp_here(str(tmp_path / "gone"))) == ([], [])
