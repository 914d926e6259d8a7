# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a WireGuard interface inside a network namespace or a container, while its UDP socket stays outside.

It runs on the host as a program of its own. The device is made in the host's namespace and moved, which leaves the socket where
it was made: packets come and go by the host's own way, and what is inside has the tunnel and nothing else. Names of endpoints are
resolved outside. A container that starts again has another namespace, and gets the interface again.

Source: wireguard.com/netns; ip-link(8), "netns"; for wireguard-go, which looks at its tun device across namespaces, its
``tun_linux.go``.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import sys
import time
from dataclasses import replace
from typing import Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import Signals, say
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import RouteAdded, RouteRemoved
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import handshake_age
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import Endpoint, covers, parse_endpoint

NETNS = "/run/netns"
ENGINES = ("podman", "docker")
USERSPACE = ("wireguard-go", "boringtun-cli", "boringtun")
OWN_ROUTES = "155"
"""The protocol number that marks routes as this program's."""
LOOK = 0.5
"""Seconds between looks at where the interface belongs."""
LOCKED = 5
"""Seconds that it waits for somebody else to end a change of the interface, before it tries again."""
SILENCE = 135
"""Seconds after which a peer's name is resolved again (REKEY_AFTER_TIME and some more, WireGuard paper, 6.1)."""
MTU = 1420
"""Bytes, where the configuration does not say it."""


class InsideRunner(Runner):
    """Runs commands in a namespace."""

    def __init__(self, runner: Runner, place: str) -> None:
        self._runner = runner
        self._place = place

    def run(
        self, argv: Sequence[str], stdin: str = "", check: bool = True, timeout: int = 60, cwd: str | None = None
    ) -> Completed:
        """As everywhere, but there."""
        return self._runner.run(["nsenter", f"--net={self._place}", *argv], stdin, check, timeout, cwd)

    def which(self, name: str) -> str | None:
        """The host's programs are there, too."""
        return self._runner.which(name)


def container_pid(runner: Runner, name: str) -> int | None:
    """The process of a running container in the eyes of Podman or Docker; None where there is none."""
    for engine in ENGINES:
        if runner.which(engine) is not None:
            found = runner.run([engine, "inspect", "--format", "{{.State.Pid}}", name], check=False).out.strip()
            if found.isdigit() and int(found) > 0:
                return int(found)
    return None


def place_of(runner: Runner, said: Mapping[str, str]) -> str | None:
    """The file of the namespace, by ``{"netns": NAME}`` or ``{"container": NAME}``; None while the container does not run."""
    if said.get("netns"):
        path = f"{NETNS}/{said['netns']}"
        return path if os.path.exists(path) else None
    pid = container_pid(runner, said["container"])
    return f"/proc/{pid}/ns/net" if pid else None


def make_netns(runner: Runner, name: str) -> None:
    """A named namespace, with its loopback up; it is there already where somebody else made it."""
    if not os.path.exists(f"{NETNS}/{name}"):
        runner.run(["ip", "netns", "add", name])
        InsideRunner(runner, f"{NETNS}/{name}").run(["ip", "link", "set", "lo", "up"])


def identity(place: str) -> tuple[int, int] | None:
    """What tells a namespace from a later one at the same place; None where there is none."""
    try:
        found = os.stat(place)
    except OSError:
        return None
    return int(found.st_dev), int(found.st_ino)


def resolved(name: str) -> str | None:
    """``address:port`` of an endpoint; None where the name does not resolve."""
    host, port = parse_endpoint(name, "endpoint")
    try:
        address = str(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0])
    except (OSError, UnicodeError):
        say(f"{host} does not resolve; its peer has no endpoint for now")
        return None
    return str(Endpoint(address, port))


def names_of(config: Config) -> dict[str, str]:
    """Public key -> endpoint, of peers whose endpoint is a name."""
    return {p.public_key: p.endpoint for p in config.peers if p.endpoint and parse_endpoint(p.endpoint, "endpoint").is_name}


def with_addresses(config: Config) -> Config:
    """The same with names of endpoints resolved; peers whose names do not resolve have none."""
    names = names_of(config)
    peers = tuple(replace(p, endpoint=resolved(names[p.public_key])) if p.public_key in names else p for p in config.peers)
    return replace(config, peers=peers)


