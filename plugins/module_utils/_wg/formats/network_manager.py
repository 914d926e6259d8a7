# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles for WireGuard. Source: nm-settings-keyfile(5), nm-settings(5), "wireguard"."""

from __future__ import annotations

import re
from typing import Iterator

from ..config.model import Config, Peer, parse_dns, parse_fwmark, parse_keepalive, parse_mtu
from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from .foreign import Foreign, as_loaded
from .sections import Section, read_sections

_PEER = "wireguard-peer."
_ADDRESS = re.compile(r"address(?:es)?[0-9]*\Z")
_KNOWN = {
    "connection": {"id", "uuid", "type", "interface-name", "autoconnect", "permissions", "timestamp"},
    "wireguard": {"private-key", "private-key-flags", "listen-port", "fwmark", "mtu", "peer-routes"},
    "ipv4": {"method", "dns", "dns-search", "route-table", "may-fail", "never-default"},
    "ipv6": {"method", "dns", "dns-search", "route-table", "may-fail", "never-default", "addr-gen-mode"},
    "proxy": set(),
}
_PEER_KEYS = {"endpoint", "preshared-key", "preshared-key-flags", "persistent-keepalive", "allowed-ips"}


def is_wireguard(text: str) -> bool:
    """Whether a keyfile describes a WireGuard connection."""
    return any(section.last("type") == "wireguard" for section in read_sections(text) if section.title == "connection")


def read_keyfile(text: str) -> Foreign:
    """A connection.

    :raises ValueError: a value that cannot be read; secrets are not repeated.
    """
    sections = read_sections(text)
    by_title = {section.title: section for section in sections}
    empty = Section("", [])
    device, connection = by_title.get("wireguard", empty), by_title.get("connection", empty)
    ip = [by_title.get("ipv4", empty), by_title.get("ipv6", empty)]
    key, port, mark, mtu = (device.last(name) for name in ("private-key", "listen-port", "fwmark", "mtu"))
    addresses = [_address(line.value) for section in ip for line in section.lines if _ADDRESS.match(line.key)]
    dns = [word for name in ("dns", "dns-search") for section in ip for value in section.all(name) for word in _listed(value)]
    config = Config(
        private_key=parse_key(key, "private-key") if key else None,
        addresses=tuple(parse_address(text, "address") for text in dict.fromkeys(addresses)),
        port=parse_port(port, "listen-port") if port and port != "0" else None,
        fwmark=parse_fwmark(mark, "fwmark") if mark else None,
        mtu=parse_mtu(mtu, "mtu") if mtu and mtu != "0" else None,
        table=_table(device, ip),
        dns=tuple(parse_dns(text, "dns") for text in dict.fromkeys(word.lstrip("~") for word in dns) if text),
        peers=tuple(_peer(section) for section in sections if section.title.startswith(_PEER)),
    )
    return Foreign(as_loaded(config), connection.last("interface-name"), None, tuple(_left_out(sections)))


def _peer(section: Section) -> Peer:
    secret, endpoint, keepalive = (section.last(name) for name in ("preshared-key", "endpoint", "persistent-keepalive"))
    prefixes = [word for value in section.all("allowed-ips") for word in _listed(value)]
    return Peer(
        parse_key(section.title[len(_PEER) :], "the peer's public key"),
        parse_key(secret, "preshared-key") if secret else None,
        sort_prefixes(parse_prefix(text, "allowed-ips") for text in prefixes),
        str(parse_endpoint(endpoint, "endpoint")) if endpoint else None,
        parse_keepalive(keepalive, "persistent-keepalive") if keepalive else 0,
    )


def _table(device: Section, ip: list[Section]) -> str:
    if device.last("peer-routes") in ("false", "no", "0"):
        return "off"
    tables = [section.last("route-table") for section in ip]
    table = next((table for table in tables if table and table != "0"), "auto")
    return "auto" if table == "254" else table


def _address(value: str) -> str:
    """The address in ``10.8.0.2/24,10.8.0.1``; a gateway follows the comma."""
    return value.split(",", maxsplit=1)[0].split(" ", maxsplit=1)[0]


def _listed(value: str) -> list[str]:
    return [word for word in re.split(r"[;,\s]+", value) if word]


def _left_out(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        known = _PEER_KEYS if section.title.startswith(_PEER) else _KNOWN.get(section.title, set())
        for line in section.lines:
            if line.key not in known and not _ADDRESS.match(line.key):
                yield f"[{section.title}] {line.key}"
