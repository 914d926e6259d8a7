# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import Held, interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN

HOLD = """
import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def host(host):
    """Of this machine are the kernel's files alone."""
    host.path("/proc").symlink_to("/proc")
    return host


@pytest.fixture
def holder(host):
    """Another process that has the lock."""
    host.private_directory(RUN)
    words = [sys.executable, "-I", "-c", HOLD, host.real(f"{RUN}/wg0.interface-lock")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_who_has_it_is_told_in_time(holder, host):
    began = time.monotonic()
    with pytest.raises(Held) as raised, interface_lock(host, "wg0", 0.2):
        pass
    assert 0.2 <= time.monotonic() - began < 2
    assert f"another process has changed interface wg0 for more than 0.2 s: process {holder.pid} (" in str(raised.value)
    assert "run this again when it has ended, or end it" in str(raised.value)


def test_it_ends_with_its_process(holder, host):
    holder.kill()
    with interface_lock(host, "wg0", 5):
        pass


def test_others_cannot_open_it(host):
    run = host.path(RUN)
    run.mkdir(mode=0o755, parents=True)
    with interface_lock(host, "wg0", 0):
        assert [oct(path.stat().st_mode & 0o777) for path in (run, run / "wg0.interface-lock")] == ["0o700", "0o600"]
        with interface_lock(host, "wg1", 0):
            pass
        with pytest.raises(Held), interface_lock(host, "wg0", 0):
            pass


def test_no_link_is_followed(host, tmp_path):
    host.private_directory(RUN)
    host.link(f"{RUN}/wg0.interface-lock", str(tmp_path / "elsewhere"))
    with pytest.raises(OSError, match="symbolic links"), interface_lock(host, "wg0", 0):
        pass
    assert not (tmp_path / "elsewhere").exists()
