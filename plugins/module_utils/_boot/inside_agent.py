# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the unit ``meshwork-inside@NAME``: it makes a WireGuard interface inside a network namespace or a container
whenever it is missing there, resolves the DNS endpoints of its peers, and follows nodes to their next keys.

The device is made in the host's namespace and then moved. Its UDP socket stays where it was made: the encrypted packets use the
host's network, and the inside has only the tunnel. A container that restarts has a new namespace, and gets the interface again.
This program changes nothing else of a running interface: the run that writes the interface's file changes the rest.

Source: wireguard.com/netns; ip-link(8), "netns"; for wireguard-go, which looks at its tun device across namespaces, its
``tun_linux.go``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace
from typing import Any, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.follower import Follower
from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.resolver import PAUSE, Resolver
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import Signals, ready, say
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.handshakes import handshakes
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_exists, read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import (
    InsideHost,
    identity,
    make_netns,
    place_of,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import (
    dns_endpoints,
    without_dns_endpoints,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.followers import followers
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare

USERSPACE = ("wireguard-go", "boringtun-cli", "boringtun")
TABLE = "main"
LOOK = 0.5
"""Seconds between two checks of the namespace."""
PATIENCE = 5
"""Seconds until a userspace implementation is ready."""
MTU = 1420
"""Bytes, if the configuration has none."""
_FAILURES = (CommandFailed, OSError, ValueError)


def as_made(config: Config) -> Config:
    """A configuration as the agent reads it. All routes are in the main table, even a default route: the tunnel's own packets
    travel outside, so it cannot catch them.
    """
    return replace(config, mtu=config.mtu or MTU, table=TABLE if config.table == "auto" else config.table)


class Names(Resolver):
    """The DNS endpoints in the interface's file."""

    def _names(self) -> dict[str, str]:
        return dns_endpoints(self.host.read(self._path))


class Keys(Follower):
    """The next keys in the interface's file."""

    def _parsed(self, text: str) -> Mapping[str, Mapping[str, Any]]:
        return followers(text)


class Agent:
    """One interface, and its namespace or container."""

    def __init__(self, host: Host, path: str) -> None:
        """
        :param path: of its settings.
        """
        settings = json.loads(host.read(path) or "{}")
        self._host = host
        self._name, self._conf = settings.pop("interface"), settings.pop("conf")
        self._inside = settings
        self._place: str | None = None
        self._namespace: tuple[int, int] | None = None
        self._names: Names | None = None
        self._keys: Keys | None = None
        self._asked = self._checked = 0.0

    def look(self) -> float:
        """Make the interface if it is missing, resolve names from time to time, and follow next keys. Gives the seconds until the
        next look.
        """
        if self._keys is not None and time.monotonic() < self._checked + LOOK:
            return min(LOOK, self._keys.look() or LOOK)
        self._checked = time.monotonic()
        if self._inside.get("netns"):
            make_netns(self._host, self._inside["netns"])
        if self._namespace is None or identity(self._host, self._place) != self._namespace:
            self._place = place_of(self._host, self._inside)
            self._namespace = identity(self._host, self._place)
        if self._namespace is None:
            return LOOK
        if not link_exists(self._at, self._name):
            self._make()
        if time.monotonic() - self._asked >= PAUSE:
            self._resolve()
        if self._keys is None:
            place = str(self._place)
            self._keys = Keys(self._at, self._name, self._conf, lambda interface: handshakes(interface, place))
        return min(LOOK, self._keys.look() or LOOK)

    def remove(self) -> None:
        """Remove the interface."""
        if self._namespace is not None:
            self._at.run(["ip", "link", "delete", "dev", self._name], check=False)

    @property
    def _at(self) -> Host:
        return InsideHost(self._host, str(self._place))

    def _make(self) -> None:
        desired = as_made(without_dns_endpoints(parse_conf(self._host.read(self._conf) or "")))
        public = public_key_of(self._host, desired.private_key or "")
        self._host.run(["ip", "link", "delete", "dev", self._name], check=False)  # left by an interrupted start
        try:
            self._host.run(["ip", "link", "add", "dev", self._name, "type", "wireguard"])
        except CommandFailed as error:
            self._make_in_userspace(error)
        try:
            Isolation(self._at, self._name, {}).load()  # before any packet can pass
            self._host.run(["ip", "link", "set", "dev", self._name, "netns", str(self._place)])
            self._at.run(["ip", "link", "set", "dev", self._name, "up"])
            live = read_live(self._at, self._name, TABLE)
            if live is None:
                raise CommandFailed(f"{self._name} disappeared from {self._place}")
            change_live(self._at, self._name, desired, compare(desired, public, None, live, time.time()))
        except CommandFailed:  # the container has just ended; outside, it would be a tunnel of the host
            self._host.run(["ip", "link", "delete", "dev", self._name], check=False)
            self.remove()
            raise
        self._names, self._keys, self._asked = None, None, 0.0
        say(f"{self._name} is in {self._place}")

    def _make_in_userspace(self, error: CommandFailed) -> None:
        program = next((program for program in USERSPACE if self._host.which(program)), None)
        if program is None:
            raise error
        self._host.run([program, self._name])
        # The program goes into the background before it looks for its device, and would not find a device that was moved before.
        end = time.monotonic() + PATIENCE
        while self._host.run(["wg", "show", self._name, "dump"], check=False).status != 0 and time.monotonic() < end:
            time.sleep(0.05)

    def _resolve(self) -> None:
        self._asked = time.monotonic()
        if dns_endpoints(self._host.read(self._conf)):
            self._names = self._names or Names(self._host, self._name, self._conf)
            self._names.host = self._at
            self._names.look(time.time())


def main() -> None:
    """Run until a signal ends it."""
    agent, signals = Agent(Host(), sys.argv[1]), Signals()
    signals.heed()
    try:
        agent.look()
    except _FAILURES as error:
        raise SystemExit(str(error)) from error
    ready()
    signals.stale, reported, pause = False, "", LOOK
    while not signals.ended:
        time.sleep(pause)
        if signals.stale:  # a new version of this program continues, and the interface stays
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.execv(sys.executable, [sys.executable, "-I", *sys.argv])  # noqa: S606 - no shell is wanted
        try:
            pause, reported = agent.look(), ""
        except _FAILURES as error:
            pause = LOOK
            if str(error) != reported:
                reported = str(error)
                say(reported)
    agent.remove()
    os._exit(0)  # even while a name is being resolved
