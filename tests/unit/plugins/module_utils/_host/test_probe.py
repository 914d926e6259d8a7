# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import probe as probe_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import (
    kernel_has_wireguard,
    probe,
    systemd_version,
    version_of,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import Probe
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import platform_of
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeRunner

ADD = ["ip", "link", "add", "dev", "wgprobe4711", "type", "wireguard"]
DELETE = ["ip", "link", "delete", "dev", "wgprobe4711"]
UNSUPPORTED = Completed(2, "", "Error: Unknown device type.")


@pytest.fixture
def system(monkeypatch):
    """What this machine seems to have: files and directories by their paths."""
    files = {}
    path = SimpleNamespace(exists=files.__contains__, isdir=files.__contains__)
    monkeypatch.setattr(probe_module, "os", SimpleNamespace(path=path, getpid=lambda: 4711))
    monkeypatch.setattr(probe_module, "io", SimpleNamespace(read_text=files.get))
    return files


@pytest.mark.parametrize(
    ("files", "answers", "expected", "commands"),
    [
        (["/sys/module/wireguard"], {tuple(ADD[:3]): UNSUPPORTED}, False, [ADD]),
        ([], {}, True, [ADD, DELETE]),
        ([], {tuple(ADD[:3]): UNSUPPORTED}, False, [ADD]),
    ],
)
def test_pitfall_24_only_a_try_tells(system, files, answers, expected, commands):
    system.update(dict.fromkeys(files))
    runner = FakeRunner(answers)
    assert kernel_has_wireguard(runner) is expected
    assert runner.calls == commands


@pytest.mark.usefixtures("system")
def test_without_ip_there_is_no_kernel_to_ask():
    runner = FakeRunner()

    def missing(words):
        raise CommandFailed(f"{words[0]}: not found on this host")

    runner.on_call = missing
    assert kernel_has_wireguard(runner) is False


@pytest.mark.parametrize(
    ("files", "programs", "expected"),
    [
        (
            {"/etc/os-release": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n', "/dev/net/tun": ""},
            ("wg", "wg-quick", "resolvconf", "boringtun-cli", "bash"),
            Probe(
                kernel=False,
                tun=True,
                programs={name: "/usr/bin/" + name for name in ("wg", "wg-quick", "resolvconf", "boringtun-cli")},
                platform=platform_of({"ID": "debian"}),
                platform_name="Debian GNU/Linux 12",
            ),
        ),
        ({"/sys/module/wireguard": ""}, (), Probe(False, False, {}, None, "unknown")),
        ({"/etc/os-release": "NAME=x\n", "/sys/module/wireguard": ""}, (), Probe(False, False, {}, None, "unknown")),
    ],
)
def test_probe(system, files, programs, expected):
    system.update(files)
    assert probe(FakeRunner({("ip", "link", "add"): UNSUPPORTED}, programs)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("wireguard-tools v1.0.20210914 - https://git.zx2c4.com/wireguard-tools/\n", "1.0.20210914"),
        ("wireguard-go v0.0.20220316\n\nUserspace WireGuard daemon for linux-amd64.\n", "0.0.20220316"),
        ("boringtun 0.6.0\n", "0.6.0"),
        (Completed(1, "", "boringtun-cli 0.5.2-rc1\n"), "0.5.2-rc1"),
        ("no number\n", None),
        ("", None),
    ],
)
def test_version(said, expected):
    assert version_of(FakeRunner({("program", "--version"): said}), "program") == expected


def test_no_program_no_version():
    runner = FakeRunner()
    assert version_of(runner, None) is None
    assert runner.calls == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("systemd 252 (252.39-1~deb12u1)\n+PAM +AUDIT\n", "252"),
        ("systemd 262~rc1-1 (262~rc1-1)\n", "262"),
        ("Failed\n", None),
        (Completed(1, "", "no such option\n"), None),
    ],
)
def test_release_of_systemd(said, expected):
    assert systemd_version(FakeRunner({("systemctl", "--version"): said}, programs=("systemctl",))) == expected


def test_no_systemd_no_release():
    runner = FakeRunner()
    assert systemd_version(runner) is None
    assert runner.calls == []


def test_this_machine():
    """The real thing leaves no link behind."""
    links = Runner().run(["ls", "/sys/class/net"]).out
    seen = probe(Runner())
    assert seen.has("wg") is (Runner().which("wg") is not None)
    assert Runner().run(["ls", "/sys/class/net"]).out == links
