# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""VRRP on this host: the agent, keepalived, and their files."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover import vrrp_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, RUN, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import version_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.keepalived import (
    HOPS_SINCE,
    checks_hops,
    render_keepalived,
)

_MAIN = "_failover.vrrp_agent"
_KEEPALIVED_AT = "/usr/sbin/keepalived"
"""Its path when it is installed."""
_FORMER = f"{PROGRAMS}/standby.py"
_NETWORK = ("CAP_NET_ADMIN", "CAP_NET_RAW")
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6", "AF_PACKET")
_AGENT = """\
[Unit]
Description=VRRP agent of the WireGuard interface %i
PartOf=wg-quick@%i.service
After=wg-quick@%i.service

[Service]
{run_directory}
{hardening}
ExecStart={python} -I {program} {config}/%i.vrrp.json
ExecReload=/bin/kill -HUP $MAINPID
ExecStopPost=/bin/sh -c '[ "$SERVICE_RESULT" = success ] || echo {faulted} >{run}/%i.health'
Restart=always
RestartSec=1

[Install]
WantedBy=wg-quick@%i.service multi-user.target
"""
_VRRP = """\
[Unit]
Description=VRRP of the WireGuard interface %i
PartOf=wg-quick@%i.service
Wants=meshwork-vrrp-agent@%i.service
After=wg-quick@%i.service meshwork-vrrp-agent@%i.service

[Service]
{run_directory}
{hardening}
ExecStartPre=/bin/sh -c '[ -e {run}/%i.health ] || echo {faulted} >{run}/%i.health'
ExecStart={keepalived} --dont-fork --vrrp --log-console --no-syslog --use-file={config}/%i.keepalived.conf \
  --pid={run}/%i.keepalived.pid --vrrp_pid={run}/%i.vrrp.pid
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
Restart=always
RestartSec=1

[Install]
WantedBy=wg-quick@%i.service multi-user.target
"""


class Vrrp:
    """VRRP for one interface."""

    def __init__(self, host: Host, interface: str) -> None:
        self._host = host
        self._interface = interface

    def bring_about(self, options: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
        """Configure and start both services.

        :param options: of the module ``vrrp``.
        :raises CommandFailed: keepalived refuses its configuration, or systemd a command.
        """
        keepalived = self._host.which("keepalived")
        version = version_of(self._host, keepalived)
        conf = render_keepalived(options, f"{RUN}/{self._interface}.health", checks_hops(version))
        if keepalived is None and not check_mode:
            raise CommandFailed("keepalived: not found on this host; install it, or let meshwork.wireguard.prepare do so")
        services = self._services(options, conf, keepalived or _KEEPALIVED_AT)
        changes = services.changes()
        if changes and not check_mode:
            self._check(str(keepalived), conf)
            services.apply()
        warning = self._warning(options, version)
        return dict(result_of(changes, None), **({"warnings": [warning]} if warning else {}))

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Stop and remove both services; the rules go with the interface."""
        services = self._services({}, "", _KEEPALIVED_AT)
        changes = services.removals()
        if changes and not check_mode:
            services.remove()
        return result_of(changes, None)

    def _services(self, options: Mapping[str, Any], conf: str, keepalived: str) -> Services:
        keys = ("interface", "address", "peers", "floating", "mark", "port", "forwards", "private_key_file")
        own = json.dumps({key: options[key] for key in keys if key in options}, sort_keys=True, indent=1) + "\n"
        words = {
            "python": sys.executable, "program": path_of(_MAIN), "config": CONFIG, "run": RUN,
            "faulted": vrrp_agent.FAULTED, "keepalived": keepalived,
        }  # fmt: skip
        limits = settings(_NETWORK, _FAMILIES)
        agent = Service(
            "meshwork-vrrp-agent",
            "vrrp agent",
            {f"{CONFIG}/{self._interface}.vrrp.json": own},
            {f"{UNITS}/meshwork-vrrp-agent@.service": unit_text(_AGENT, limits, **words), path_of(_MAIN): lambda: archive(_MAIN)},
            [_FORMER],
        )
        vrrp = Service(
            "meshwork-vrrp",
            "vrrp",
            {f"{CONFIG}/{self._interface}.keepalived.conf": conf},
            {f"{UNITS}/meshwork-vrrp@.service": unit_text(_VRRP, limits, **words)},
        )
        return Services(self._host, self._interface, [agent, vrrp])

    def _check(self, keepalived: str, conf: str) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(conf)
            file.flush()
            self._host.run([keepalived, "--config-test", "--use-file", file.name])

    def _warning(self, options: Mapping[str, Any], version: str | None) -> str | None:
        """A warning if this version of keepalived cannot check where an advertisement comes from."""
        if not options["unicast"] or version is None or checks_hops(version):
            return None
        return (
            f"host {os.uname().nodename}, interface {self._interface}: keepalived {version} checks only the sender's address of "
            f"an advertisement, not that it comes from the same link; install keepalived {HOPS_SINCE} or later, or drop "
            "VRRP (protocol 112) from other networks with a packet filter"
        )
