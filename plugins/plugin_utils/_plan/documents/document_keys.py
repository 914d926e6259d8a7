# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of network documents: meaning, shape in JSON, and reader."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import (
    InvalidConfig,
    distinct,
    each,
    number,
    parse_dns,
    parse_fwmark,
    parse_hooks,
    parse_keepalive,
    parse_table,
    plain_text,
    read_keys,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import (
    parse_address,
    parse_port,
    parse_prefix,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import (
    parse_domain,
    parse_host,
    parse_identifier,
    parse_interface,
    parse_link,
    parse_name,
)

from ..model.network import AUTO_MTU, Floating, Link
from ..topologies.topology import TOPOLOGIES
from . import shapes

Reader = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Key:
    """A key as a reader, with its ``shape`` as a JSON Schema, and its ``meaning`` in a sentence."""

    read: Reader
    shape: shapes.Shape
    meaning: str

    def __call__(self, value: Any, what: str) -> Any:
        """The value as the planner uses it."""
        return self.read(value, what)


ULA = "ula"
"""In ``prefixes``, stands for an IPv6 prefix that a run draws and the registry records."""


def parse_date(value: Any, what: str) -> str:
    """A day, such as ``2027-01-31``."""
    text = str(value).strip()
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidConfig(f"{what}: '{text}' is not a date; write it like 2027-01-31") from None


def parse_secret_id(value: Any, what: str) -> str:
    """The id of a secret: 16 hexadecimal digits."""
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{16}", value):
        raise InvalidConfig(f"{what}: must be the id of a secret, 16 hexadecimal digits")
    return value


def _flag(value: Any, what: str) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "yes", "on", "1", "false", "no", "off", "0"):
        return value.lower() in ("true", "yes", "on", "1")
    if not isinstance(value, bool):
        raise InvalidConfig(f"{what}: '{value}' is not true or false")
    return value


def _mtu(value: Any, what: str) -> int:
    return AUTO_MTU if value == "auto" else number(576, 65535)(value, what)


def _address(value: Any, what: str) -> str:
    """With a prefix length if it is given."""
    address = parse_address(str(value), what)
    return address if "/" in str(value) else address.partition("/")[0]


def _prefix(value: Any, what: str) -> str:
    if str(value).strip() == ULA:
        raise InvalidConfig(f"{what}: '{ULA}' is drawn by a run and recorded in the registry; give the registry, or a prefix")
    return parse_prefix(str(value), what, strict=True)


def _links(value: Any, what: str) -> tuple[Link, ...]:
    if not isinstance(value, list):
        raise InvalidConfig(f"{what}: must be a list of links, each a pair of nodes or groups")
    return each(_link)(value, what)


_LINK_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "nodes": lambda value, _what: value,
    "weight": number(1, 1_000_000),
    "exclude": _flag,
}


def _link(value: Any, what: str) -> Link:
    values = dict(read_keys(value, what, _LINK_KEYS)) if isinstance(value, Mapping) else {"nodes": value}
    pair = values.pop("nodes", None)
    if not isinstance(pair, list) or len(pair) != 2:
        raise InvalidConfig(f"{what}: must name two nodes or groups, like [alpha, beta] or {{nodes: [alpha, beta], weight: 5}}")
    a, b = (parse_name(name, what) for name in pair)
    if values.get("exclude") and "weight" in values:
        raise InvalidConfig(f"{what}: an excluded link has no weight; remove exclude or weight")
    return Link(a, b, **values)


NO_ADDRESSES = "none"
"""Instead of the addresses of a node: it has none, and none is allocated."""


def _addresses(value: Any, what: str) -> tuple[str, ...] | str:
    return NO_ADDRESSES if value == NO_ADDRESSES else distinct(_address)(value, what)


def _floating(value: Any, what: str) -> tuple[Floating, ...]:
    if not isinstance(value, list):
        raise InvalidConfig(f"{what}: must be a list of addresses, each {{address: 203.0.113.10/24, interface: eth0}}")
    return each(_floating_one)(value, what)


def _floating_one(value: Any, what: str) -> Floating:
    return Floating(**{"address": "", "interface": "", **read_keys(value, what, _FLOATING_KEYS)})


def _floating_address(value: Any, what: str) -> str:
    text = str(value).strip()
    if "/" not in text:
        raise InvalidConfig(f"{what}: '{text}' has no prefix length; write it like 203.0.113.10/24")
    return parse_address(text, what)


_FLOATING_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "address": _floating_address,
    "interface": parse_link,
}


