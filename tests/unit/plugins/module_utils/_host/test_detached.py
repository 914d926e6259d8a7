# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that outlive the module: the words for systemd, and a real process where there is none."""

from __future__ import annotations

import json
import os
import sys
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed

SCRIPT = """
import json, os, sys, time
path, seconds = sys.argv[1:]
time.sleep(float(seconds))
facts = {"session": os.getsid(0), "pid": os.getpid(), "cwd": os.getcwd(), "out": os.path.realpath("/proc/self/fd/1")}
with open(path + ".new", "w") as stream:
    json.dump(facts, stream)
os.rename(path + ".new", path)
"""


@pytest.fixture
def systemd_host(host):
    """A host on which systemd runs."""
    host.programs.add("systemd-run")
    host.path("/run/systemd/system").mkdir(parents=True)
    return host


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ("wg0", "meshwork-change-wg0"),
        ("wg.1_a", "meshwork-change-wg.1_a"),
        ("wg-0", r"meshwork-change-wg\x2d0"),
        ("a=b+c", r"meshwork-change-a\x3db\x2bc"),
    ],
)
def test_unit_names(interface, expected):
    assert detached.unit_name("change", interface) == expected


def test_a_timer_of_systemd(systemd_host):
    detached.start(systemd_host, "unit", ["program", "word"], 60)
    detached.stop(systemd_host, "unit")
    timer = ["--on-active=60s", "--timer-property=AccuracySec=100ms"]
    assert systemd_host.calls == [
        ["systemd-run", "--quiet", "--collect", "--unit=unit", *timer, "--", "program", "word", "0"],
        ["systemctl", "stop", "unit.timer"],
    ]


def test_a_timer_that_is_gone_is_no_error_to_stop(systemd_host):
    systemd_host.answers["systemctl", "stop"] = Completed(5, "", "Unit unit.timer not loaded.")
    detached.stop(systemd_host, "unit")


def test_systemd_refuses(systemd_host):
    systemd_host.answers["systemd-run",] = Completed(1, "", "Unit unit.timer already exists.")
    with pytest.raises(CommandFailed, match=r"Unit unit\.timer already exists"):
        detached.start(systemd_host, "unit", ["program"], 60)


@pytest.mark.parametrize("programs", [{"wg"}, {"wg", "systemd-run"}], ids=["no systemd-run", "systemd does not run"])
def test_a_process_of_its_own(host, tmp_path, programs):
    host.programs = programs
    path = tmp_path / "facts"
    began = time.monotonic()
    detached.start(host, "unit", [sys.executable, "-c", SCRIPT, str(path)], 1)
    assert not path.exists()
    while not path.exists() and time.monotonic() < began + 60:
        time.sleep(0.05)
    facts = json.loads(path.read_text())
    assert time.monotonic() - began >= 1
    assert facts == {"session": facts["pid"], "pid": facts["pid"], "cwd": "/", "out": "/dev/null"}
    assert facts["session"] != os.getsid(0)
    assert host.calls == []
    detached.stop(host, "unit")
    assert host.calls == []
