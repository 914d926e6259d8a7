# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three ways in which a host gets the names of its networks, as long as their interfaces are up."""

from __future__ import annotations

import errno
import os
import re
from typing import Iterator, Mapping, Protocol

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import LINKS
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.block import with_block
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import HOSTS_FILE, RECORDS
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.records import records_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import (
    HOSTS,
    RESOLVER,
    NamedNetwork,
    NamesSettings,
)

_UP = 1
"""IFF_UP of netdevice(7)."""
Networks = Mapping[str, NamedNetwork]


class Way(Protocol):
    """One way, for all networks of the host."""

    def current(self, networks: Networks) -> bool:
        """Whether the host has the names of these networks, and of no others."""

    def apply(self, networks: Networks) -> None:
        """Give it these names, and take all others that it has in this way.

        :raises ValueError: they cannot be given, with the reason and the remedy.
        :raises CommandFailed: a program refuses.
        """


def way_of(host: Host, settings: NamesSettings) -> Way:
    """The way that the settings name."""
    if settings.way == RESOLVER:
        return Routes(host, settings.networks)
    return HostsFile(host) if settings.way == HOSTS else Records(host)


def networks_up(host: Host, settings: NamesSettings) -> dict[str, NamedNetwork]:
    """The networks of which an interface is up."""
    return {name: network for name, network in settings.networks.items() if interfaces_up(host, network)}


def interfaces_up(host: Host, network: NamedNetwork) -> list[str]:
    """The network's interfaces that are up."""
    return [name for name in network.interfaces if int(host.value(f"{LINKS}/{name}/flags") or "0", 16) & _UP]


class HostsFile:
    """A block in ``/etc/hosts``. The file is replaced in one step; where it is a mount, as in containers, or a link, it is
    written in place.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def current(self, networks: Networks) -> bool:
        """Whether the file has this block, or may have none."""
        text = self._text()
        return with_block(text, _names(networks)) == text

    def apply(self, networks: Networks) -> None:
        """Write the file if it changes."""
        before = self._text()
        after = with_block(before, _names(networks))
        if after != before:
            self._write(after.encode("latin-1"))

    def _text(self) -> str:
        """Each byte as one character, so that all others remain what they are."""
        return (self._host.read_bytes(HOSTS_FILE) or b"").decode("latin-1")

    def _write(self, content: bytes) -> None:
        if not os.path.islink(self._host.real(HOSTS_FILE)):
            mode = self._host.mode_of(HOSTS_FILE)
            try:
                self._host.write_bytes(HOSTS_FILE, content, 0o644 if mode is None else mode)
            except OSError as error:
                if error.errno != errno.EBUSY:  # of a mount
                    raise
            else:
                if self._host.which("restorecon"):
                    self._host.run(["restorecon", HOSTS_FILE], check=False)
                return
        with open(self._host.real(HOSTS_FILE), "r+b") as stream:
            stream.write(content)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())


class Records:
    """A file of records for each network, which systemd-resolved reads by itself, at most 2 seconds later."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def current(self, networks: Networks) -> bool:
        """Whether there are these files, and no others."""
        return self._there() == self._wanted(networks)

    def apply(self, networks: Networks) -> None:
        """Write these files, and remove others."""
        wanted, there = self._wanted(networks), self._there()
        if wanted:
            self._host.public_directory(RECORDS)
        for path, text in wanted.items():
            if there.get(path) != text:
                self._host.write(path, text, 0o644)
        for path in there.keys() - wanted.keys():
            self._host.remove(path)
        self._host.remove_if_empty(RECORDS)

    def _wanted(self, networks: Networks) -> dict[str, str]:
        return {f"{RECORDS}/meshwork-{name}.rr": records_text(network.hosts) for name, network in networks.items()}

    def _there(self) -> dict[str, str | None]:
        return {path: self._host.read(path) for path in self._host.glob(f"{RECORDS}/meshwork-*.rr")}


class Routes:
    """systemd-resolved asks the hubs for the network's domain and its reverse zones, and nothing else. It forgets that with the
    interface.
    """

    def __init__(self, host: Host, known: Networks) -> None:
        self._host = host
        self._known = known

    def current(self, networks: Networks) -> bool:
        """Whether each interface has its servers and domains."""
        return all(self._has(name, network) for name, network in self._interfaces(networks))

    def apply(self, networks: Networks) -> None:
        """Set them where they differ. Interfaces of other known networks lose them."""
        for name, network in self._interfaces({key: value for key, value in self._known.items() if key not in networks}):
            if self._has(name, network):
                self._revert(name)
        for name, network in self._interfaces(networks):
            if not self._has(name, network):
                self._set(name, network)

    def _interfaces(self, networks: Networks) -> Iterator[tuple[str, NamedNetwork]]:
        for network in networks.values():
            yield from ((name, network) for name in interfaces_up(self._host, network) if network.servers.get(name))

    def _revert(self, interface: str) -> None:
        self._host.run(["resolvectl", "revert", interface], check=False)

    def _set(self, name: str, network: NamedNetwork) -> None:
        try:
            self._host.run(["resolvectl", "dns", name, *network.servers[name]])
            self._host.run(["resolvectl", "domain", name, *_routed(network)])
            self._host.run(["resolvectl", "default-route", name, "false"])
            self._host.run(["resolvectl", "dnssec", name, "no"])  # nobody signs such a domain
        except CommandFailed:
            self._revert(name)
            raise

    def _has(self, name: str, network: NamedNetwork) -> bool:
        return self._shown("dns", name) == [*network.servers[name]] and self._shown("domain", name) == sorted(_routed(network))

    def _shown(self, verb: str, name: str) -> list[str]:
        done = self._host.run(["resolvectl", verb, name], check=False)
        found = re.search(r"Link [0-9]+ \([^)]*\):(.*)", done.out, re.DOTALL)
        if done.status != 0 or found is None:
            return []
        shown = found.group(1).split()
        return sorted(shown) if verb == "domain" else shown  # it shows domains in an order of its own


def _routed(network: NamedNetwork) -> list[str]:
    return [f"~{domain}" for domain in (network.domain, *network.zones)]


def _names(networks: Networks) -> dict[str, list[str]]:
    """Those of all networks; the same name in two networks has the addresses of both."""
    found: dict[str, list[str]] = {}
    for network in networks.values():
        for name, addresses in network.hosts.items():
            found[name] = list(dict.fromkeys([*found.get(name, ()), *addresses]))
    return found
