# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a WireGuard interface inside a network namespace or a container, while its UDP socket stays outside.

It runs on the host as a program of its own, ``inside_agent.py FILE``, so it imports nothing but the standard library. The device
is made in the host's namespace and moved, which leaves the socket where it was made: packets come and go by the host's own way,
and what is inside has the tunnel and nothing else. Names of endpoints are resolved outside. A container that starts again has
another namespace, and gets the interface again.

Source: wireguard.com/netns; ip-link(8), "netns"; for wireguard-go, which looks at its tun device across namespaces, its
``tun_linux.go``.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Mapping, NamedTuple, Sequence

NETNS = "/run/netns"
ENGINES = ("podman", "docker")
USERSPACE = ("wireguard-go", "boringtun-cli", "boringtun")
OWN_ROUTES = "155"
"""The protocol number that marks routes as this program's."""
LOOK = 0.5
"""Seconds between looks at where the interface belongs."""
SILENCE = 135
"""Seconds after which a peer's name is resolved again (REKEY_AFTER_TIME and some more, WireGuard paper, 6.1)."""
_ENDPOINT = re.compile(r"(\s*endpoint\s*=\s*)(\S+?):([0-9]+)\s*\Z", re.IGNORECASE)
_WG_QUICK_ONLY = re.compile(r"\s*(address|dns|mtu|table|preup|postup|predown|postdown|saveconfig)\s*=", re.IGNORECASE)


