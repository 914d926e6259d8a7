# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""BGP on this host: BIRD, the program that watches the kernel for it, and their files."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover import bird_watch
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, RUN, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.bird import render_bird

_MAIN = "_failover.bird_watch"
_BIRD_AT, _BIRDC_AT = "/usr/sbin/bird", "/usr/sbin/birdc"
"""Their paths when BIRD is installed."""
_FORMER = f"{PROGRAMS}/bird_watch.py"
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6")
_SPEAKING = ("CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW")
"""The capabilities that BIRD keeps when it drops root (its sysdep/linux/syspriv.h)."""
_WATCH = """\
[Unit]
Description=Forwarding watch of BIRD for the WireGuard network %i
Before=meshwork-bird@%i.service

[Service]
{run_directory}
{hardening}
ExecStartPre={python} -I {program} {config}/%i.bgp.json once
ExecStart={python} -I {program} {config}/%i.bgp.json
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
"""
_BIRD = """\
[Unit]
Description=BIRD for the WireGuard network %i
Wants=meshwork-bird-watch@%i.service
After=meshwork-bird-watch@%i.service network.target

[Service]
{run_directory}
{hardening}
ExecStart={bird} -f -c {config}/%i.bird.conf -s {run}/%i.bird.ctl -P {run}/%i.bird.pid
ExecReload={birdc} -s {run}/%i.bird.ctl configure
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
"""


class Bgp:
    """BGP for one network, by its interface."""

    def __init__(self, host: Host, interface: str) -> None:
        self._host = host
        self._interface = interface

    def bring_about(self, options: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
        """Configure and start both services.

        :param options: of the module ``bgp``.
        :raises CommandFailed: BIRD refuses its configuration, or systemd a command.
        """
        bird, birdc = self._host.which("bird"), self._host.which("birdc")
        if not (bird and birdc) and not check_mode:
            raise CommandFailed("bird: not found on this host; install it, or let meshwork.wireguard.prepare do so")
        services = self._services(options, bird or _BIRD_AT, birdc or _BIRDC_AT)
        changes = services.changes()
        if changes and not check_mode:
            self._check(str(bird), options)
            services.apply()
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Stop and remove both services, and the rules."""
        services = self._services(None, _BIRD_AT, _BIRDC_AT)
        changes = services.removals()
        if changes and not check_mode:
            written = json.loads(self._host.read(f"{CONFIG}/{self._interface}.bgp.json") or "{}")
            services.remove()
            bird_watch.drop_rules(self._host, written.get("table", 0))
        return result_of(changes, None)

    @property
    def _state_file(self) -> str:
        return f"{RUN}/{self._interface}.forwards.conf"

    def _services(self, options: Mapping[str, Any] | None, bird: str, birdc: str) -> Services:
        keys = ("interface", "interfaces", "table", "forwards")
        own = json.dumps({key: options[key] for key in keys}, sort_keys=True, indent=1) + "\n" if options else ""
        words = {
            "python": sys.executable, "program": path_of(_MAIN), "config": CONFIG, "run": RUN, "bird": bird,
            "birdc": birdc,
        }  # fmt: skip
        watching, speaking = (settings(some, _FAMILIES) for some in (("CAP_NET_ADMIN",), _SPEAKING))
        watch = Service(
            "meshwork-bird-watch",
            "watch",
            {f"{CONFIG}/{self._interface}.bgp.json": own},
            {
                f"{UNITS}/meshwork-bird-watch@.service": unit_text(_WATCH, watching, **words),
                path_of(_MAIN): lambda: archive(_MAIN),
            },
            [_FORMER],
        )
        conf = render_bird(options, self._state_file) if options else ""
        routes = Service(
            "meshwork-bird",
            "bird",
            {f"{CONFIG}/{self._interface}.bird.conf": conf},
            {f"{UNITS}/meshwork-bird@.service": unit_text(_BIRD, speaking, **words)},
        )
        return Services(self._host, self._interface, [watch, routes])

    def _check(self, bird: str, options: Mapping[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state, conf = os.path.join(folder, "forwards.conf"), os.path.join(folder, "bird.conf")
            for path, text in ((state, bird_watch.state_text(True)), (conf, render_bird(options, state))):
                with open(path, "w", encoding="utf-8") as stream:
                    stream.write(text)
            self._host.run([bird, "-p", "-c", conf])
