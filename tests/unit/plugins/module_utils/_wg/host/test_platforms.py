# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import parse_os_release, platform_of

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
MINT = 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'
ROCKY = 'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'
ALMA = 'NAME="AlmaLinux"\nVERSION="9.4 (Seafoam Ocelot)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n'
STREAM = 'NAME="CentOS Stream"\nVERSION="9"\nID="centos"\nID_LIKE="rhel fedora"\n'
FEDORA = 'NAME="Fedora Linux"\nVERSION="40 (Container Image)"\nID=fedora\nVERSION_ID=40\n'
ARCH = 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'
MANJARO = 'NAME="Manjaro Linux"\nID=manjaro\nID_LIKE=arch\n'
ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.2\n'
LEAP = 'NAME="openSUSE Leap"\nVERSION="15.6"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n'
TUMBLEWEED = 'NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n'
AMAZON = 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n'
GENTOO = "NAME=Gentoo\nID=gentoo\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEBIAN, ("apt", "wireguard-tools", "wireguard-go", "openresolv", "nftables")),
        (UBUNTU, ("apt", "wireguard-tools", "wireguard-go", "openresolv", "nftables")),
        (MINT, ("apt", "wireguard-tools", "wireguard-go", "openresolv", "nftables")),
        (ROCKY, ("dnf", "wireguard-tools", None, "systemd-resolved", "nftables")),
        (ALMA, ("dnf", "wireguard-tools", None, "systemd-resolved", "nftables")),
        (STREAM, ("dnf", "wireguard-tools", None, "systemd-resolved", "nftables")),
        (FEDORA, ("dnf", "wireguard-tools", None, "systemd-resolved", "nftables")),
        (AMAZON, ("dnf", "wireguard-tools", None, "systemd-resolved", "nftables")),
        (ARCH, ("pacman", "wireguard-tools", None, "openresolv", "nftables")),
        (MANJARO, ("pacman", "wireguard-tools", None, "openresolv", "nftables")),
        (ALPINE, ("apk", "wireguard-tools", "wireguard-go", "openresolv", "nftables")),
        (LEAP, ("zypper", "wireguard-tools", None, "openresolv", "nftables")),
        (TUMBLEWEED, ("zypper", "wireguard-tools", None, "openresolv", "nftables")),
        (GENTOO, None),
        ("", None),
    ],
)
def test_platform(text, expected):
    platform = platform_of(parse_os_release(text))
    found = platform and (platform.manager, platform.tools, platform.userspace, platform.dns, platform.full_tunnel)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "hinted"), [(ROCKY, True), (ALMA, True), (STREAM, True), (FEDORA, False), (AMAZON, False), (DEBIAN, False)]
)
def test_hint_of_epel(text, hinted):
    platform = platform_of(parse_os_release(text))
    assert ("EPEL" in platform.hint) is hinted


def test_bird_2_where_bird_is_a_later_one():
    found = {name: platform_of({"ID": name}).bgp for name in ("debian", "alpine", "fedora", "arch")}
    assert found == {"debian": "bird2", "alpine": "bird2", "fedora": "bird", "arch": "bird"}


def test_os_release():
    text = '# ID=no\n\nNAME=\'A B\'\n ID = "x" \nEMPTY=\nURL="https://a/?b=c"\nnothing\n'
    assert parse_os_release(text) == {"NAME": "A B", "ID": "x", "EMPTY": "", "URL": "https://a/?b=c"}


def test_lines_of_os_release_end_at_line_feeds_alone():
    assert parse_os_release('ID=debian\r\nNAME="a\u2028ID=alpine"\n') == {"ID": "debian", "NAME": "a\u2028ID=alpine"}
