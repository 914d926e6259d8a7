# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses, prefixes and endpoints in one canonical spelling, so that equal means equal."""

from __future__ import annotations

import ipaddress
import re
from typing import Iterable, NamedTuple, Union

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?\Z")
_ZONE = re.compile(r"[A-Za-z0-9_.-]{1,15}\Z")


class Endpoint(NamedTuple):
    """An underlay address: host name or IP address (no brackets), UDP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return ("[%s]:%d" if ":" in self.host else "%s:%d") % self

    @property
    def is_name(self) -> bool:
        """True if the host must be resolved by DNS."""
        return _ip(self.host) is None


class HostBits(ValueError):
    """A prefix with host bits set."""


def _ip(text: str) -> str | None:
    """An address of the underlay. A zone names a link, which only a link-local address needs (RFC 4007, 11)."""
    address, percent, zone = text.partition("%")
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if percent and not (ip.version == 6 and ip.is_link_local and _ZONE.match(zone)):
        return None
    return str(ip) + percent + zone


def parse_port(text: object, what: str) -> int:
    """A UDP port, 0 to 65535 (0: the kernel chooses).

    :raises ValueError: anything else.
    """
    if isinstance(text, bool) or not re.match(r"[0-9]{1,5}\Z", str(text)) or int(str(text)) > 65535:
        raise ValueError(f"{what}: '{text}' is not a port (0 to 65535)")
    return int(str(text))


def parse_endpoint(text: str, what: str, default_port: int | None = None) -> Endpoint:
    """Read ``host:port``, ``[IPv6]:port``, or, with a default port, also ``host`` and a bare IPv6 address.

    :raises ValueError: no host, no port, or an IPv6 address with a port but without brackets.
    """
    text = text.strip()
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        address = _ip(host)
        if not closed or address is None or ":" not in address or (rest and not rest.startswith(":")):
            raise ValueError(f"{what}: '{text}' is not an endpoint; write an IPv6 endpoint as [address]:port")
        return _endpoint(address, rest[1:], text, what, default_port)
    bare = _ip(text)
    if bare is not None and ":" in bare:
        if default_port is None:
            raise ValueError(f"{what}: '{text}' has no port; write [{bare}]:port")
        return Endpoint(bare, default_port)
    host, _colon, port = text.rpartition(":") if ":" in text else (text, "", "")
    address = _ip(host)
    if address is not None and ":" in address:
        raise ValueError(f"{what}: '{text}' is not an endpoint; write [{address}]:{port}")
    if address is None and (not _HOST_NAME.match(host) or re.match(r"[0-9.]+\Z", host)):
        raise ValueError(f"{what}: '{text}' is not an endpoint (host:port, IPv6 as [address]:port)")
    return _endpoint(address or host, port, text, what, default_port)


def _endpoint(host: str, port: str, text: str, what: str, default_port: int | None) -> Endpoint:
    if port:
        number = parse_port(port, what)
        if number == 0:
            raise ValueError(f"{what}: '{text}': port 0 cannot be dialled")
        return Endpoint(host, number)
    if default_port is None:
        raise ValueError(f"{what}: '{text}' has no port; write host:port")
    return Endpoint(host, default_port)


def _without_zone(text: str) -> str:
    """The text, if it has no zone. Python accepts any text after ``%`` as a zone."""
    if "%" in text:
        raise ValueError
    return text.strip()


def parse_address(text: str, what: str) -> str:
    """An interface address with its prefix length; without one it is a single host (/32, /128), as for ``ip address add``.

    :raises ValueError: not an address.
    """
    try:
        return str(ipaddress.ip_interface(_without_zone(text)))
    except ValueError:
        raise ValueError(f"{what}: '{text}' is not an address") from None


def parse_prefix(text: str, what: str, strict: bool = False) -> str:
    """A prefix in canonical spelling.

    :param strict: refuse host bits; otherwise they are cleared, as ``wg`` does.
    :raises HostBits: host bits, if they are refused.
    :raises ValueError: not a prefix.
    """
    try:
        network = ipaddress.ip_network(_without_zone(text), strict=False)
    except ValueError:
        raise ValueError(f"{what}: '{text}' is not a prefix") from None
    if strict and ipaddress.ip_interface(text.strip()).ip != network.network_address:
        raise HostBits(f"{what}: '{text}' has host bits set; write {network}")
    return str(network)


def sort_prefixes(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Distinct prefixes, IPv4 before IPv6, in the order of their numbers."""
    return tuple(str(network) for network in sorted({ipaddress.ip_network(p) for p in prefixes}, key=_order))


def _order(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def covers(outer: str, inner: str) -> bool:
    """Whether every address of ``inner`` is in ``outer`` (both prefixes)."""
    wide = ipaddress.ip_network(outer, strict=False)
    narrow = ipaddress.ip_network(inner, strict=False)
    return wide.version == narrow.version and wide.prefixlen <= narrow.prefixlen and narrow.network_address in wide
