# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import probe as probe_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import (
    kernel_has_wireguard,
    probe,
    systemd_version,
    version_of,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import Probe
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import platform_of
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

ADD = ["ip", "link", "add", "dev", "wgprobe4711", "type", "wireguard"]
DELETE = ["ip", "link", "delete", "dev", "wgprobe4711"]
UNSUPPORTED = Completed(2, "", "Error: Unknown device type.")


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """The number of this one."""
    monkeypatch.setattr(probe_module, "os", SimpleNamespace(getpid=lambda: 4711))


@pytest.mark.parametrize(
    ("files", "answers", "expected", "commands"),
    [
        (["/sys/module/wireguard"], {tuple(ADD[:3]): UNSUPPORTED}, False, [ADD]),
        ([], {}, True, [ADD, DELETE]),
        ([], {tuple(ADD[:3]): UNSUPPORTED}, False, [ADD]),
    ],
)
def test_pitfall_24_only_a_try_tells(tmp_path, files, answers, expected, commands):
    host = FakeHost(answers, root=tmp_path)
    for path in files:
        host.path(path).mkdir(parents=True)
    assert kernel_has_wireguard(host) is expected
    assert host.calls == commands


def test_without_ip_there_is_no_kernel_to_ask():
    host = FakeHost()

    def missing(words):
        raise CommandFailed(f"{words[0]}: not found on this host")

    host.on_call = missing
    assert kernel_has_wireguard(host) is False


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
def test_probe(tmp_path, files, programs, expected):
    host = FakeHost({("ip", "link", "add"): UNSUPPORTED}, programs, tmp_path)
    for path, text in files.items():
        host.put(path, text)
    assert probe(host) == expected


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
    assert version_of(FakeHost({("program", "--version"): said}), "program") == expected


def test_no_program_no_version():
    host = FakeHost()
    assert version_of(host, None) is None
    assert host.calls == []


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
    assert systemd_version(FakeHost({("systemctl", "--version"): said}, programs=("systemctl",))) == expected


def test_no_systemd_no_release():
    host = FakeHost()
    assert systemd_version(host) is None
    assert host.calls == []


def test_this_machine():
    """The real thing leaves no link behind."""
    links = Host().run(["ls", "/sys/class/net"]).out
    seen = probe(Host())
    assert seen.has("wg") is (Host().which("wg") is not None)
    assert Host().run(["ls", "/sys/class/net"]).out == links