def run(argv: Sequence[str], stdin: str = "", check: bool = True) -> str:
    """Output of a command; with ``check``, an error where it fails."""
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)  # pylint: disable=ansible-bad-function
    if check and done.returncode != 0:
        raise OSError(f"{' '.join(argv)}: exit status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout if done.returncode == 0 else ""


def tell(text: str) -> None:
    """Into the journal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Settings(NamedTuple):
    """What wg-quick does of a configuration, and this program does here: addresses, prefixes of the peers, MTU in bytes."""

    addresses: list[str]
    allowed: list[str]
    mtu: str


def container_pid(name: str) -> int | None:
    """The process of a running container in the eyes of Podman or Docker; None where there is none."""
    for engine in ENGINES:
        try:
            found = run([engine, "inspect", "--format", "{{.State.Pid}}", name], check=False).strip()
        except FileNotFoundError:
            continue
        if found.isdigit() and int(found) > 0:
            return int(found)
    return None


def place_of(said: Mapping[str, str]) -> str | None:
    """The file of the namespace, by ``{"netns": NAME}`` or ``{"container": NAME}``; None while the container does not run."""
    if said.get("netns"):
        path = f"{NETNS}/{said['netns']}"
        return path if os.path.exists(path) else None
    pid = container_pid(said["container"])
    return f"/proc/{pid}/ns/net" if pid else None


def make_netns(name: str) -> None:
    """A named namespace, with its loopback up; it is there already where somebody else made it."""
    if not os.path.exists(f"{NETNS}/{name}"):
        run(["ip", "netns", "add", name])
        run(["ip", "-n", name, "link", "set", "lo", "up"])


def inside(place: str, argv: Sequence[str]) -> list[str]:
    """A command in the namespace."""
    return ["nsenter", f"--net={place}", *argv]


def identity(place: str) -> tuple[int, int] | None:
    """What tells a namespace from a later one at the same place; None where there is none."""
    try:
        found = os.stat(place)
    except OSError:
        return None
    return int(found.st_dev), int(found.st_ino)


def settings(text: str) -> Settings:
    """Of the text of a configuration."""
    addresses: list[str] = []
    allowed: list[str] = []
    mtu = "1420"
    for line in text.splitlines():
        key, _equals, value = line.partition("#")[0].partition("=")
        key = key.strip().lower()
        if key in ("address", "allowedips"):
            (addresses if key == "address" else allowed).extend(part for part in re.split(r"[,\s]+", value) if part)
        elif key == "mtu":
            mtu = value.strip()
    return Settings(addresses, allowed, mtu)


def for_wg(text: str) -> str:
    """The configuration as ``wg`` takes it, with names of endpoints resolved; peers whose names do not resolve have none."""
    lines = []
    for line in text.splitlines():
        plain = line.partition("#")[0]
        named = _ENDPOINT.match(plain)
        if _WG_QUICK_ONLY.match(plain):
            continue
        if named:
            address = resolved(named.group(2), int(named.group(3)))
            if address is None:
                continue
            plain = named.group(1) + address
        lines.append(plain)
    return "\n".join(lines) + "\n"


def resolved(host: str, port: int) -> str | None:
    """``address:port`` of an endpoint; None where the name does not resolve."""
    try:
        address = str(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_DGRAM)[0][4][0])
    except OSError:
        tell(f"{host} does not resolve; its peer has no endpoint for now")
        return None
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def names_of(text: str) -> dict[str, tuple[str, int]]:
    """Public key -> (host, port) of peers whose endpoint is a name."""
    found = {}
    key = None
    for line in text.splitlines():
        plain = line.partition("#")[0].strip()
        if plain.startswith("["):
            key = None
        name, _equals, value = plain.partition("=")
        if name.strip().lower() == "publickey":
            key = value.strip()
        named = _ENDPOINT.match(plain)
        if named and key and not is_address(named.group(2).strip("[]")):
            found[key] = (named.group(2), int(named.group(3)))
    return found


def is_address(text: str) -> bool:
    """Whether a host is no name."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


class Agent:
    """One interface, and where it belongs."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._said: dict[str, str] = {}
        self._text = ""
        self._there: tuple[int, int] | None = None
        self._place: str | None = None
        self._asked = time.monotonic()
        self.stopped = False
        self.outdated = True

    def read(self) -> None:
        """The two files."""
        with open(self._path, encoding="utf-8") as stream:
            self._said = json.load(stream)
        with open(self._said["conf"], encoding="utf-8") as stream:
            self._text = stream.read()
        self.outdated = False

    def look(self) -> None:
        """Have the interface where it belongs, as it is described."""
        fresh = self.outdated
        if fresh:
            self.read()
        if self._said.get("netns"):
            make_netns(self._said["netns"])
        if self._place is None or self._there is None or identity(self._place) != self._there or self._said.get("netns"):
            self._place = place_of(self._said)
        if self._place is None:
            self._there = None
            return
        now = identity(self._place)
        if now != self._there or not self._is_there():
            self._make()
            fresh = True
        if fresh:
            self._sync()
            self._there = now
        elif time.monotonic() - self._asked > SILENCE:
            self._resolve_again()

    def remove(self) -> None:
        """Take the interface away."""
        if self._place and self._is_there():
            self._run(["ip", "link", "delete", "dev", self._name], check=False)

    def _run(self, argv: Sequence[str], stdin: str = "", check: bool = True) -> str:
        """Inside."""
        return run(inside(str(self._place), argv), stdin, check)

    @property
    def _name(self) -> str:
        return self._said["interface"]

    def _is_there(self) -> bool:
        return bool(self._run(["ip", "-o", "link", "show", "dev", self._name], check=False))

    def _make(self) -> None:
        run(["ip", "link", "delete", "dev", self._name], check=False)  # of a start that was cut short
        try:
            run(["ip", "link", "add", "dev", self._name, "type", "wireguard"])
        except OSError as error:
            self._make_in_userspace(error)
        try:
            run(["ip", "link", "set", "dev", self._name, "netns", str(self._place)])
        except OSError:  # the container ends just now; outside it would be a tunnel of the host
            run(["ip", "link", "delete", "dev", self._name], check=False)
            raise
        tell(f"{self._name} is in {self._place}")

    def _make_in_userspace(self, error: OSError) -> None:
        for program in USERSPACE:
            try:
                run([program, self._name])
                return
            except FileNotFoundError:
                continue
        raise error

    def _sync(self) -> None:
        said = settings(self._text)
        self._run(["wg", "syncconf", self._name, "/dev/stdin"], stdin=for_wg(self._text))
        self._addresses(said.addresses)
        self._run(["ip", "link", "set", "dev", self._name, "mtu", said.mtu, "up"])
        self._routes(said)
        self._asked = time.monotonic()

    def _addresses(self, wanted: Sequence[str]) -> None:
        shown = json.loads(self._run(["ip", "-j", "address", "show", "dev", self._name]))
        found = [
            f"{a['local']}/{a['prefixlen']}" for link in shown for a in link.get("addr_info", ()) if a.get("scope") != "link"
        ]
        full = [str(ipaddress.ip_interface(address)) for address in wanted]
        for address in full:
            if address not in found:
                self._run(["ip", "address", "add", address, "dev", self._name])
        for address in found:
            if address not in full:
                self._run(["ip", "address", "delete", address, "dev", self._name])

    def _routes(self, said: Settings) -> None:
        connected = [ipaddress.ip_interface(address).network for address in said.addresses]
        wanted = [ipaddress.ip_network(prefix, strict=False) for prefix in dict.fromkeys(said.allowed)]
        wanted = [net for net in wanted if not any(_within(net, own) for own in connected)]
        for version, option in ((4, "-4"), (6, "-6")):
            shown = self._run(["ip", "-j", option, "route", "show", "dev", self._name, "proto", OWN_ROUTES], check=False)
            found = {entry["dst"] for entry in json.loads(shown or "[]") if "dst" in entry}
            there = {"default" if net.prefixlen == 0 else _as_shown(net) for net in wanted if net.version == version}
            for prefix in sorted(there - found):
                self._run(["ip", option, "route", "replace", prefix, "dev", self._name, "proto", OWN_ROUTES])
            for prefix in sorted(found - there):
                self._run(["ip", option, "route", "delete", prefix, "dev", self._name, "proto", OWN_ROUTES])

    def _resolve_again(self) -> None:
        self._asked = time.monotonic()
        shown = self._run(["wg", "show", self._name, "latest-handshakes"], check=False)
        heard = dict(line.split("\t")[:2] for line in shown.splitlines())
        for key, (host, port) in names_of(self._text).items():
            if time.time() - int(heard.get(key, 0)) > SILENCE:
                address = resolved(host, port)
                if address:
                    self._run(["wg", "set", self._name, "peer", key, "endpoint", address], check=False)


def _within(inner: Any, outer: Any) -> bool:
    return bool(inner.version == outer.version and inner.subnet_of(outer))


def _as_shown(net: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    """As ``ip route`` shows it: single addresses without a length."""
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)


def main() -> None:
    """Until it is told to stop."""
    agent = Agent(sys.argv[1])

    def reload(_number: int, _frame: Any) -> None:
        agent.outdated = True

    def stop(_number: int, _frame: Any) -> None:
        agent.stopped = True

    signal.signal(signal.SIGHUP, reload)
    signal.signal(signal.SIGTERM, stop)
    said = ""
    while not agent.stopped:
        try:
            agent.look()
            said = ""
        except (OSError, ValueError, KeyError) as error:
            agent.outdated = True
            if str(error) != said:
                said = str(error)
                tell(said)
        time.sleep(LOOK)
    agent.remove()


if __name__ == "__main__":
    main()
