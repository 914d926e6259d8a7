# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS names that a host gets, and how: the settings of its program, as a value and as text.

The plan makes them. The program on the host reads them strictly, and so does the module that writes them.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Mapping

from ..config.model import InvalidConfig, distinct, read_keys
from ..values.names import parse_dns_name, parse_domain, parse_identifier, parse_interface

HOSTS, RESOLVED, RESOLVER = WAYS = ("hosts", "resolved", "resolver")
"""How a host gets the names: from ``/etc/hosts``, from records in files of systemd-resolved, or from the resolvers on hubs."""


@dataclass(frozen=True)
class NamedNetwork:
    """The names of one network, known to the host as long as one of its ``interfaces`` is up.

    ``hosts``: name -> addresses; empty if the host asks resolvers and is none itself. ``zones``: the reverse zones that belong to
    the network alone. ``servers``: interface -> the addresses of resolvers that are asked there, the preferred one first.
    ``serves``: the addresses at which the host itself is one.
    """

    domain: str
    interfaces: tuple[str, ...]
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zones: tuple[str, ...] = ()
    servers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    serves: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamesSettings:
    """``way``: one of ``WAYS``. ``networks`` by name."""

    way: str = HOSTS
    networks: Mapping[str, NamedNetwork] = field(default_factory=dict)


def settings_from(value: Any, what: str = "names") -> NamesSettings:
    """Read the JSON shape.

    :raises ValueError: with the path of the offending key.
    """
    return NamesSettings(**read_keys(value, what, _SETTINGS))


def settings_in(text: str) -> NamesSettings:
    """Read the text of the file.

    :raises ValueError: it is not such a file.
    """
    return settings_from(json.loads(text))


def settings_text(settings: NamesSettings) -> str:
    """The text of the file; equal settings have equal texts."""
    return json.dumps(asdict(settings), sort_keys=True, indent=1) + "\n"


def _address(value: Any, what: str) -> str:
    try:
        return str(ipaddress.ip_address(value if isinstance(value, str) and "%" not in value else ""))
    except ValueError:
        raise InvalidConfig(f"{what}: is not an IP address") from None


def _way(value: Any, what: str) -> str:
    if value not in WAYS:
        raise InvalidConfig(f"{what}: '{value}' is not one of {', '.join(WAYS)}")
    return str(value)


def _network(value: Any, what: str) -> NamedNetwork:
    found = read_keys(value, what, _NETWORK)
    missing = [key for key in ("domain", "interfaces") if not found.get(key)]
    if missing:
        raise InvalidConfig(f"{what}: has no {missing[0]}")
    network = NamedNetwork(**found)
    for name, addresses in network.hosts.items():
        if not addresses or not name.endswith(f".{network.domain}"):
            raise InvalidConfig(f"{what}.hosts.{name}: is not a name in {network.domain} with an address")
    return network


def _mapping(parse: Callable[[Any, str], str], read: Callable[[Any, str], Any]) -> Callable[[Any, str], dict[str, Any]]:
    def read_all(value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InvalidConfig(f"{what}: must be a mapping")
        return {parse(name, what): read(item, f"{what}.{name}") for name, item in value.items()}

    return read_all


_NETWORK: Mapping[str, Callable[[Any, str], Any]] = {
    "domain": parse_domain,
    "interfaces": distinct(parse_interface),
    "hosts": _mapping(parse_dns_name, distinct(_address)),
    "zones": distinct(parse_dns_name),
    "servers": _mapping(parse_interface, distinct(_address)),
    "serves": distinct(_address),
}
_SETTINGS: Mapping[str, Callable[[Any, str], Any]] = {"way": _way, "networks": _mapping(parse_identifier, _network)}
