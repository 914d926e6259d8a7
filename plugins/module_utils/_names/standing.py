# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host has the names that it should. It needs no program, because each run asks for it."""

from __future__ import annotations

import hashlib
import sys

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import PROGRAM, SETTINGS, UNIT
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.resolvers import Resolvers
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.ways import networks_up, way_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamesSettings, settings_in

UNIT_FILE = f"{UNITS}/{UNIT}"
_RIGHTS = ("CAP_DAC_OVERRIDE", "CAP_NET_ADMIN")
"""To write into a directory that belongs to systemd-resolved, and to give it servers for an interface."""
_SERVICE = """\
[Unit]
Description=Names of the WireGuard networks
After=systemd-resolved.service

[Service]
Type=notify
{hardening}
ExecStart={python} -I {program} {settings}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
"""


def pending(host: Host, wanted: str, program: str) -> str | None:
    """What a run has to do: ``present``, ``absent``, or nothing: ``settled`` if the host has the names that it should, None if
    it neither has nor should.

    :param wanted: SHA-256 of the text of its settings; empty: it should have no names.
    :param program: SHA-256 of the program.
    """
    if not wanted:
        return "absent" if host.exists(SETTINGS) else None
    return "settled" if _digest(host, SETTINGS) == wanted and _digest(host, PROGRAM) == program and has_names(host) else "present"


def has_names(host: Host) -> bool:
    """Whether the host has the names in its own settings, and will after a reboot."""
    try:
        present = settings_in(host.read(SETTINGS) or "")
        return (
            runs(host)
            and host.read(UNIT_FILE) == service_text()
            and way_of(host, present).current(networks_up(host, present))
            and Resolvers(host).current(present)
        )
    except (ValueError, CommandFailed):
        return False


def runs(host: Host) -> bool:
    """Whether the unit runs, and will after a reboot."""
    if not (host.exists(SETTINGS) and host.is_directory(SYSTEMD)):
        return False
    state = NamedUnit(host, UNIT).state()
    return state.enabled and state.active


def service_text() -> str:
    """The text of the unit."""
    limits = settings(_RIGHTS, ("AF_UNIX", "AF_NETLINK"), ["/etc", "/run"])
    return unit_text(_SERVICE, limits, python=sys.executable, program=PROGRAM, settings=SETTINGS)


def _digest(host: Host, path: str) -> str:
    return hashlib.sha256(host.read_bytes(path) or b"").hexdigest()


def written(host: Host) -> NamesSettings | None:
    """The settings that are on the host; None if they are missing or damaged."""
    try:
        return settings_in(host.read(SETTINGS) or "")
    except ValueError:
        return None
