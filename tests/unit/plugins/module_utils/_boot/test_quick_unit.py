# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs wg-quick: systemd where it is there, also where it is ill; OpenRC; or nothing."""

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import OpenRc, Plain, QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import UnitState
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

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
    host = FakeHost({("systemctl", "show"): answer, ("ip", "-j", "link"): THERE}, programs)
    assert QuickUnit(host, "wg0", CONF).state() == expected


def test_systemd_that_is_ill_is_not_taken_for_none():
    host = FakeHost({("systemctl", "show"): Completed(1, "", "Failed to connect to bus: Connection refused\n")})
    with pytest.raises(CommandFailed, match="Connection refused"):
        QuickUnit(host, "wg0", CONF).start()


@pytest.mark.parametrize(
    ("there", "act", "commands"),
    [
        (False, "start", [["wg-quick", "up", CONF]]),
        (True, "start", [["wg-quick", "down", CONF], ["wg-quick", "up", CONF]]),
        (True, "stop", [["wg-quick", "down", CONF]]),
    ],
)
def test_plain(there, act, commands):
    host = FakeHost({("ip", "-j", "link"): THERE if there else ""})
    getattr(Plain(host, "wg0", CONF), act)()
    assert host.changing == commands


def test_plain_cannot_be_enabled():
    host = FakeHost()
    Plain(host, "wg0", CONF).set_enabled(True)
    assert host.calls == []


class WithOpenRc(FakeHost):
    """A host with OpenRC, and its folders."""

    def __init__(self, root):
        super().__init__({("rc-service",): Completed(3, " * status: stopped\n", "")}, ("rc-service",), root)
        self.service_file, self.at_boot = self.path("/etc/init.d/wg-quick.wg0"), self.path("/etc/runlevels/default/wg-quick.wg0")
        self.at_boot.parent.mkdir(parents=True)
        self.put("/etc/init.d/wg-quick", "#!/sbin/openrc-run\n")
        self.service = OpenRc(self, "wg0")

    def fine(self):
        self.answers["rc-service",] = ""


@pytest.fixture
def host(tmp_path):
    return WithOpenRc(tmp_path)


def test_openrc_starts_what_is_new_or_has_failed(host):
    host.answers["rc-service", "wg-quick.wg0", "restart"] = ""
    host.service.start()
    assert os.readlink(host.service_file) == "wg-quick"
    assert host.calls == [["rc-service", "wg-quick.wg0", word] for word in ("status", "zap", "restart")]


def test_openrc_says_how_it_is(host):
    assert host.service.state() == UnitState(False, False, False)
    host.fine()
    host.service.start()
    host.at_boot.symlink_to(host.service_file)
    assert host.service.state() == UnitState(True, True, True)


def test_openrc_at_boot(host):
    host.fine()
    host.service.start()
    host.calls.clear()
    for enabled, verb in ((True, "add"), (False, "delete")):
        host.service.set_enabled(enabled)
        assert host.calls.pop() == ["rc-update", verb, "wg-quick.wg0", "default"]
    assert not os.path.lexists(host.service_file)


def test_what_openrc_lacks(host):
    host.remove("/etc/init.d/wg-quick")
    with pytest.raises(CommandFailed) as caught:
        host.service.start()
    assert str(caught.value) == ("OpenRC runs this host, and /etc/init.d/wg-quick is missing; install wireguard-tools-openrc")


def test_what_openrc_says_of_a_failure(host):
    with pytest.raises(CommandFailed) as caught:
        host.service.stop()
    assert str(caught.value) == "rc-service wg-quick.wg0 stop: * status: stopped"
