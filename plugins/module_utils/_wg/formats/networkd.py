# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd's files for WireGuard, a ``.netdev`` and its ``.network``. Source: systemd.netdev(5), systemd.network(5)."""

from __future__ import annotations

import re
from typing import Iterable, Iterator

from ..config.model import Config, Peer, parse_dns, parse_fwmark, parse_keepalive, parse_mtu
from ..live.diff import routes_of
from ..values.addresses import covers, parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from .foreign import Foreign, as_loaded
from .sections import Section, read_sections

_KNOWN = {
    "NetDev": {"Name", "Kind", "Description", "MTUBytes"},
    "WireGuard": {"PrivateKey", "PrivateKeyFile", "ListenPort", "FirewallMark", "RouteTable"},
    "WireGuardPeer": {
        "PublicKey", "PresharedKey", "PresharedKeyFile", "AllowedIPs", "Endpoint", "PersistentKeepalive", "RouteTable",
    },
    "Match": {"Name"},
    "Network": {"Address", "DNS", "Domains", "Description"},
    "Address": {"Address"},
    "Route": {"Destination", "Scope"},
    "Link": {"MTUBytes"},
}  # fmt: skip


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
    domains = [name for text in _all(sections, ("Network",), "Domains") for name in text.split() if name not in ("~.", "~")]
    dns = [*_words(_all(sections, ("Network",), "DNS")), *(name.lstrip("~") for name in domains)]
    plain = Config(
        private_key=parse_key(key, "PrivateKey") if key else None,
        addresses=tuple(dict.fromkeys(addresses)),
        port=None if port in (None, "auto") else parse_port(port, "ListenPort"),
        fwmark=parse_fwmark(mark, "FirewallMark") if mark else None,
        mtu=parse_mtu(mtu, "MTUBytes") if mtu else None,
        dns=tuple(parse_dns(text, "DNS") for text in dict.fromkeys(dns)),
        peers=peers,
    )
    config = as_loaded(Config(**{**vars(plain), "table": _table(sections, plain)}))
    return Foreign(
        config, _last(sections, "NetDev", "Name"), _last(sections, "WireGuard", "PrivateKeyFile"), tuple(_left_out(sections))
    )


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


def _table(sections: list[Section], config: Config) -> str:
    """networkd makes no routes for AllowedIPs on its own: without routes in the file, only connected prefixes are reached."""
    tables = [text for title in ("WireGuard", "WireGuardPeer") for text in _all(sections, (title,), "RouteTable")]
    if tables:
        return "auto" if tables[-1] in ("main", "254") else tables[-1]
    routed = {parse_prefix(text, "Destination") for text in _all(sections, ("Route",), "Destination")}
    return "auto" if all(any(covers(route, prefix) for route in routed) for prefix in routes_of(config)) else "off"


def _left_out(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        known = _KNOWN.get(section.title, set())
        for line in section.lines:
            if line.key not in known:
                yield f"[{section.title}] {line.key}"


def _titled(sections: Iterable[Section], *titles: str) -> list[Section]:
    return [section for section in sections if section.title in titles]


def _all(sections: Iterable[Section], titles: tuple[str, ...], key: str) -> list[str]:
    return [text for section in _titled(sections, *titles) for text in section.all(key)]


def _last(sections: Iterable[Section], title: str, key: str) -> str | None:
    return next(reversed(_all(sections, (title,), key)), None)


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in re.split(r"[,\s]+", text) if word]
