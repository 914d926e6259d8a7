# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's own units may not do, though root runs them.

Two kinds of settings: those that give a program file systems of its own, and those that do not. systemd leaves the first ones out
by itself where it may not make them, as in containers without the right to.

Source: systemd.exec(5), systemd 252, the oldest that is tried here.
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
    """``NAME=VALUE`` for the section ``[Service]`` of a program that sees the host's files, and writes nearly none of them.

    :param capabilities: what it keeps of root's (capabilities(7)); it is root to own the files that it reads.
    :param families: of sockets, as ``AF_INET``.
    :param writable: directories that it may write to, beside the unit's own below ``/run``.
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
    """Whether root may look into any process here (CAP_SYS_PTRACE); a host that is a container itself may lack that."""
    found = re.search(r"^CapBnd:\s*([0-9a-f]+)$", host.read("/proc/self/status") or "", re.MULTILINE)
    return found is None or bool(int(found.group(1), 16) >> _SYS_PTRACE & 1)


def settings_in_place(capabilities: Sequence[str], families: Sequence[str], devices: Sequence[str] = ()) -> list[str]:
    """The same for a program that has to share the host's mounts, as whoever makes namespaces or asks a container engine does.

    :param capabilities: none: all that the host itself has.
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
