# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd's files for WireGuard, a ``.netdev`` and its ``.network``. Source: systemd.netdev(5), systemd.network(5)."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace
from typing import Iterable, Iterator

from ..config.model import Config, Peer, parse_dns, parse_fwmark, parse_keepalive, parse_mtu
from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from .foreign import Foreign, as_loaded, with_routes
from .sections import Section, name_of, read_sections

_KNOWN = {
    "NetDev": {"Name", "Kind", "Description", "MTUBytes"},
    "WireGuard": {"PrivateKey", "PrivateKeyFile", "ListenPort", "FirewallMark", "RouteTable"},
    "WireGuardPeer": {
        "PublicKey", "PresharedKey", "PresharedKeyFile", "AllowedIPs", "Endpoint", "PersistentKeepalive", "RouteTable",
    },
    "Match": {"Name", "Kind", "Type"},
    "Network": {"Address", "DNS", "Domains", "Description"},
    "Address": {"Address"},
    "Route": {"Destination", "Scope"},
    "Link": {"MTUBytes"},
}  # fmt: skip


_OFF = ("off", "no", "false", "n", "f", "0")


def is_wireguard(netdev: str) -> bool:
    """Whether a ``.netdev`` describes a WireGuard interface."""
    return any(section.last("Kind") == "wireguard" for section in read_sections(netdev) if section.title == "NetDev")


def read_networkd(netdev: str, network: str | None) -> Foreign:
    """The two files as one value.

    :param network: the text of the ``.network`` that matches the interface; None if there is none.
    :raises ValueError: a value that cannot be read; secrets are not repeated.
    """
    sections = [*read_sections(netdev), *read_sections(network or "")]
    peers = tuple(_peer(section) for section in _titled(sections, "WireGuardPeer"))
    addresses = [parse_address(text, "Address") for text in _all(sections, ("Network", "Address"), "Address")]
    key = _last(sections, "WireGuard", "PrivateKey")
    port = _last(sections, "WireGuard", "ListenPort")
    mark = _last(sections, "WireGuard", "FirewallMark")
    mtu = _last(sections, "Link", "MTUBytes") or _last(sections, "NetDev", "MTUBytes")
    domains = [name for text in _all(sections, ("Network",), "Domains") for name in text.split()]
    dns = [*_words(_all(sections, ("Network",), "DNS")), *domains]
    plain = Config(
        private_key=parse_key(key, "PrivateKey") if key else None,
        addresses=tuple(dict.fromkeys(addresses)),
        port=None if port in (None, "auto") else parse_port(port, "ListenPort"),
        fwmark=parse_fwmark(mark, "FirewallMark") if mark else None,
        mtu=parse_mtu(mtu, "MTUBytes") if mtu else None,
        dns=tuple(parse_dns(text, "DNS") for text in dict.fromkeys(dns)),
        peers=peers,
    )
    config, notes = _routed(sections, as_loaded(plain))
    return Foreign(
        config,
        _last(sections, "NetDev", "Name"),
        _last(sections, "WireGuard", "PrivateKeyFile"),
        tuple(_left_out(sections)),
        {
            key: path
            for section in _titled(sections, "WireGuardPeer")
            for key, path in [(section.last("PublicKey"), section.last("PresharedKeyFile"))]
            if key and path
        },
        notes=notes,
    )


def applies(network: str, interface: str) -> bool:
    """Whether a ``.network`` matches an interface. A match by anything else than name, kind and type counts as none.

    :raises ValueError: the text has no sections.
    """
    sections = _titled(read_sections(network), "Match")
    if any(line.key not in _KNOWN["Match"] for section in sections for line in section.lines):
        return False
    kinds = _words(_all(sections, ("Match",), "Kind") + _all(sections, ("Match",), "Type"))
    names = [word for text in _all(sections, ("Match",), "Name") for word in text.split()]
    return bool(kinds or names) and _is_one_of("wireguard", kinds) and _is_one_of(interface, names)


def names_one(network: str) -> bool:
    """Whether a ``.network`` names a single interface, and nothing else."""
    sections = _titled(read_sections(network), "Match")
    names = [word for text in _all(sections, ("Match",), "Name") for word in text.split()]
    return len(names) == 1 and not re.search(r"[*?!\[]", names[0])


def _is_one_of(word: str, patterns: list[str]) -> bool:
    """Whether a list of patterns matches, which begins with ``!`` if it must not. No list matches everything."""
    inverted = bool(patterns) and patterns[0].startswith("!")
    matching = any(fnmatch.fnmatchcase(word, pattern.lstrip("!")) for pattern in patterns)
    return matching != inverted if patterns else True


def _peer(section: Section) -> Peer:
    key = section.last("PublicKey")
    if not key:
        raise ValueError("a [WireGuardPeer] section has no PublicKey")
    secret, endpoint, keepalive = (section.last(name) for name in ("PresharedKey", "Endpoint", "PersistentKeepalive"))
    return Peer(
        parse_key(key, "PublicKey"),
        parse_key(secret, "PresharedKey") if secret else None,
        sort_prefixes(parse_prefix(text, "AllowedIPs") for text in _words(section.all("AllowedIPs"))),
        str(parse_endpoint(endpoint, "Endpoint")) if endpoint else None,
        parse_keepalive(keepalive, "PersistentKeepalive") if keepalive else 0,
    )


def _routed(sections: list[Section], config: Config) -> tuple[Config, tuple[str, ...]]:
    """networkd makes no routes for AllowedIPs on its own: without routes in the file, only connected prefixes are reached."""
    tables = [text for title in ("WireGuard", "WireGuardPeer") for text in _all(sections, (title,), "RouteTable")]
    table = tables[-1] if tables else "off"
    if table in ("main", "254"):
        return with_routes(config, [prefix for peer in config.peers for prefix in peer.allowed_ips])
    if table not in _OFF:
        return replace(config, table=table), ()
    return with_routes(config, [parse_prefix(text, "Destination") for text in _all(sections, ("Route",), "Destination")])


def _left_out(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        known = _KNOWN.get(section.title, set())
        for line in section.lines:
            if line.key not in known:
                yield name_of(section, line)


def _titled(sections: Iterable[Section], *titles: str) -> list[Section]:
    return [section for section in sections if section.title in titles]


def _all(sections: Iterable[Section], titles: tuple[str, ...], key: str) -> list[str]:
    return [text for section in _titled(sections, *titles) for text in section.all(key)]


def _last(sections: Iterable[Section], title: str, key: str) -> str | None:
    return next(reversed(_all(sections, (title,), key)), None)


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in re.split(r"[,\s]+", text) if word]
