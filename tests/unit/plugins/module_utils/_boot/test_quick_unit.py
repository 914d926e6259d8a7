# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs wg-quick: systemd where it is there, also where it is ill; OpenRC; or nothing."""

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import OpenRc, Plain, QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import UnitState
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeRunner

NOT_BOOTED = Completed(1, "", "System has not been booted with systemd as init system (PID 1). Can't operate.\n")
THERE = '[{"ifname": "wg0"}]'
CONF = "/etc/wireguard/wg0.conf"


@pytest.mark.parametrize(
    ("answer", "programs", "expected"),
    [
        ("ActiveState=active\nUnitFileState=enabled\nLoadState=loaded\n", ("rc-service",), UnitState(True, True)),
        (NOT_BOOTED, ("rc-service",), UnitState(False, False, False)),
        (NOT_BOOTED, (), UnitState(False, True, False, boots=False)),
    ],
)
def test_the_host_is_asked(answer, programs, expected):
    runner = FakeRunner({("systemctl", "show"): answer, ("ip", "-j", "link"): THERE}, programs)
    assert QuickUnit(runner, "wg0", CONF).state() == expected


def test_systemd_that_is_ill_is_not_taken_for_none():
    runner = FakeRunner({("systemctl", "show"): Completed(1, "", "Failed to connect to bus: Connection refused\n")})
    with pytest.raises(CommandFailed, match="Connection refused"):
        QuickUnit(runner, "wg0", CONF).start()


@pytest.mark.parametrize(
    ("there", "act", "commands"),
    [
        (False, "start", [["wg-quick", "up", CONF]]),
        (True, "start", [["wg-quick", "down", CONF], ["wg-quick", "up", CONF]]),
        (True, "stop", [["wg-quick", "down", CONF]]),
    ],
)
def test_plain(there, act, commands):
    runner = FakeRunner({("ip", "-j", "link"): THERE if there else ""})
    getattr(Plain(runner, "wg0", CONF), act)()
    assert runner.changing == commands


def test_plain_cannot_be_enabled():
    runner = FakeRunner()
    Plain(runner, "wg0", CONF).set_enabled(True)
    assert runner.calls == []


class Host:
    """A host with OpenRC, and its folders."""

    def __init__(self, root):
        self.root = root
        self.runner = FakeRunner({("rc-service",): Completed(3, " * status: stopped\n", "")}, ("rc-service",))
        self.link, self.boot = root / "etc/init.d/wg-quick.wg0", root / "etc/runlevels/default/wg-quick.wg0"
        for path in (self.link, self.boot):
            path.parent.mkdir(parents=True)
        (root / "etc/init.d/wg-quick").write_text("#!/sbin/openrc-run\n")
        self.service = OpenRc(self.runner, "wg0", str(root))

    def fine(self):
        self.runner.answers["rc-service",] = ""


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_openrc_starts_what_is_new_or_has_failed(host):
    host.runner.answers["rc-service", "wg-quick.wg0", "restart"] = ""
    host.service.start()
    assert os.readlink(host.link) == "wg-quick"
    assert host.runner.calls == [["rc-service", "wg-quick.wg0", word] for word in ("status", "zap", "restart")]


def test_openrc_says_how_it_is(host):
    assert host.service.state() == UnitState(False, False, False)
    host.fine()
    host.service.start()
    host.boot.symlink_to(host.link)
    assert host.service.state() == UnitState(True, True, True)


def test_openrc_at_boot(host):
    host.fine()
    host.service.start()
    host.runner.calls.clear()
    for enabled, verb in ((True, "add"), (False, "delete")):
        host.service.set_enabled(enabled)
        assert host.runner.calls.pop() == ["rc-update", verb, "wg-quick.wg0", "default"]
    assert not os.path.lexists(host.link)


def test_what_openrc_lacks(host):
    (host.root / "etc/init.d/wg-quick").unlink()
    with pytest.raises(CommandFailed) as caught:
        host.service.start()
    assert str(caught.value) == (
        f"OpenRC runs this host, and {host.root}/etc/init.d/wg-quick is missing; install wireguard-tools-openrc"
    )


def test_what_openrc_says_of_a_failure(host):
    with pytest.raises(CommandFailed) as caught:
        host.service.stop()
    assert str(caught.value) == "rc-service wg-quick.wg0 stop: * status: stopped"
