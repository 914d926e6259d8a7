# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host measures as it should. It needs neither the program nor what that imports, because each run asks for it."""

from __future__ import annotations

import hashlib
import sys

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import (
    looks_into_processes,
    settings,
    settings_in_place,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.places import PROGRAM, SETTINGS, UNIT
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MetricsSettings, settings_text

_RIGHTS = ("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_DAC_OVERRIDE")
"""To read live interfaces, to send echo requests, and to write into a directory that belongs to Prometheus."""
_INSIDE = ("CAP_SYS_ADMIN", "CAP_SYS_PTRACE")
"""To enter namespaces, and to find those of containers."""
_READS = ("ProtectSystem=full", "ProtectKernelModules=yes", "ProtectKernelLogs=yes")
"""It enters namespaces, but makes none, so it may have its own view of the file systems."""
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6")
_SERVICE = """\
[Unit]
Description=Metrics of the WireGuard interfaces
After=network.target

[Service]
Type=oneshot
TimeoutStartSec=900
StateDirectory=meshwork-wireguard
StateDirectoryMode=0700
{hardening}
ExecStart={python} -I {program} {settings}
"""
_TIMER = """\
[Unit]
Description=Metrics of the WireGuard interfaces

[Timer]
OnActiveSec=1
OnUnitActiveSec={interval}
AccuracySec=1

[Install]
WantedBy=timers.target
"""


def pending(host: Host, wanted: MetricsSettings | None, program: str) -> str | None:
    """What a run has to do: ``present``, ``absent``, or nothing: ``settled`` if the host measures as it should, None if it
    neither does nor should.

    :param wanted: None: it should not measure.
    :param program: SHA-256 of the program.
    """
    if wanted is None:
        return "absent" if host.exists(SETTINGS) else None
    current = hashlib.sha256(host.read_bytes(PROGRAM) or b"").hexdigest() == program
    return "settled" if current and runs(host) and not outdated(host, wanted) else "present"


def runs(host: Host) -> bool:
    """Whether the timer runs, and will after a reboot."""
    if not (host.exists(SETTINGS) and host.is_directory(SYSTEMD)):
        return False
    state = NamedUnit(host, f"{UNIT}.timer").state()
    return state.enabled and state.active


def outdated(host: Host, wanted: MetricsSettings) -> dict[str, bytes]:
    """Path -> content of the units and the settings that the host does not have so."""
    files = {path: text.encode("utf-8") for path, text in texts_of(host, wanted).items()}
    return {path: content for path, content in files.items() if host.read_bytes(path) != content}


def texts_of(host: Host, wanted: MetricsSettings) -> dict[str, str]:
    """Path -> text of the units and the settings that the host should have."""
    words = {"python": sys.executable, "program": PROGRAM, "settings": SETTINGS}
    if wanted.inside:
        limits = [*settings_in_place((*_RIGHTS, *_INSIDE) if looks_into_processes(host) else (), _FAMILIES), *_READS]
    else:
        limits = settings(_RIGHTS, _FAMILIES, [wanted.directory])
    return {
        SETTINGS: settings_text(wanted),
        f"{UNITS}/{UNIT}.service": unit_text(_SERVICE, limits, **words),
        f"{UNITS}/{UNIT}.timer": unit_text(_TIMER, (), interval=wanted.interval),
    }
