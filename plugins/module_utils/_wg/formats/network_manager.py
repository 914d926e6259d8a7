# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles for WireGuard. Source: nm-settings-keyfile(5), nm-settings(5), "wireguard"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Collection, Iterator

from ..config.model import Config, Peer, parse_dns, parse_fwmark, parse_keepalive, parse_mtu
from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from .foreign import FULL, Foreign, as_loaded, with_routes
from .sections import Section, name_of, read_sections

_PEER = "wireguard-peer."
_ADDRESS = re.compile(r"address(?:es)?[0-9]*\Z")
_ROUTE = re.compile(r"routes?[0-9]*\Z")
_FALSE = ("false", "no", "0", "off")
_KNOWN = {
    "connection": {"id", "uuid", "type", "interface-name", "autoconnect", "permissions", "timestamp"},
    "wireguard": {
        "private-key",
        "private-key-flags",
        "listen-port",
        "fwmark",
        "mtu",
        "peer-routes",
        "ip4-auto-default-route",
        "ip6-auto-default-route",
    },
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
        dns=tuple(parse_dns("~." if text == "~" else text, "dns") for text in dict.fromkeys(dns)),
        peers=tuple(_peer(section) for section in sections if section.title.startswith(_PEER)),
    )
    routed, notes = _routed(device, ip, as_loaded(config))
    return Foreign(routed, connection.last("interface-name"), None, tuple(_left_out(sections)), notes=notes)


def starts_at_boot(text: str) -> bool:
    """Whether NetworkManager activates the connection by itself."""
    sections = [section for section in read_sections(text) if section.title == "connection"]
    return all((section.last("autoconnect") or "true") not in _FALSE for section in sections)


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


def _routed(device: Section, ip: list[Section], config: Config) -> tuple[Config, tuple[str, ...]]:
    """NetworkManager routes AllowedIPs unless ``peer-routes`` is off, and those of length 0 by rules, as wg-quick does."""
    table = next(
        (table for table in (section.last("route-table") for section in ip) if table not in (None, "", "0", "254")), None
    )
    if table:
        return replace(config, table=table), ()
    routes = {_prefix(line.value) for section in ip for line in section.lines if _ROUTE.match(line.key)}
    if device.last("peer-routes") not in _FALSE:
        allowed = {prefix for peer in config.peers for prefix in peer.allowed_ips}
        never = {full for full, section in zip(FULL, ip) if section.last("never-default") not in (None, *_FALSE)}
        by_rules = allowed.intersection(FULL) - never - set(_plainly(device))
        if by_rules and not never & allowed and not routes:
            return config, ()
        routes |= allowed - never - by_rules
        routed, notes = with_routes(config, routes)
        return routed, (*notes, *(f"route {full}: is left out, because only one IP version has it" for full in sorted(by_rules)))
    return with_routes(config, routes)


def _plainly(device: Section) -> Collection[str]:
    """The default routes that are in the main table, instead of rules."""
    names = ("ip4-auto-default-route", "ip6-auto-default-route")
    return {full for full, name in zip(FULL, names) if device.last(name) in _FALSE}


def _prefix(value: str) -> str:
    """The destination in ``10.8.0.0/24,10.8.0.1,50``; a gateway and a metric follow the comma."""
    return parse_prefix(value.split(",", maxsplit=1)[0], "route")


def _address(value: str) -> str:
    """The address in ``10.8.0.2/24,10.8.0.1``; a gateway follows the comma."""
    return value.split(",", maxsplit=1)[0].split(" ", maxsplit=1)[0]


def _listed(value: str) -> list[str]:
    return [word for word in re.split(r"[;,\s]+", value) if word]


def _left_out(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        known = _PEER_KEYS if section.title.startswith(_PEER) else _KNOWN.get(section.title, set())
        for line in section.lines:
            secret = line.key == "preshared-key-flags" and line.value != "0" and not section.last("preshared-key")
            if secret or (line.key not in known and not (_ADDRESS.match(line.key) or _ROUTE.match(line.key))):
                yield name_of(section, line)