def _vrrp_addresses(value: Any, what: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidConfig(f"{what}: must be a mapping from hosts to their addresses")
    return {parse_host(host, what): _address(address, f"{what}.{host}") for host, address in value.items()}


def _endpoint(value: Any, what: str) -> str:
    if isinstance(value, (list, Mapping)):
        raise InvalidConfig(f"{what}: must be one text; give several as wireguard_endpoints: {{ipv4: ..., ipv6: ...}}")
    return plain_text(value, what)


def _endpoints(value: Any, what: str) -> dict[str, str]:
    """Entries without a value count as missing."""
    if not isinstance(value, Mapping):
        raise InvalidConfig(
            f"{what}: must be a mapping from underlays to endpoints, like {{ipv4: 203.0.113.1, ipv6: '2001:db8::1'}}"
        )
    given = {name: text for name, text in value.items() if text is not None and text != ""}
    return {parse_name(name, what): plain_text(text, f"{what}.{name}") for name, text in given.items()}


def _failover(value: Any, what: str) -> str | None:
    text = plain_text(value, what)
    if text == "routed":
        raise InvalidConfig(f"{what}: 'routed' is now called bgp; write bgp")
    if text not in (*shapes.FAILOVERS, "none"):
        raise InvalidConfig(f"{what}: '{text}' is not one of none, {', '.join(shapes.FAILOVERS)}")
    return None if text == "none" else text


def _groups(value: Any, what: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise InvalidConfig(f"{what}: must be a mapping from groups to their nodes")
    return {parse_name(name, what): distinct(parse_name)(nodes, f"{what}.{name}") for name, nodes in value.items()}


# Keys that a network may set for all its nodes, and a node for itself.
COMMON_KEYS: dict[str, Key] = {
    "port": Key(parse_port, shapes.PORT, "UDP port, 0 for one that changes at each start. 51820 if not set."),
    "keepalive": Key(
        parse_keepalive,
        shapes.KEEPALIVE,
        "Seconds between keepalives to all peers. If not set, 25 to peers that cannot dial it.",
    ),
    "mtu": Key(
        _mtu,
        shapes.MTU,
        "MTU of the interface in bytes; auto leaves it to what brings the interface up. If not set, 80 less than underlay_mtu.",
    ),
    "underlay_mtu": Key(number(1280, 65535), shapes.whole(1280, 65535), "MTU of the underlay in bytes. 1500 if not set."),
    "table": Key(parse_table, shapes.TABLE, "Routing table for the AllowedIPs. auto if not set."),
    "fwmark": Key(parse_fwmark, shapes.FWMARK, "Mark for outgoing packets."),
    "dns": Key(distinct(parse_dns), shapes.DNS, "DNS servers and search domains."),
    "hooks": Key(parse_hooks, shapes.HOOKS, "Commands for wg-quick."),
}
NODE_KEYS: dict[str, Key] = {
    "public_key": Key(
        lambda value, what: parse_key(str(value), what), shapes.KEY, "Public key. Without one, the node is pending."
    ),
    "preshared_id": Key(
        lambda value, what: parse_key(str(value), what),
        shapes.KEY,
        "Stands for the node where preshared keys are derived: its first public key. Its public key if not set.",
    ),
    "next_public_key": Key(
        lambda value, what: parse_key(str(value), what),
        shapes.KEY,
        "The public key to which the node changes next. Its peers know it already.",
    ),
    "preshared_secret_id": Key(
        parse_secret_id,
        shapes.SECRET_ID,
        "While the preshared secret changes: the id of the secret that all preshared keys of the node come from.",
    ),
    "next_preshared_secret_id": Key(
        parse_secret_id,
        shapes.SECRET_ID,
        "While the preshared secret changes: the id of the secret that they come from once the node uses its next key.",
    ),
    "addresses": Key(
        _addresses,
        shapes.ADDRESSES_OF_NODE,
        "Overlay addresses. One without a prefix length has that of the network's prefix. none: it has no address.",
    ),
    "endpoint": Key(_endpoint, shapes.TEXT, "Where other nodes can dial it, host or host:port, IPv6 as [address]:port."),
    "site": Key(parse_name, shapes.NAME, "Name of its site."),
    "site_endpoint": Key(plain_text, shapes.TEXT, "Where the other nodes of its site can dial it."),
    "endpoints": Key(
        _endpoints,
        shapes.mapping(shapes.TEXT, shapes.NAME),
        "Endpoints by underlays: lan, which is site_endpoint, ipv4, ipv6 or others; endpoint is the one for all others but lan.",
    ),
    "underlays": Key(
        distinct(parse_name),
        shapes.listed(shapes.NAME),
        "The underlays on which it dials others, the preferred one first. If not set, lan in its site, and otherwise any, in the "
        "order of the other's endpoints.",
    ),
    "routes": Key(distinct(_prefix), shapes.listed(shapes.PREFIX), "Prefixes behind the node."),
    "container_subnets": Key(
        distinct(_prefix),
        shapes.listed(shapes.PREFIX),
        "Subnets of its container network, which are routes of the node. See container_prefixes.",
    ),
    "containers": Key(_flag, shapes.FLAG, "False for a node that gets no subnet of container_prefixes."),
    "hub": Key(_flag, shapes.FLAG, "In a star, the node is a hub."),
    "home": Key(parse_name, shapes.NAME, "A spoke's primary hub, or the parent in a tree."),
    "gateway": Key(_flag, shapes.FLAG, "Links its site to the gateways of other sites."),
    "forward": Key(_flag, shapes.FLAG, "Forwards packets between its peers."),
    "hosts": Key(
        distinct(parse_host), shapes.listed(shapes.HOST), "The hosts that are this node. The host of the same name if not set."
    ),
    "vrrp_addresses": Key(
        _vrrp_addresses,
        shapes.mapping(shapes.ADDRESS, shapes.HOST),
        "For a node on several hosts, each host's own address on the underlay.",
    ),
    "floating": Key(_floating, shapes.FLOATING, "The addresses that the node's active host holds."),
    "management": Key(_address, shapes.ADDRESS, "The address at which Ansible reaches it."),
    "managed": Key(_flag, shapes.FLAG, "False for a node that Ansible does not configure."),
    "allowed_ips": Key(
        distinct(_prefix),
        shapes.listed(shapes.PREFIX),
        "Prefixes outside the network that it sends into the tunnel; 0.0.0.0/0 is all IPv4 traffic.",
    ),
    "excluded_ips": Key(
        distinct(_prefix), shapes.listed(shapes.PREFIX), "Prefixes to leave out of allowed_ips, such as its LAN."
    ),
    "exit": Key(parse_name, shapes.NAME, "The node that takes allowed_ips. Its only hub, or only peer, if not set."),
    "netns": Key(parse_identifier, shapes.IDENTIFIER, "Network namespace of its interface; the UDP socket stays outside."),
    "container": Key(parse_identifier, shapes.IDENTIFIER, "The same for a Podman or Docker container, by name."),
    "expires": Key(parse_date, shapes.DATE, "The day in UTC, such as 2027-01-31, from which it is no longer a peer of any node."),
    "revoked": Key(_flag, shapes.FLAG, "It is no longer a peer of any node."),
    **COMMON_KEYS,
}
RECORDED_KEYS = ("preshared_id", "next_public_key", "preshared_secret_id", "next_preshared_secret_id")
"""Those that only the registry has, and no inventory."""
*_FIRST, _LAST = TOPOLOGIES
NETWORK_KEYS: dict[str, Key] = {
    "name": Key(parse_identifier, shapes.IDENTIFIER, "The network's name. wireguard if not set."),
    "interface": Key(parse_interface, shapes.INTERFACE, "Name of its interface. wg0 if not set."),
    "topology": Key(plain_text, shapes.TEXT, f"{', '.join(_FIRST)} or {_LAST}. mesh if not set."),
    "prefixes": Key(distinct(_prefix), shapes.listed(shapes.PREFIX), "The overlay's prefixes."),
    "container_prefixes": Key(
        distinct(_prefix),
        shapes.listed(shapes.PREFIX),
        "Managed nodes get a container subnet of each: /24 of IPv4, /64 of IPv6.",
    ),
    "isolate_spokes": Key(_flag, shapes.FLAG, "Spokes of a star cannot reach each other."),
    "failover": Key(_failover, shapes.FAILOVER, "How hubs fail over."),
    "links": Key(_links, shapes.LINKS, "Links in addition to those of the topology."),
    "groups": Key(_groups, shapes.mapping(shapes.listed(shapes.NAME), shapes.NAME), "Groups of nodes that links can name."),
    "preshared_base": Key(
        parse_secret_id,
        shapes.SECRET_ID,
        "The id of the secret that all preshared keys come from, after it was changed while packets flow.",
    ),
    "domain": Key(parse_domain, shapes.DOMAIN, "The DNS domain of the nodes' names. NAME.internal if not set."),
}
