# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for names. All programs read names that follow them in the same way.

Sources: wg(8), "show"; ip-link(8), whose words wg-quick's ``ip link add NAME type wireguard`` takes for options, most of them
shortened as well (``get_dev`` in iproute2's ``iplink.c``; tried); systemd's ``ifname_valid_full``; Linux'
``/proc/sys/net/ipv4/conf``.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Any

NAME = "[A-Za-z0-9_][A-Za-z0-9_.@-]{0,252}"
"""Names of nodes, sites, groups and hosts, as a regular expression."""
IDENTIFIER = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}"
"""Names of networks, network namespaces and containers."""
LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""A label of a host's DNS name (RFC 1123, 2.1)."""
DOMAIN = rf"(?=.{{1,189}}\Z)({LABEL}\.)*(?![0-9]+\Z){LABEL}"
"""A domain that has room for another label, and is no address."""
DNS_NAME = rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*"
"""A whole name."""
LINK = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}"
"""Names of a host's links, including WireGuard interfaces."""
SHORTENED = (
    "address", "addrgenmode", "alias", "broadcast", "dynamic", "help", "link", "link-netnsid", "master", "numrxqueues",
    "numtxqueues", "txqueuelen", "type",
)  # fmt: skip
"""Words of ip-link(8) that can be abbreviated."""
RESERVED = frozenset(
    (
        "all", "default", "interfaces", "lo", "allmulticast", "arp", "dev", "down", "group", "gro_max_size", "gso_max_segs",
        "gso_max_size", "index", "mode", "mtu", "multicast", "name", "netns", "nomaster", "parentbus", "parentdev", "promisc",
        "protodown", "qlen", "state", "trailers", "up", "vf", "vrf", "xdp", "xdpdrv", "xdpgeneric", "xdpoffload",
    )
) | {word[:length] for word in SHORTENED for length in range(1, len(word) + 1)}  # fmt: skip
"""Names with another meaning for wg, ip or Linux."""
_PLAIN_TABLE = re.compile(r"(?!isolation_)(?!.*_containers\Z)[A-Za-z0-9_]{1,15}\Z")


class InvalidName(ValueError):
    """A name that some program would misread."""


class InvalidInterfaceName(InvalidName):
    """A name that Linux, wg, ip, wg-quick or systemd would refuse or misread."""


def _matches(pattern: str, value: Any) -> bool:
    return isinstance(value, str) and re.match(f"(?:{pattern})\\Z", value) is not None


def _shown(value: Any) -> str:
    """A name for a message, always on one line."""
    text = str(value)[:60]
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def parse_name(value: Any, what: str) -> str:
    """The name of a node, a site or a group.

    :raises InvalidName: other characters, too long, or not text.
    """
    if not _matches(NAME, value):
        raise InvalidName(
            f"{what}: '{_shown(value)}' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"
        )
    return str(value)


def parse_host(value: Any, what: str) -> str:
    """The name of a host of the inventory: as :func:`parse_name`, or an IPv6 address.

    :raises InvalidName: neither.
    """
    try:
        ipaddress.IPv6Address(value if isinstance(value, str) and "%" not in value else "")
    except ValueError:
        return parse_name(value, what)
    return str(value)


def parse_identifier(value: Any, what: str) -> str:
    """The name of a network, a network namespace or a container.

    :raises InvalidName: other characters, too long, or not text.
    """
    if not _matches(IDENTIFIER, value):
        raise InvalidName(
            f"{what}: '{_shown(value)}' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"
        )
    return str(value)


def parse_domain(value: Any, what: str) -> str:
    """A DNS domain, in lower case.

    :raises InvalidName: other characters, an empty label, too long, an address, or not text.
    """
    if not _matches(DOMAIN, value):
        raise InvalidName(
            f"{what}: '{_shown(value)}' is not a domain; use at most 189 characters: labels of A-Z a-z 0-9 -, with dots between "
            "them"
        )
    return str(value).lower()


def parse_dns_name(value: Any, what: str) -> str:
    """The DNS name of a host, or of a reverse zone, in lower case.

    :raises InvalidName: other characters, an empty label, too long, or not text.
    """
    if not _matches(DNS_NAME, value):
        raise InvalidName(f"{what}: '{_shown(value)}' is not a DNS name; use labels of A-Z a-z 0-9 -, with dots between them")
    return str(value).lower()


def parse_link(value: Any, what: str) -> str:
    """The name of a link of a host.

    :raises InvalidInterfaceName: longer than 15 characters, or with other characters.
    """
    if not _matches(LINK, value):
        raise InvalidInterfaceName(
            f"{what}: '{_shown(value)}' is not a valid interface name; use 1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z "
            "a-z 0-9 _"
        )
    return str(value)


def parse_interface(value: Any, what: str) -> str:
    """The name of a WireGuard interface, as Linux, wg, wg-quick and systemd accept it.

    :raises InvalidInterfaceName: as :func:`parse_link`, digits alone, or a word of these programs.
    """
    name = parse_link(value, what)
    if name in RESERVED or name.isdigit():
        raise InvalidInterfaceName(f"{what}: '{name}' has another meaning for wg, ip, systemd or Linux; choose another name")
    return name


def nft_table_of(interface: str) -> str:
    """The unique name of an interface's nftables table, without the prefix ``meshwork_``.

    Interface names that a table cannot have get a digest, which makes them longer than any interface's name.
    """
    if _PLAIN_TABLE.match(interface):
        return interface
    digest = hashlib.sha256(interface.encode()).hexdigest()[:16]
    return re.sub("[^A-Za-z0-9_]", "_", interface)[:8] + "_" + digest
