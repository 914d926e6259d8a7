# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make demo` and `make test` say on a machine that cannot run them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FITS = {"uname": "echo Linux", "id": "echo 0", "apt-get": "exit 0", "unshare": "exit 0", "sudo": '"$@"'}
USER = {"id": "echo 1000"}


@pytest.mark.parametrize(
    ("what", "differs", "tun", "said"),
    [
        ("test", {}, "/dev/null", None),
        ("demo", USER, "/dev/null", None),
        ("test", {"uname": "echo Darwin"}, "/dev/null", "they are Linux containers; use a Linux machine"),
        ("test", USER, "/dev/null", "they need root; run this as root"),
        (
            "demo",
            {**USER, "sudo": None},
            "/dev/null",
            "they need root, and there is no sudo; run this as root, or install sudo",
        ),
        ("demo", {"apt-get": None}, "/dev/null", "their programs are packages of Debian; use Debian or Ubuntu"),
        (
            "test",
            {},
            "/dev/missing",
            "there is no /dev/net/tun; load the kernel module tun, or give this container the device",
        ),
        (
            "test",
            {"unshare": "exit 1"},
            "/dev/null",
            "root may not make namespaces here; run this outside a container, or in a privileged one",
        ),
        (
            "demo",
            {**USER, "unshare": 'case "$*" in *cgroup*) exit 1;; esac'},
            "/dev/null",
            "cgroups of version 2 cannot be mounted; use a newer kernel, or a privileged container",
        ),
    ],
)
def test_one_sentence_says_what_is_missing(tmp_path, what, differs, tun, said):
    for name, script in {**FITS, **differs}.items():
        if script is not None:
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
    command = [shutil.which("bash"), str(ROOT / "tests/bin/able"), what]
    done = subprocess.run(command, env={"PATH": str(tmp_path), "TUN": tun}, capture_output=True, text=True, check=False)
    expected = "" if said is None else f"make {what}: this machine cannot run the test hosts: {said}.\n"
    assert (done.returncode, done.stdout, done.stderr) == (int(said is not None), "", expected)


def test_it_is_asked_before_anything_is_installed():
    for target in ("demo", "test", "test-all"):
        planned = subprocess.run(
            ["make", "-n", "--no-print-directory", target], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert planned.splitlines()[0].startswith("tests/bin/able ")
