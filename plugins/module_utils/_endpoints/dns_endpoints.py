# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit that resolves DNS endpoints, and follows nodes to their next keys. It is installed for an interface that has some, and
removed with the last one.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints import resolver
from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.follower import watch_file
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Content, Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import dns_endpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.followers import followers
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, EndpointNameChanged

PATIENCE = 3
"""Seconds that a run waits for names to resolve before it warns."""
_MAIN = "_endpoints.resolver"
_TEMPLATE = "meshwork-endpoints"
_END = ".endpoints.json"
_UNIT = """\
[Unit]
Description=Host names and next keys of the WireGuard peers of %i
PartOf=wg-quick@%i.service
After=wg-quick@%i.service

[Service]
{run_directory}
InaccessiblePaths=-/etc/wireguard
{hardening}
ExecStart={python} -I {program} %i {config}/%i.endpoints.json
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=5

[Install]
WantedBy=wg-quick@%i.service multi-user.target
"""


class DnsEndpoints:
    """The unit of one interface. ``text`` is the future text of the interface's file; None if the interface will not run."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._name = name

    def changes(self, text: str | None) -> list[Change]:
        """What has to change. Nothing is read from hosts without DNS endpoints.

        :raises CommandFailed: the host does not run systemd.
        """
        tasks = _tasks(text)
        services = self._services(tasks)
        return services.changes() if any(tasks.values()) else services.removals()

    def apply(self, text: str | None) -> None:
        """Make these changes.

        :raises CommandFailed: systemd refuses.
        """
        tasks = _tasks(text)
        services = self._services(tasks)
        if any(tasks.values()):
            services.apply()
        else:
            services.remove()
            self._host.remove(watch_file(self._name))

    def _services(self, tasks: Mapping[str, Mapping[str, Any]]) -> Services:
        limits = settings(["CAP_NET_ADMIN"], ["AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6"])
        words = {"python": sys.executable, "program": path_of(_MAIN), "config": CONFIG}
        own = {f"{CONFIG}/{self._name}{_END}": json.dumps(tasks, sort_keys=True, indent=1) + "\n"}
        shared: dict[str, Content] = {
            f"{UNITS}/{_TEMPLATE}@.service": unit_text(_UNIT, limits, **words),
            path_of(_MAIN): lambda: archive(_MAIN),
        }
        return Services(self._host, self._name, [Service(_TEMPLATE, "endpoints", own, shared, [f"{PROGRAMS}/resolver.py"])])


def _tasks(text: str | None) -> dict[str, Mapping[str, Any]]:
    """What the unit has to do: names to resolve, and next keys to follow."""
    return {"resolve": dns_endpoints(text), "follow": followers(text)}


def name_changes(peers: Sequence[Peer], before: str | None, after: str) -> list[EndpointNameChanged]:
    """The peers whose DNS endpoint changes.

    :param peers: the peers that the interface will have.
    :param before: text of the interface's file; None if there is none.
    :param after: the future text.
    """
    old, new = dns_endpoints(before), dns_endpoints(after)
    names = [(peer, old.get(peer.public_key), new.get(peer.public_key)) for peer in peers]
    return [EndpointNameChanged(peer, had, has) for peer, had, has in names if had != has]


def unresolved(
    changes: Sequence[Change],
    interface: str,
    resolve: Callable[[str], Sequence[str]] = resolver.addresses_of,
    patience: float = PATIENCE,
) -> list[str]:
    """A warning for each peer whose new DNS endpoint does not resolve on this host now.

    :param patience: seconds, for all names together.
    """
    named = [change for change in changes if isinstance(change, EndpointNameChanged) and change.after]
    addresses = _resolve({str(change.after) for change in named}, resolve, patience) if named else {}
    return [
        f"interface {interface}, {change.title}: {change.after} does not resolve on this host now; {_TEMPLATE}@{interface} "
        "keeps trying; until the name resolves, a peer without an endpoint cannot be dialled from this host"
        for change in named
        if not addresses.get(str(change.after))
    ]


def _resolve(names: set[str], resolve: Callable[[str], Sequence[str]], patience: float) -> Mapping[str, Sequence[str]]:
    """Name -> addresses, of the names that resolve in time. Threads that hang are left behind, so that the module can end."""
    resolved: dict[str, Sequence[str]] = {}

    def ask(name: str) -> None:
        try:
            resolved[name] = resolve(name)
        except (OSError, UnicodeError):
            resolved[name] = []

    askers = [threading.Thread(target=ask, args=(name,), daemon=True) for name in sorted(names)]
    for asker in askers:
        asker.start()
    end = time.monotonic() + patience
    for asker in askers:
        asker.join(max(0.0, end - time.monotonic()))
    return dict(resolved)
