# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The software of this host: WireGuard in the kernel, programs and their versions."""

from __future__ import annotations

import os
import re

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import PROGRAMS, Probe
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import parse_os_release, platform_of

_NAMES = ("wg", "wg-quick", *tuple(name for names in PROGRAMS.values() for name in names))


def probe(host: Host) -> Probe:
    """Examine the host, without leaving anything behind."""
    os_release = parse_os_release(host.read("/etc/os-release") or "")
    paths = {name: host.which(name) for name in _NAMES}
    return Probe(
        kernel=kernel_has_wireguard(host),
        tun=host.exists("/dev/net/tun"),
        programs={name: path for name, path in paths.items() if path},
        platform=platform_of(os_release),
        platform_name=os_release.get("PRETTY_NAME", "unknown"),
    )


def kernel_has_wireguard(host: Host) -> bool:
    """Whether this host can create a WireGuard link in its kernel. Only an attempt shows that, especially in containers."""
    name = f"wgprobe{os.getpid() % 10**7}"
    try:
        if host.run(["ip", "link", "add", "dev", name, "type", "wireguard"], check=False).status != 0:
            return False
        host.run(["ip", "link", "delete", "dev", name])
    except CommandFailed:
        return False
    return True


def systemd_version(host: Host) -> str | None:
    """The number of systemd's release; None if it is not installed."""
    if host.which("systemctl") is None:
        return None
    match = re.match(r"systemd ([0-9]+)", host.run(["systemctl", "--version"], check=False).out)
    return match.group(1) if match else None


def version_of(host: Host, program: str | None) -> str | None:
    """The version that a program prints; None if there is no program, or no version in its output."""
    if program is None:
        return None
    done = host.run([program, "--version"], check=False)
    match = re.search(r"\bv?([0-9]+\.[0-9]+\.[0-9]+\S*)", done.out + done.err)
    return match.group(1) if match else None
