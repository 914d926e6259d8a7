# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import Held, interface_lock

HOLD = """
import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the lock."""
    (tmp_path / "run").mkdir(mode=0o700)
    words = [sys.executable, "-I", "-c", HOLD, str(tmp_path / "run/wg0.interface-lock")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_who_has_it_is_told_in_time(holder, tmp_path):
    began = time.monotonic()
    with pytest.raises(Held) as raised, interface_lock("wg0", 0.2, str(tmp_path / "run")):
        pass
    assert 0.2 <= time.monotonic() - began < 2
    assert f"another process has changed interface wg0 for more than 0.2 s: process {holder.pid} (" in str(raised.value)
    assert "run this again when it has ended, or end it" in str(raised.value)


def test_it_ends_with_its_process(holder, tmp_path):
    holder.kill()
    with interface_lock("wg0", 5, str(tmp_path / "run")):
        pass


def test_others_cannot_open_it(tmp_path):
    run = tmp_path / "run"
    run.mkdir(mode=0o755)
    with interface_lock("wg0", 0, str(run)):
        assert [oct(path.stat().st_mode & 0o777) for path in (run, run / "wg0.interface-lock")] == ["0o700", "0o600"]
        with interface_lock("wg1", 0, str(run)):
            pass
        with pytest.raises(Held), interface_lock("wg0", 0, str(run)):
            pass


def test_no_link_is_followed(tmp_path):
    os.symlink(tmp_path / "elsewhere", tmp_path / "wg0.interface-lock")
    with pytest.raises(OSError, match="symbolic links"), interface_lock("wg0", 0, str(tmp_path)):
        pass
    assert not (tmp_path / "elsewhere").exists()
