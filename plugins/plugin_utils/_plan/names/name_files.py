# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS names of a network as texts for other programs: lines of ``/etc/hosts``, and zones for DNS servers.

Sources: hosts(5); RFC 1035, 5; RFC 3596 for IPv6.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ..model.findings import PlanError
from ..model.network import Network
from .naming import domain_of, named

TITLE = "Made by meshwork.wireguard from the plan of a network.\n"
HOSTS_HEAD, ZONE_HEAD = f"# {TITLE}", f"; {TITLE}"
"""The first lines of the files."""
_STEP = {4: (8, 24), 6: (4, 124)}
"""IP version -> bits of a label of a reverse zone, and the length of the smallest zone that has room for a name."""
_BEGIN = """\
$ORIGIN {zone}.
$TTL 300
@ SOA localhost. nobody.invalid. {serial} 3600 600 604800 300
@ NS localhost.
"""


def hosts_text(network: Network) -> str:
    """A line for each address, ``10.8.0.1 alpha.wireguard.internal``, in the order of the addresses.

    :raises PlanError: the network's name is no domain.
    """
    lines = sorted(_addresses(network), key=lambda one: (one[0].version, one[0]))
    return HOSTS_HEAD + "".join(f"{address} {name}\n" for address, name in lines)


def zone_names(network: Network) -> list[str]:
    """The domain, and the reverse zones that have the nodes' addresses.

    :raises PlanError: the network's name is no domain.
    """
    return [domain_of(network), *_reverse(network)]


def zone_text(network: Network, zone: str | None = None, serial: int = 1) -> str:
    """A whole zone.

    :param zone: one of :func:`zone_names`; None: the domain.
    :raises PlanError: another one, or the network's name is no domain.
    """
    domain = domain_of(network)
    if zone is None or zone == domain:
        records = [
            f"{name.removesuffix(f'.{domain}')} {'A' if address.version == 4 else 'AAAA'} {address}"
            for address, name in _addresses(network)
        ]
    else:
        reverse = _reverse(network)
        if zone not in reverse:
            raise PlanError(f"network {network.name}: has no zone {zone}; it has {', '.join((domain, *reverse))}")
        records = [
            f"{address.reverse_pointer.removesuffix(f'.{zone}')} PTR {name}."
            for address, name in sorted(reverse[zone], key=lambda one: one[0])
        ]
    return ZONE_HEAD + _BEGIN.format(zone=zone or domain, serial=serial) + "".join(record + "\n" for record in records)


def name_files(network: Network) -> Iterator[tuple[str, str]]:
    """File name, text: the hosts, and each zone. None if the network's name is no domain, which is a finding."""
    try:
        zones = zone_names(network)
    except PlanError:
        return
    yield "hosts", hosts_text(network)
    yield from ((f"{zone}.zone", zone_text(network, zone)) for zone in zones)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


def _addresses(network: Network) -> Iterator[tuple[Address, str]]:
    for name, dns_name in named(network).items():
        for address in network.nodes[name].addresses:
            yield ipaddress.ip_address(address), dns_name


def _reverse(network: Network) -> dict[str, list[tuple[Address, str]]]:
    """Reverse zone -> its addresses with their names. A prefix that is smaller than a zone gets the zone that contains it."""
    found: dict[str, list[tuple[Address, str]]] = {}
    for address, name in _addresses(network):
        prefix = network.prefix_of(str(address))
        if prefix is not None:
            zone = ipaddress.ip_network((address, _length(ipaddress.ip_network(prefix))), strict=False)
            found.setdefault(_zone(zone), []).append((address, name))
    return dict(sorted(found.items()))


def zones_inside(network: Network) -> list[str]:
    """The reverse zones of the nodes' addresses that have no address outside the network's prefixes. In a prefix that is smaller
    than a usual zone, each address has one of its own.

    :raises PlanError: the network's name is no domain.
    """
    found = set()
    for address, _name in _addresses(network):
        prefix = network.prefix_of(str(address))
        if prefix is not None:
            step, _most = _STEP[address.version]
            length = -(-ipaddress.ip_network(prefix).prefixlen // step) * step
            found.add(_zone(ipaddress.ip_network((address, length), strict=False)))
    return sorted(found)


def _length(prefix: Prefix) -> int:
    step, most = _STEP[prefix.version]
    return min(-(-prefix.prefixlen // step) * step, most)


def _zone(prefix: Prefix) -> str:
    """The name of a zone whose length is a whole number of labels."""
    step, _most = _STEP[prefix.version]
    labels = prefix.network_address.reverse_pointer.split(".")
    return ".".join(labels[(prefix.max_prefixlen - prefix.prefixlen) // step :])
