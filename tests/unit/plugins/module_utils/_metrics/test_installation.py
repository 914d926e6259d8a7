# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, digest
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, STATE, SYSTEMD, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.installation import Metrics
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.places import MAIN, MEMORY, SETTINGS
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.standing import pending
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MeasuredInterface, MetricsSettings

TIMER = "meshwork-metrics.timer"
RELOAD = ["systemctl", "daemon-reload"]
STARTED = [["systemctl", "enable", TIMER], ["systemctl", "reset-failed", TIMER], ["systemctl", "restart", TIMER]]
WANTED = MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0")}, "/srv/textfiles", 30)
INSIDE = MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0", True)}, "/srv/textfiles", 30)
FILES = [
    SETTINGS, f"{UNITS}/meshwork-metrics.service", f"{UNITS}/{TIMER}", f"{PROGRAMS}/measuring.pyz",
]  # fmt: skip


@pytest.fixture
def systemd(host):
    host.path(SYSTEMD).mkdir(parents=True)
    return host


def brought(host, wanted, check_mode=False):
    """What it says, and the commands that it runs."""
    host.calls.clear()
    result = Metrics(host).bring_about(wanted, check_mode)
    return result["diff"]["prepared"], host.changing


def test_installed_and_left_alone(systemd):
    assert brought(systemd, WANTED, check_mode=True) == ("+ metrics: started\n", [])
    assert not systemd.exists(SETTINGS)
    assert brought(systemd, WANTED) == ("+ metrics: started\n", [RELOAD, *STARTED])
    assert [systemd.mode_of(path) for path in FILES] == [0o644] * 4
    assert systemd.mode_of("/srv/textfiles") == 0o755
    assert json.loads(systemd.read(SETTINGS))["interval"] == 30
    assert systemd.read_bytes(f"{PROGRAMS}/measuring.pyz") == archive(MAIN)
    assert "\nOnUnitActiveSec=30\n" in systemd.read(f"{UNITS}/{TIMER}")
    service = systemd.read(f"{UNITS}/meshwork-metrics.service").splitlines()
    assert f"ExecStart={sys.executable} -I {PROGRAMS}/measuring.pyz {SETTINGS}" in service
    assert "ReadWritePaths=/srv/textfiles" in service
    systemd.unit(active=True, enabled=True)
    assert brought(systemd, WANTED) == ("", [])


def todo(host, wanted):
    """What a run has to do with the program of this code."""
    return pending(host, wanted, digest(MAIN))


@pytest.mark.parametrize("wanted", [MetricsSettings({}, "/srv/textfiles", 30), INSIDE, MetricsSettings(WANTED.interfaces)])
def test_brought_up_to_date(systemd, wanted):
    brought(systemd, WANTED)
    systemd.unit(active=True, enabled=True)
    written = systemd.put("/srv/textfiles/meshwork_wireguard.prom")
    assert brought(systemd, wanted, check_mode=True) == ("~ metrics: changed\n", [])
    assert brought(systemd, wanted) == ("~ metrics: changed\n", [RELOAD, *STARTED])
    assert written.exists() is (wanted.directory == "/srv/textfiles")
    assert brought(systemd, wanted) == ("", [])


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_missing_or_another_comes_back(systemd, path):
    brought(systemd, WANTED)
    systemd.unit(active=True, enabled=True)
    before = systemd.read_bytes(path)
    systemd.put(path, "x")
    assert todo(systemd, WANTED) == "present"
    brought(systemd, WANTED)
    systemd.remove(path)
    assert todo(systemd, WANTED) == "present"
    brought(systemd, WANTED)
    assert systemd.read_bytes(path) == before


def test_what_a_run_has_to_do(systemd):
    assert (todo(systemd, None), todo(systemd, WANTED)) == (None, "present")
    assert systemd.calls == []
    brought(systemd, WANTED)
    assert (todo(systemd, None), todo(systemd, WANTED)) == ("absent", "present")
    systemd.unit(active=True, enabled=True)
    assert (todo(systemd, WANTED), todo(systemd, INSIDE), pending(systemd, WANTED, "0" * 64)) == ("settled", "present", "present")


def test_removed_with_all_that_it_wrote(systemd):
    brought(systemd, WANTED)
    for path in (MEMORY, "/srv/textfiles/meshwork_wireguard.prom", "/srv/textfiles/other.prom"):
        systemd.put(path)
    systemd.calls.clear()
    assert Metrics(systemd).remove(check_mode=True)["diff"]["prepared"] == "- metrics: removed\n"
    assert systemd.changing == []
    assert Metrics(systemd).remove(check_mode=False)["diff"]["prepared"] == "- metrics: removed\n"
    stopped = [["systemctl", verb, TIMER] for verb in ("stop", "disable")]
    service = [["systemctl", verb, "meshwork-metrics.service"] for verb in ("stop", "reset-failed")]
    assert systemd.changing == [*stopped, *service, RELOAD]
    assert [path for path in (*FILES, CONFIG, PROGRAMS, STATE) if systemd.exists(path)] == []
    assert systemd.names("/srv/textfiles") == ["other.prom"]
    assert Metrics(systemd).remove(check_mode=False)["changed"] is False


def test_damaged_settings_can_be_replaced_and_removed(systemd):
    systemd.put(SETTINGS, "{")
    assert brought(systemd, WANTED)[0] == "+ metrics: started\n"
    systemd.put(SETTINGS, "{")
    assert Metrics(systemd).remove(check_mode=False)["changed"] is True
    assert not systemd.exists(SETTINGS)


def test_a_host_without_systemd(host):
    assert todo(host, WANTED) == "present"
    with pytest.raises(CommandFailed, match="does not run systemd"):
        Metrics(host).bring_about(WANTED, check_mode=True)
    assert host.calls == []