class Agent:
    """One interface, and where it belongs."""

    def __init__(self, runner: Runner, path: str) -> None:
        self._runner = runner
        self._path = path
        self._said: dict[str, str] = {}
        self._config = Config()
        self._before: Config | None = None
        self._there: tuple[int, int] | None = None
        self._place: str | None = None
        self._asked = time.monotonic()
        self.signals = Signals()

    def read(self) -> None:
        """The two files."""
        self._said = json.loads(io.read_text(self._path) or "{}")
        self._config = parse_conf(io.read_text(self._said["conf"]) or "")
        self.signals.stale = False

    def look(self) -> None:
        """Have the interface where it belongs, as it is described."""
        fresh = self.signals.stale
        if fresh:
            self.read()
        if self._said.get("netns"):
            make_netns(self._runner, self._said["netns"])
        if self._place is None or self._there is None or identity(self._place) != self._there or self._said.get("netns"):
            self._place = place_of(self._runner, self._said)
        if self._place is None:
            self._there = None
            return
        now = identity(self._place)
        if now != self._there or not self._is_there():
            self._make()
            fresh = True
        if fresh:
            desired = replace(with_addresses(self._config), mtu=self._config.mtu or MTU)
            with interface_lock(self._name, LOCKED):
                self._sync(desired)
            self._there = now
        elif time.monotonic() - self._asked > SILENCE:
            self._resolve_again()

    def remove(self) -> None:
        """Take the interface away."""
        if self._place and self._is_there():
            self._inside.run(["ip", "link", "delete", "dev", self._name], check=False)

    @property
    def _inside(self) -> InsideRunner:
        return InsideRunner(self._runner, str(self._place))

    @property
    def _name(self) -> str:
        return self._said["interface"]

    def _is_there(self) -> bool:
        return bool(self._inside.run(["ip", "-o", "link", "show", "dev", self._name], check=False).out)

    def _make(self) -> None:
        self._before = None
        self._runner.run(["ip", "link", "delete", "dev", self._name], check=False)  # of a start that was cut short
        try:
            self._runner.run(["ip", "link", "add", "dev", self._name, "type", "wireguard"])
        except CommandFailed as error:
            self._make_in_userspace(error)
        try:
            Isolation(self._inside, self._name, systemd=False).load()  # before anything can come through
            self._runner.run(["ip", "link", "set", "dev", self._name, "netns", str(self._place)])
        except CommandFailed:  # the container ends just now; outside it would be a tunnel of the host
            self._runner.run(["ip", "link", "delete", "dev", self._name], check=False)
            raise
        say(f"{self._name} is in {self._place}")

    def _make_in_userspace(self, error: CommandFailed) -> None:
        program = next((program for program in USERSPACE if self._runner.which(program)), None)
        if program is None:
            raise error
        self._runner.run([program, self._name])

    def _sync(self, desired: Config) -> None:
        """The least change, as outside; routes are marked as this program's own, because nobody else remembers them here."""
        live = read_live(self._inside, self._name, "auto")
        if live is None:
            raise CommandFailed(f"{self._name} has gone from {self._place}")
        public = public_key_of(self._runner, desired.private_key or "")
        changes = compare(desired, public, self._before, live, time.time())
        changes = [c for c in changes if not c.restarts and not isinstance(c, (RouteAdded, RouteRemoved))]
        change_live(self._inside, self._name, desired, changes)
        self._inside.run(["ip", "link", "set", "dev", self._name, "up"])
        self._routes(desired)
        self._before, self._asked = desired, time.monotonic()

    def _routes(self, desired: Config) -> None:
        connected = [str(ipaddress.ip_interface(address).network) for address in desired.addresses]
        allowed = dict.fromkeys(prefix for peer in desired.peers for prefix in peer.allowed_ips)
        wanted = [ipaddress.ip_network(prefix) for prefix in allowed if not any(covers(own, prefix) for own in connected)]
        for version, option in ((4, "-4"), (6, "-6")):
            ours = ["dev", self._name, "proto", OWN_ROUTES]
            shown = self._inside.run(["ip", "-j", option, "route", "show", *ours], check=False).out
            found = {entry["dst"] for entry in json.loads(shown or "[]") if "dst" in entry}
            there = {"default" if net.prefixlen == 0 else _as_shown(net) for net in wanted if net.version == version}
            for prefix in sorted(there - found):
                self._inside.run(["ip", option, "route", "replace", prefix, *ours])
            for prefix in sorted(found - there):
                self._inside.run(["ip", option, "route", "delete", prefix, *ours])

    def _resolve_again(self) -> None:
        self._asked = time.monotonic()
        shown = self._inside.run(["wg", "show", self._name, "latest-handshakes"], check=False).out
        heard = dict(line.split("\t")[:2] for line in shown.split("\n") if line)
        for key, name in names_of(self._config).items():
            age = handshake_age(int(heard.get(key, 0)), time.time())
            address = resolved(name) if age is None or age > SILENCE else None
            if address:
                with interface_lock(self._name, LOCKED):
                    self._inside.run(["wg", "set", self._name, "peer", key, "endpoint", address], check=False)


def _as_shown(net: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    """As ``ip route`` shows it: single addresses without a length."""
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)


def main() -> None:
    """Until it is told to stop."""
    agent = Agent(Runner(), sys.argv[1])
    agent.signals.heed()
    said = ""
    while not agent.signals.ended:
        try:
            agent.look()
            said = ""
        except (CommandFailed, OSError, ValueError, KeyError) as error:
            agent.signals.stale = True
            if str(error) != said:
                said = str(error)
                say(said)
        time.sleep(LOOK)
    agent.remove()
