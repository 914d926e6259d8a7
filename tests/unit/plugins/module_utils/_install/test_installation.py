# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._install import installation as installation_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._install.installation import Installation
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import CannotInstall, Probe
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import platform_of
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

VERSIONS = {
    ("/usr/bin/wg", "--version"): "wireguard-tools v1.0.20210914 - https://git.zx2c4.com/wireguard-tools/\n",
    ("/usr/bin/wireguard-go", "--version"): "wireguard-go v0.0.20220316\n",
    ("/usr/bin/boringtun-cli", "--version"): "boringtun 0.6.0\n",
}
TOOLS = ("wg", "wg-quick")
DROP_IN = "[Service]\nEnvironment=WG_QUICK_USERSPACE_IMPLEMENTATION=boringtun-cli\n"
PATH = "/etc/systemd/system/wg-quick@.service.d/50-meshwork-implementation.conf"
RELOAD = ["systemctl", "daemon-reload"]


class Machine:
    def __init__(self, root, patch):
        self._patch = patch
        self.host = FakeHost(VERSIONS, root=root)
        self.installation = Installation(self.host)

    def has(self, *programs, kernel=True, system="debian"):
        platform = platform_of({"ID": system})
        paths = {name: "/usr/bin/" + name for name in programs}
        found = Probe(kernel, True, paths, platform, system.capitalize())
        self._patch.setattr(installation_module, "probe", lambda _host: found)

    def drop_in_text(self):
        return self.host.read(PATH)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def report(**values):
    defaults = {
        "changed": False,
        "kernel": True,
        "tools_version": "1.0.20210914",
        "userspace_version": None,
        "packages": [],
        "manager": "apt",
        "hint": "",
    }
    return {**defaults, **values}


@pytest.mark.parametrize(
    ("has", "options", "asked", "expected"),
    [
        (TOOLS, {}, ("auto", [], False), report(implementation="kernel")),
        (
            (),
            {},
            ("auto", ["dns"], False),
            report(implementation="kernel", tools_version=None, packages=["openresolv", "wireguard-tools"]),
        ),
        (TOOLS, {}, ("auto", [], True), report(implementation="kernel", packages=["wireguard-tools"])),
        ((), {}, ("auto", [], True), report(implementation="kernel", tools_version=None, packages=["wireguard-tools"])),
        (
            (*TOOLS, "wireguard-go"),
            {"kernel": False},
            ("auto", [], False),
            report(implementation="wireguard-go", kernel=False, userspace_version="0.0.20220316"),
        ),
        (
            TOOLS,
            {"kernel": False},
            ("auto", [], False),
            report(implementation="wireguard-go", kernel=False, packages=["wireguard-go"]),
        ),
        (TOOLS, {"system": "gentoo"}, ("auto", [], False), report(implementation="kernel", manager=None)),
        (TOOLS, {"system": "gentoo"}, ("auto", [], True), report(implementation="kernel", manager=None)),
        (TOOLS, {}, ("none", [], False), report(implementation="none")),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_presence(machine, has, options, asked, expected, check_mode):
    machine.has(*has, **options)
    assert machine.installation.presence(*asked, check_mode) == expected
    assert machine.drop_in_text() is None
    assert RELOAD not in machine.host.calls


def test_the_hint_of_a_platform(machine):
    machine.has(*TOOLS, system="rhel")
    found = machine.installation.presence("auto", [], False, False)
    assert (found["manager"], found["hint"]) == (
        "dnf",
        "if wireguard-tools is not in the enabled repositories, EPEL has it: dnf install epel-release",
    )


def test_pitfall_27_wg_quick_has_to_be_told_of_boringtun(machine):
    machine.has(*TOOLS, "boringtun-cli", kernel=False)
    expected = report(implementation="boringtun", kernel=False, userspace_version="0.6.0", changed=True)
    assert machine.installation.presence("auto", [], False, True) == expected
    assert machine.drop_in_text() is None
    assert machine.installation.presence("auto", [], False, False) == expected
    assert machine.drop_in_text() == DROP_IN
    assert machine.host.mode_of(PATH) == 0o644
    assert machine.host.calls.count(RELOAD) == 1
    assert machine.installation.presence("auto", [], False, False) == {**expected, "changed": False}
    assert machine.host.calls.count(RELOAD) == 1


def test_a_drop_in_that_is_no_longer_needed_goes(machine):
    machine.host.write(PATH, DROP_IN, mode=0o644)
    machine.has(*TOOLS)
    assert machine.installation.presence("auto", [], False, True)["changed"] is True
    assert machine.drop_in_text() == DROP_IN
    assert machine.installation.presence("auto", [], False, False)["changed"] is True
    assert machine.drop_in_text() is None
    assert machine.installation.presence("auto", [], False, False)["changed"] is False


@pytest.mark.parametrize(
    ("has", "options", "expected"),
    [
        ((), {}, report(tools_version=None)),
        (TOOLS, {}, report(packages=["wireguard-tools"])),
        ((*TOOLS, "wireguard-go"), {}, report(packages=["wireguard-go", "wireguard-tools"])),
        ((*TOOLS, "wireguard-go"), {"system": "fedora"}, report(packages=["wireguard-tools"], manager="dnf")),
        ((), {"system": "gentoo"}, report(tools_version=None, manager=None)),
    ],
)
def test_removal(machine, has, options, expected):
    machine.has(*has, **options)
    assert machine.installation.removal(False) == expected


def test_removal_takes_the_drop_in_along(machine):
    machine.host.write(PATH, DROP_IN, mode=0o644)
    machine.has()
    assert machine.installation.removal(True)["changed"] is True
    assert machine.drop_in_text() == DROP_IN
    assert machine.installation.removal(False)["changed"] is True
    assert machine.drop_in_text() is None
    assert machine.installation.removal(False)["changed"] is False


@pytest.mark.parametrize(
    ("options", "interfaces", "message"),
    [
        ({}, "wg0 wg1\n", "interface wg0 is still up; remove it first (interface: state: absent)"),
        ({"system": "gentoo"}, "", "platform 'Gentoo' is not known here; remove the packages by hand"),
    ],
)
def test_removal_is_refused(machine, options, interfaces, message):
    machine.has(*TOOLS, **options)
    machine.host.answers["wg", "show", "interfaces"] = interfaces
    with pytest.raises(CannotInstall) as caught:
        machine.installation.removal(False)
    assert str(caught.value) == message
    assert machine.host.changing == []
