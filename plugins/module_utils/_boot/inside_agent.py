# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the unit ``meshwork-inside@NAME``: it makes a WireGuard interface inside a network namespace or a container
wherever it is missing there, and gives its peers the addresses that their host names have.

The device is made in the host's namespace and moved, which leaves its UDP socket where it was made: packets come and go by the
host's own way, and what is inside has the tunnel and nothing else. A container that starts again has another namespace, and gets
the interface again. What runs is never changed here but by names: whoever writes the interface's file changes it, too.

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

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.resolver import PAUSE, Resolver
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import Signals, ready, say
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import is_there, read_live
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
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare

USERSPACE = ("wireguard-go", "boringtun-cli", "boringtun")
TABLE = "main"
LOOK = 0.5
"""Seconds between looks at where the interface belongs."""
PATIENCE = 5
"""Seconds until a userspace implementation is there."""
MTU = 1420
"""Bytes, where the configuration does not say it."""
_FAILURES = (CommandFailed, OSError, ValueError)


def as_made(config: Config) -> Config:
    """A configuration as the agent reads it. All routes are in the main table, also that to everything: the way of the tunnel's
    own packets is outside, so that nothing has to be kept from it.
    """
    return replace(config, mtu=config.mtu or MTU, table=TABLE if config.table == "auto" else config.table)


class Names(Resolver):
    """The host names in the interface's file."""

    def _names(self) -> dict[str, str]:
        return dns_endpoints(self.host.read(self._path))


class Agent:
    """One interface, and where it belongs."""

    def __init__(self, host: Host, path: str) -> None:
        """
        :param path: of the file that says so.
        """
        said = json.loads(host.read(path) or "{}")
        self._host = host
        self._name, self._conf = said.pop("interface"), said.pop("conf")
        self._inside = said
        self._place: str | None = None
        self._there: tuple[int, int] | None = None
        self._names: Names | None = None
        self._asked = 0.0

    def look(self) -> None:
        """Have the interface where it belongs, and names resolved."""
        if self._inside.get("netns"):
            make_netns(self._host, self._inside["netns"])
        if self._there is None or identity(self._host, self._place) != self._there:
            self._place = place_of(self._host, self._inside)
            self._there = identity(self._host, self._place)
        if self._there is None:
            return
        if not is_there(self._at, self._name):
            self._make()
        if time.monotonic() - self._asked >= PAUSE:
            self._resolve()

    def remove(self) -> None:
        """Take the interface away."""
        if self._there is not None:
            self._at.run(["ip", "link", "delete", "dev", self._name], check=False)

    @property
    def _at(self) -> Host:
        return InsideHost(self._host, str(self._place))

    def _make(self) -> None:
        desired = as_made(without_dns_endpoints(parse_conf(self._host.read(self._conf) or "")))
        public = public_key_of(self._host, desired.private_key or "")
        self._host.run(["ip", "link", "delete", "dev", self._name], check=False)  # of a start that was cut short
        try:
            self._host.run(["ip", "link", "add", "dev", self._name, "type", "wireguard"])
        except CommandFailed as error:
            self._make_in_userspace(error)
        try:
            Isolation(self._at, self._name, {}).load()  # before anything can come through
            self._host.run(["ip", "link", "set", "dev", self._name, "netns", str(self._place)])
            self._at.run(["ip", "link", "set", "dev", self._name, "up"])
            live = read_live(self._at, self._name, TABLE)
            if live is None:
                raise CommandFailed(f"{self._name} has gone from {self._place}")
            change_live(self._at, self._name, desired, compare(desired, public, None, live, time.time()))
        except CommandFailed:  # the container ends just now; outside it would be a tunnel of the host
            self._host.run(["ip", "link", "delete", "dev", self._name], check=False)
            self.remove()
            raise
        self._names, self._asked = None, 0.0
        say(f"{self._name} is in {self._place}")

    def _make_in_userspace(self, error: CommandFailed) -> None:
        program = next((program for program in USERSPACE if self._host.which(program)), None)
        if program is None:
            raise error
        self._host.run([program, self._name])
        # It goes into the background first, and looks for its device then: moved before that, the device would be lost.
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
    """Until it is told to stop."""
    agent, signals = Agent(Host(), sys.argv[1]), Signals()
    signals.heed()
    try:
        agent.look()
    except _FAILURES as error:
        raise SystemExit(str(error)) from error
    ready()
    signals.stale, said = False, ""
    while not signals.ended:
        time.sleep(LOOK)
        if signals.stale:  # a new version of this program goes on, and the interface stays
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.execv(sys.executable, [sys.executable, "-I", *sys.argv])  # noqa: S606 - no shell is wanted
        try:
            agent.look()
            said = ""
        except _FAILURES as error:
            if str(error) != said:
                said = str(error)
                say(said)
    agent.remove()
    os._exit(0)  # whatever name is being asked for
