# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package names by platform. docs/platforms.md has the source of each name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from ..values.text import split_lines


@dataclass(frozen=True)
class Platform:
    """``manager``: the module behind ansible.builtin.package. ``userspace`` None: the platform has no package for it.

    ``hint``: what to do if a package is not found.
    """

    ids: tuple[str, ...]
    manager: str
    tools: str = "wireguard-tools"
    userspace: str | None = "wireguard-go"
    dns: str = "openresolv"
    full_tunnel: str = "nftables"
    vrrp: str = "keepalived"
    shared_key: str = "age"
    bgp: str = "bird"
    firewall: str = "nftables"
    resolver: str = "dnsmasq"
    hint: str = ""


PLATFORMS = (
    Platform(ids=("debian", "ubuntu"), manager="apt", bgp="bird2", resolver="dnsmasq-base"),
    Platform(
        ids=("rhel", "centos"),
        manager="dnf",
        userspace=None,
        dns="systemd-resolved",
        hint="if wireguard-tools is not in the enabled repositories, EPEL has it: dnf install epel-release",
    ),
    Platform(ids=("fedora",), manager="dnf", userspace=None, dns="systemd-resolved"),
    Platform(
        ids=("amzn",),
        manager="dnf",
        userspace=None,
        dns="systemd-resolved",
        hint="early Amazon Linux 2023 has no wireguard-tools; if its repositories lack it, install wg and wg-quick by hand",
    ),
    Platform(ids=("arch",), manager="pacman", userspace=None),
    Platform(ids=("alpine",), manager="apk", bgp="bird2"),
    Platform(ids=("opensuse", "suse", "sles"), manager="zypper", userspace=None),
)


def parse_os_release(text: str) -> dict[str, str]:
    """The variables of /etc/os-release (os-release(5)), unquoted."""
    pairs = (line.partition("=") for line in split_lines(text) if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _equals, value in pairs}


def platform_of(os_release: Mapping[str, str]) -> Platform | None:
    """The platform of a host, by its own ID, or else by ``ID_LIKE``. None: not in the table."""
    for name in [os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()]:
        for platform in PLATFORMS:
            if name in platform.ids or name.split("-")[0] in platform.ids:
                return platform
    return None
