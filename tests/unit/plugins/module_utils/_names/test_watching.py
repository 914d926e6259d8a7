# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import HOSTS_FILE, MAIN, SETTINGS
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.watching import Watch
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamedNetwork, NamesSettings, settings_text

OFFICE = NamedNetwork("office.internal", ("wg0",), {"a.office.internal": ("10.8.0.1",)})
BEFORE = "127.0.0.1 localhost\n"
BLOCK = "# BEGIN meshwork.wireguard: names of WireGuard networks\n10.8.0.1 a.office.internal\n# END meshwork.wireguard\n"


@pytest.fixture
def watch(host):
    host.put(HOSTS_FILE, BEFORE)
    host.put(SETTINGS, settings_text(NamesSettings("hosts", {"office": OFFICE})))
    return Watch(host, SETTINGS)


def test_names_come_and_go_with_the_interface(host, watch):
    found = []
    for flags in ("0x90", "0x91", "0x91", "0x90"):
        host.put("/sys/class/net/wg0/flags", flags)
        watch.keep()
        found.append(host.read(HOSTS_FILE))
    assert found == [BEFORE, BEFORE + BLOCK, BEFORE + BLOCK, BEFORE]


def test_what_a_crash_has_left_goes(host, watch):
    host.put(HOSTS_FILE, BEFORE + BLOCK)
    watch.keep()
    assert host.read(HOSTS_FILE) == BEFORE


def test_the_end(host, watch):
    host.put("/sys/class/net/wg0/flags", "0x91")
    watch.keep()
    watch.end()
    assert host.read(HOSTS_FILE) == BEFORE


def test_a_failure_is_said_once_until_it_is_another(host, watch, capsys):
    host.put("/sys/class/net/wg0/flags", "0x91")
    texts = (
        "192.0.2.1 a.office.internal\n",
        "192.0.2.1 a.office.internal\n",
        "192.0.2.2 a.office.internal\n",
        BEFORE,
        texts_again := BEFORE,
    )
    for text in texts:
        host.put(HOSTS_FILE, text)
        watch.keep()
    assert host.read(HOSTS_FILE) == texts_again + BLOCK
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(", and")[0] for line in said] == [
        f"/etc/hosts: line 1 gives a.office.internal the address 192.0.2.{number}" for number in (1, 2)
    ]


def test_the_program_starts_anew_in_place_and_ends(tmp_path):
    program, settings = tmp_path / "watching.pyz", tmp_path / "names.json"
    program.write_bytes(archive(MAIN))
    settings.write_text(settings_text(NamesSettings("resolver", {"office": OFFICE})))  # which touches no file
    with subprocess.Popen([sys.executable, "-I", program, settings], stderr=subprocess.PIPE, text=True) as running:
        started = _waits(running.pid)
        settings.write_text("{")
        running.send_signal(signal.SIGHUP)
        _out, errors = running.communicate(timeout=20)
    assert started
    assert running.returncode == 1
    assert "JSONDecodeError" in errors
    settings.write_text(settings_text(NamesSettings("resolver", {"office": OFFICE})))
    with subprocess.Popen([sys.executable, "-I", program, settings], stderr=subprocess.PIPE, text=True) as running:
        assert _waits(running.pid)
        running.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert _waits(running.pid)
        running.terminate()
        _out, errors = running.communicate(timeout=20)
    assert (running.returncode, errors) == (0, "")


def _waits(process):
    """Whether a process soon waits for events."""
    for _round in range(100):
        try:
            with open(f"/proc/{process}/wchan", encoding="utf-8") as stream:
                if "poll" in stream.read():
                    return True
        except OSError:
            pass
        if os.path.exists(f"/proc/{process}/syscall"):
            with open(f"/proc/{process}/syscall", encoding="utf-8") as stream:
                if stream.read().split()[0] in ("7", "73", "271"):  # poll and ppoll
                    return True
        time.sleep(0.1)
    return False
