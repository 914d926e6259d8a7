# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this host has: the kernel's WireGuard, programs and their versions."""

from __future__ import annotations

import os
import re

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import PROGRAMS, Probe
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import parse_os_release, platform_of

_NAMES = ("wg", "wg-quick", *tuple(name for names in PROGRAMS.values() for name in names))


def probe(host: Host) -> Probe:
    """Look at the host; nothing stays behind."""
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
    """Whether this host can create a WireGuard link in its kernel. Only a try tells, above all in containers."""
    name = f"wgprobe{os.getpid() % 10**7}"
    try:
        if host.run(["ip", "link", "add", "dev", name, "type", "wireguard"], check=False).status != 0:
            return False
        host.run(["ip", "link", "delete", "dev", name])
    except CommandFailed:
        return False
    return True


def systemd_version(host: Host) -> str | None:
    """The number of systemd's release; None where the host does not have it."""
    if host.which("systemctl") is None:
        return None
    found = re.match(r"systemd ([0-9]+)", host.run(["systemctl", "--version"], check=False).out)
    return found.group(1) if found else None


def version_of(host: Host, program: str | None) -> str | None:
    """The version that a program tells of itself; None where there is no program, or no version in what it says."""
    if program is None:
        return None
    done = host.run([program, "--version"], check=False)
    found = re.search(r"\bv?([0-9]+\.[0-9]+\.[0-9]+\S*)", done.out + done.err)
    return found.group(1) if found else None
