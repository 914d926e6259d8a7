# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restrictions of the collection's own units, which run as root.

There are two kinds of settings: those that give a program its own file systems, and those that do not. systemd omits the first
kind if it may not create them, as in containers without that privilege.

Source: systemd.exec(5), systemd 252, the oldest tested version.
"""

from __future__ import annotations

import re
from typing import Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host

_SYS_PTRACE = 19
_ALWAYS = (
    "NoNewPrivileges=yes",
    "UMask=0077",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "KeyringMode=private",
    "ProtectClock=yes",
    "ProtectHostname=yes",
)
_OWN_FILES = (
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "ProtectControlGroups=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "RestrictNamespaces=yes",
)
_NEVER = "@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap"


def settings(capabilities: Sequence[str], families: Sequence[str], writable: Sequence[str] = ()) -> list[str]:
    """``NAME=VALUE`` for the section ``[Service]`` of a program that reads the host's files, and writes nearly none of them.

    :param capabilities: those of root that it keeps (capabilities(7)); it runs as root to own the files that it reads.
    :param families: of sockets, as ``AF_INET``.
    :param writable: directories that it may write to, in addition to the unit's own below ``/run``.
    """
    return [
        *_ALWAYS,
        *_OWN_FILES,
        "DevicePolicy=closed",
        f"CapabilityBoundingSet={' '.join(capabilities)}",
        f"RestrictAddressFamilies={' '.join(families)}",
        "SystemCallFilter=@system-service",
        f"SystemCallFilter=~{_NEVER} @privileged @resources",
        "SystemCallErrorNumber=EPERM",
        *(f"ReadWritePaths={path}" for path in writable),
    ]


def looks_into_processes(host: Host) -> bool:
    """Whether root may look into any process here (CAP_SYS_PTRACE); a host that is itself a container may lack that."""
    match = re.search(r"^CapBnd:\s*([0-9a-f]+)$", host.read("/proc/self/status") or "", re.MULTILINE)
    return match is None or bool(int(match.group(1), 16) >> _SYS_PTRACE & 1)


def settings_in_place(capabilities: Sequence[str], families: Sequence[str], devices: Sequence[str] = ()) -> list[str]:
    """The same for a program that must share the host's mounts because it makes namespaces or calls a container engine.

    :param capabilities: empty: all that the host itself has.
    """
    return [
        *_ALWAYS,
        "RestrictNamespaces=net",
        "DevicePolicy=closed",
        *(f"DeviceAllow={device} rw" for device in devices),
        *([f"CapabilityBoundingSet={' '.join(capabilities)}"] if capabilities else []),
        f"RestrictAddressFamilies={' '.join(families)}",
        "SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @privileged @raw-io @reboot @swap",
        "SystemCallErrorNumber=EPERM",
    ]
