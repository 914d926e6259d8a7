# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent as the backend of an interface inside a network namespace or a container."""

from __future__ import annotations

import json
import sys
from typing import Collection, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.inside_agent import TABLE
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import looks_into_processes, settings_in_place
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Content, Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import END
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS, Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

_MAIN = "_boot.inside_agent"
_TEMPLATE = "meshwork-inside"
_RIGHTS = ("CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE")
"""To make interfaces, to enter namespaces, and to find those of containers by their processes. If the host may not look into
processes at all, only a process with all their capabilities may see their namespaces (ptrace(2), "access mode checking")."""
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6")
_UNIT = """\
[Unit]
Description=The WireGuard interface %i, inside a namespace or a container
After=network.target
StartLimitIntervalSec=0

[Service]
Type=notify
{run_directory}
# All processes must see the namespaces that it makes, and container engines keep their state in many places, so it has no file
# systems of its own.
{hardening}
ExecStart={python} -I {program} {config}/%i.inside.json
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
KillMode=mixed

[Install]
WantedBy=multi-user.target
"""


class Inside:
    """The unit ``meshwork-inside@NAME``."""

    title = "agent"

    def __init__(self, host: Host, name: str, path: str, inside: Mapping[str, str]) -> None:
        """
        :param path: of the interface's file.
        :param inside: the namespace or container of the interface.
        """
        self._host = host
        self._name = name
        self._unit = Unit(host, name, _TEMPLATE)
        settings = {"interface": name, "conf": path, **inside}
        self._own = {f"{CONFIG}/{name}{END}": json.dumps(settings, sort_keys=True, indent=1) + "\n"}

    def check(self, desired: Config, replaced: Collection[str] = ()) -> None:  # noqa: ARG002 - it has no such files
        """Refuse a configuration that the agent does not support.

        :raises ValueError: with the reason and the remedy.
        """
        if desired.hooks != NO_HOOKS or desired.dns or desired.table != TABLE:
            raise ValueError("hooks, DNS servers and another table do nothing inside a namespace; remove them")

    def enabled(self) -> bool:
        """Whether the agent is installed."""
        return any(map(self._host.exists, self._own))

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """Changes of the agent."""
        if desired is not None:
            return self._services().changes()
        return [HostChange(self.title, "removed")] if self.enabled() else []

    def start(self, desired: Config) -> None:
        """Start the agent's unit, which makes the interface, or waits for its container."""
        try:
            self.stop()
            self.enable(desired)
        except CommandFailed:
            self.forget()
            raise

    def enable(self, desired: Config) -> None:  # noqa: ARG002 - the agent reads the file
        """Install the agent, or update it."""
        self._services().apply()

    def adopt(self) -> None:
        """Do nothing: the agent makes only a missing interface."""

    def release(self, desired: Config) -> None:  # noqa: ARG002 - no other backend works inside
        """Remove the agent."""
        self.forget()

    def stop(self) -> None:
        """Stop the agent, which removes the interface when it ends."""
        if self.enabled() and self._unit.state().known:
            self._unit.stop()

    def forget(self) -> None:
        """Remove the agent."""
        if self.enabled():
            self._services().remove()

    def _services(self) -> Services:
        limits = settings_in_place(_RIGHTS if looks_into_processes(self._host) else (), _FAMILIES, ["/dev/net/tun"])
        words = {"python": sys.executable, "program": path_of(_MAIN), "config": CONFIG}
        shared: dict[str, Content] = {
            f"{UNITS}/{_TEMPLATE}@.service": unit_text(_UNIT, limits, **words),
            path_of(_MAIN): lambda: archive(_MAIN),
        }
        return Services(self._host, self._name, [Service(_TEMPLATE, self.title, self._own, shared, keep_on=True)])
