# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import sys

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, digest
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, SYSTEMD, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.installation import Names
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import HOSTS_FILE, MAIN, RECORDS, SETTINGS, SWITCH
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.standing import pending
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamedNetwork, NamesSettings, settings_text

UNIT = "meshwork-names.service"
RELOAD = ["systemctl", "daemon-reload"]
STARTED = [["systemctl", "enable", UNIT], ["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
FILES = [SETTINGS, f"{UNITS}/{UNIT}", f"{PROGRAMS}/watching.pyz"]
OFFICE = NamedNetwork("office.internal", ("wg0",), {"a.office.internal": ("10.8.0.1",)})
WANTED = NamesSettings("hosts", {"office": OFFICE})
OTHERS = NamesSettings("hosts", {"office": NamedNetwork("office.internal", ("wg0",), {"b.office.internal": ("10.8.0.2",)})})
BEFORE = "127.0.0.1 localhost\n"
BLOCK = "# BEGIN meshwork.wireguard: names of WireGuard networks\n10.8.0.1 a.office.internal\n# END meshwork.wireguard\n"


@pytest.fixture
def systemd(host):
    host.path(SYSTEMD).mkdir(parents=True)
    host.put(HOSTS_FILE, BEFORE)
    host.put("/sys/class/net/wg0/flags", "0x91\n")
    host.put(SWITCH, "hosts: files resolve\n")
    host.answers["systemctl", "--version"] = "systemd 262\n"
    return host


def brought(host, wanted, check_mode=False):
    """What it says, and the commands that it runs."""
    host.calls.clear()
    result = Names(host).bring_about(wanted, check_mode)
    return result["diff"]["prepared"], host.changing


@pytest.fixture
def named(systemd):
    """A host with the names."""
    brought(systemd, WANTED)
    systemd.unit(active=True, enabled=True)
    return systemd


def todo(host, wanted):
    """What a run has to do with the program of this code."""
    return pending(host, hashlib.sha256(settings_text(wanted).encode()).hexdigest() if wanted else "", digest(MAIN))


def test_installed_and_left_alone(systemd):
    assert brought(systemd, WANTED, check_mode=True) == ("+ names: started\n", [])
    assert (systemd.exists(SETTINGS), systemd.read(HOSTS_FILE)) == (False, BEFORE)
    assert brought(systemd, WANTED) == ("+ names: started\n", [RELOAD, *STARTED])
    assert systemd.read(HOSTS_FILE) == BEFORE + BLOCK
    assert [systemd.mode_of(path) for path in FILES] == [0o644] * 3
    assert systemd.read_bytes(FILES[2]) == archive(MAIN)
    service = systemd.read(FILES[1]).splitlines()
    assert f"ExecStart={sys.executable} -I {PROGRAMS}/watching.pyz {SETTINGS}" in service
    assert "ReadWritePaths=/etc" in service
    systemd.unit(active=True, enabled=True)
    assert brought(systemd, WANTED) == ("", [])


def test_other_names_come_without_a_gap(named):
    assert brought(named, OTHERS, check_mode=True) == ("~ names: changed\n", [])
    assert brought(named, OTHERS) == ("~ names: changed\n", [["systemctl", "reload", UNIT]])
    assert named.read(HOSTS_FILE) == BEFORE + BLOCK.replace("10.8.0.1 a.", "10.8.0.2 b.")
    assert brought(named, OTHERS) == ("", [])


def test_a_run_that_ended_after_it_wrote_the_settings(named):
    named.put(SETTINGS, settings_text(OTHERS))
    assert brought(named, OTHERS) == ("~ names: changed\n", [["systemctl", "reload", UNIT]])
    assert named.read(HOSTS_FILE) == BEFORE + BLOCK.replace("10.8.0.1 a.", "10.8.0.2 b.")


def test_another_way(named):
    assert brought(named, NamesSettings("resolved", WANTED.networks))[0] == "~ names: changed\n"
    assert (named.read(HOSTS_FILE), named.names(RECORDS)) == (BEFORE, ["meshwork-office.rr"])
    assert brought(named, WANTED)[0] == "~ names: changed\n"
    assert (named.read(HOSTS_FILE), named.exists(RECORDS)) == (BEFORE + BLOCK, False)


def test_a_refusal_leaves_everything(named):
    named.put(HOSTS_FILE, named.read(HOSTS_FILE) + "192.0.2.9 b.office.internal\n")
    before = named.read(HOSTS_FILE)
    with pytest.raises(ValueError, match=r"line 5 gives b\.office"):
        brought(named, OTHERS)
    assert (named.read(HOSTS_FILE), named.read(SETTINGS)) == (before, settings_text(WANTED))


def test_names_of_an_interface_that_is_down_do_not_come_yet(systemd):
    systemd.put("/sys/class/net/wg0/flags", "0x90\n")
    assert brought(systemd, WANTED)[0] == "+ names: started\n"
    assert systemd.read(HOSTS_FILE) == BEFORE
    systemd.unit(active=True, enabled=True)
    assert todo(systemd, WANTED) == "settled"


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_missing_or_another_comes_back(named, path):
    before = named.read_bytes(path)
    named.put(path, "x")
    assert todo(named, WANTED) == "present"
    brought(named, WANTED)
    named.remove(path)
    assert todo(named, WANTED) == "present"
    brought(named, WANTED)
    assert named.read_bytes(path) == before


def test_a_block_that_others_have_removed_comes_back(named):
    named.put(HOSTS_FILE, "::1 localhost\n")
    assert todo(named, WANTED) == "present"
    assert brought(named, WANTED) == ("~ names: changed\n", [["systemctl", "reload", UNIT]])
    assert named.read(HOSTS_FILE) == "::1 localhost\n" + BLOCK


def test_what_a_run_has_to_do(systemd):
    assert (todo(systemd, None), todo(systemd, WANTED)) == (None, "present")
    assert systemd.calls == []
    brought(systemd, WANTED)
    assert (todo(systemd, None), todo(systemd, WANTED)) == ("absent", "present")
    systemd.unit(active=True, enabled=True)
    assert (todo(systemd, WANTED), todo(systemd, OTHERS)) == ("settled", "present")
    assert pending(systemd, hashlib.sha256(settings_text(WANTED).encode()).hexdigest(), "0" * 64) == "present"


def test_removed_with_all_that_it_wrote(named):
    named.calls.clear()
    assert Names(named).remove(check_mode=True)["diff"]["prepared"] == "- names: removed\n"
    assert (named.changing, named.read(HOSTS_FILE)) == ([], BEFORE + BLOCK)
    assert Names(named).remove(check_mode=False)["diff"]["prepared"] == "- names: removed\n"
    assert named.changing == [["systemctl", "stop", UNIT], ["systemctl", "disable", UNIT], RELOAD]
    assert [path for path in (*FILES, CONFIG, PROGRAMS) if named.exists(path)] == []
    assert named.read(HOSTS_FILE) == BEFORE
    assert Names(named).remove(check_mode=False)["changed"] is False


def test_damaged_settings_can_be_replaced_and_removed(named):
    named.put(SETTINGS, "{")
    assert brought(named, WANTED)[0] == "~ names: changed\n"
    named.put(SETTINGS, "{")
    assert Names(named).remove(check_mode=False)["changed"] is True
    assert not named.exists(SETTINGS)


def test_a_unit_that_does_not_start_is_an_error(systemd):
    systemd.answers["systemctl", "restart"] = Completed(1, "", "no")
    with pytest.raises(CommandFailed, match="systemctl restart meshwork-names"):
        brought(systemd, WANTED)
