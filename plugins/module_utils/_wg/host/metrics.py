# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host measures for Prometheus, and where it writes it: the settings of its program, as a value and as text.

The plan makes them. The program on the host reads them strictly, and so does the module that writes them.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Mapping

from ..config.model import InvalidConfig, distinct, flag, number, read_keys
from ..values.keys import parse_key
from ..values.names import parse_identifier, parse_interface, parse_name

DIRECTORY = "/var/lib/prometheus/node-exporter"
"""Where Debian's prometheus-node-exporter looks for files."""
INTERVAL = 60
"""Seconds between two measurements."""
KEY_DIRECTORY = "/etc/wireguard"
PROBED = ("managed", "all", "none")
"""Which peers get a packet; the first one is the default."""
_PATH = re.compile(r"/[A-Za-z0-9_.@+-][A-Za-z0-9_.@+/-]{0,250}\Z")


@dataclass(frozen=True)
class MeasuredPeer:
    """A node by its public ``keys``: the one in use, and the next one if it has one. ``address``: gets a packet; None: the node
    gets none.
    """

    keys: tuple[str, ...]
    address: str | None = None


@dataclass(frozen=True)
class MeasuredInterface:
    """``key``: name of its private key's file, without ``.key``. ``inside``: in a namespace or container. ``peers``: by name."""

    network: str
    node: str
    key: str
    inside: bool = False
    peers: Mapping[str, MeasuredPeer] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricsSettings:
    """``interfaces`` by name."""

    interfaces: Mapping[str, MeasuredInterface] = field(default_factory=dict)
    directory: str = DIRECTORY
    interval: int = INTERVAL
    key_directory: str = KEY_DIRECTORY

    @property
    def inside(self) -> bool:
        """Whether an interface is in a namespace or a container."""
        return any(interface.inside for interface in self.interfaces.values())


def settings_from(value: Any, what: str = "metrics") -> MetricsSettings:
    """Read the JSON shape.

    :raises ValueError: with the path of the offending key.
    """
    settings = MetricsSettings(**read_keys(value, what, _SETTINGS))
    seen: set[tuple[str, str]] = set()
    for name, interface in settings.interfaces.items():
        for peer in interface.peers:
            if (interface.network, peer) in seen:
                raise InvalidConfig(f"{what}.interfaces.{name}: another interface has the peer {peer} of this network, too")
            seen.add((interface.network, peer))
    return settings


def settings_in(text: str) -> MetricsSettings:
    """Read the text of the file.

    :raises ValueError: it is not such a file.
    """
    return settings_from(json.loads(text))


def settings_text(settings: MetricsSettings) -> str:
    """The text of the file; equal settings have equal texts."""
    return json.dumps(asdict(settings), sort_keys=True, indent=1) + "\n"


def _address(value: Any, what: str) -> str:
    try:
        return str(ipaddress.ip_address(value if isinstance(value, str) and "%" not in value else ""))
    except ValueError:
        raise InvalidConfig(f"{what}: is not an IP address") from None


def _path(value: Any, what: str) -> str:
    if not isinstance(value, str) or not _PATH.match(value) or ".." in value.split("/"):
        raise InvalidConfig(f"{what}: '{value}' is not an absolute path of A-Z a-z 0-9 _ . @ + - /")
    return value


def _by_name(
    parse: Callable[[Any, str], str], read: Callable[[Any, str], Any], needed: tuple[str, ...]
) -> Callable[[Any, str], dict[str, Any]]:
    """A reader of mappings from names to values that have some keys."""

    def read_all(value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InvalidConfig(f"{what}: must be a mapping")
        found: dict[str, Any] = {}
        for name, item in value.items():
            place = f"{what}.{parse(name, what)}"
            missing = [key for key in needed if not isinstance(item, Mapping) or item.get(key) is None]
            if missing:
                raise InvalidConfig(f"{place}: has no {missing[0]}")
            found[str(name)] = read(item, place)
        return found

    return read_all


_PEER: Mapping[str, Callable[[Any, str], Any]] = {
    "keys": distinct(lambda value, what: parse_key(str(value), what)),
    "address": _address,
}
_INTERFACE: Mapping[str, Callable[[Any, str], Any]] = {
    "network": parse_identifier,
    "node": parse_name,
    "key": parse_interface,
    "inside": flag,
    "peers": _by_name(parse_name, lambda value, what: MeasuredPeer(**read_keys(value, what, _PEER)), ("keys",)),
}
_SETTINGS: Mapping[str, Callable[[Any, str], Any]] = {
    "interfaces": _by_name(
        parse_interface, lambda value, what: MeasuredInterface(**read_keys(value, what, _INTERFACE)), ("network", "node", "key")
    ),
    "directory": _path,
    "interval": number(10, 3600),
    "key_directory": _path,
}
