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
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed

SCRIPT = """
import json, os, sys, time
path, seconds = sys.argv[1:]
time.sleep(float(seconds))
facts = {"session": os.getsid(0), "pid": os.getpid(), "cwd": os.getcwd(), "out": os.path.realpath("/proc/self/fd/1")}
with open(path + ".new", "w") as stream:
    json.dump(facts, stream)
os.rename(path + ".new", path)
"""


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


def test_a_timer_of_systemd(host, tmp_path):
    host.programs.add("systemd-run")
    detached.start(host, "unit", ["program", "word"], 60, systemd=str(tmp_path))
    detached.stop(host, "unit", systemd=str(tmp_path))
    timer = ["--on-active=60s", "--timer-property=AccuracySec=100ms"]
    assert host.calls == [
        ["systemd-run", "--quiet", "--collect", "--unit=unit", *timer, "--", "program", "word", "0"],
        ["systemctl", "stop", "unit.timer"],
    ]


def test_a_timer_that_is_gone_is_no_error_to_stop(host, tmp_path):
    host.answers["systemctl", "stop"] = Completed(5, "", "Unit unit.timer not loaded.")
    detached.stop(host, "unit", systemd=str(tmp_path))


def test_systemd_refuses(host, tmp_path):
    host.programs.add("systemd-run")
    host.answers["systemd-run",] = Completed(1, "", "Unit unit.timer already exists.")
    with pytest.raises(CommandFailed, match=r"Unit unit\.timer already exists"):
        detached.start(host, "unit", ["program"], 60, systemd=str(tmp_path))


@pytest.mark.parametrize("programs", [{"wg"}, {"wg", "systemd-run"}], ids=["no systemd-run", "systemd does not run"])
def test_a_process_of_its_own(host, tmp_path, programs):
    host.programs = programs
    path = tmp_path / "facts"
    began = time.monotonic()
    detached.start(host, "unit", [sys.executable, "-c", SCRIPT, str(path)], 1, systemd=str(tmp_path / "none"))
    assert not path.exists()
    while not path.exists() and time.monotonic() < began + 60:
        time.sleep(0.05)
    facts = json.loads(path.read_text())
    assert time.monotonic() - began >= 1
    assert facts == {"session": facts["pid"], "pid": facts["pid"], "cwd": "/", "out": "/dev/null"}
    assert facts["session"] != os.getsid(0)
    assert host.calls == []
    detached.stop(host, "unit", systemd=str(tmp_path / "none"))
    assert host.calls == []
