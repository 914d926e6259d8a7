# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network document: its keys, their defaults, and the checks that need no more than the document itself."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.addresses import (
    parse_endpoint,
    parse_port,
    parse_prefix,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.keys import parse_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.model import (
    NO_HOOKS,
    Hooks,
    InvalidConfig,
    check_interface_name,
    distinct,
    number,
    parse_dns,
    parse_fwmark,
    parse_hooks,
    parse_keepalive,
    parse_mtu,
    parse_table,
    plain_text,
    read_keys,
)

WIREGUARD_OVERHEAD = 80
"""Bytes around a packet: outer IPv6 header 40, UDP 8, WireGuard 32 (WireGuard paper, 5.4.6)."""


class PlanError(ValueError):
    """A network that cannot work as it is described; the message names the object and the remedy."""


@dataclass(frozen=True)
class Node:
    """A member of a network.

    ``addresses`` are overlay addresses without prefix length, ``endpoint`` is ``host:port`` on the underlay, ``routes`` are
    prefixes behind the node, ``mtu`` and ``underlay_mtu`` are bytes, ``keepalive`` is seconds (None: where it is needed).
    ``home`` names a spoke's hub. ``hosts`` are the inventory names that are this node.
    """

    name: str
    public_key: str | None = None
    addresses: tuple[str, ...] = ()
    endpoint: str | None = None
    routes: tuple[str, ...] = ()
    hub: bool = False
    home: str | None = None
    forward: bool = False
    port: int = 51820
    keepalive: int | None = None
    mtu: int | None = None
    underlay_mtu: int = 1500
    table: str = "auto"
    fwmark: int | None = None
    dns: tuple[str, ...] = ()
    hooks: Hooks = NO_HOOKS
    hosts: tuple[str, ...] = ()
    managed: bool = True

    @property
    def pending(self) -> bool:
        """True as long as no run has seen the node's public key."""
        return self.public_key is None

    @property
    def tunnel_mtu(self) -> int:
        """The MTU of the node's interface in bytes."""
        return self.mtu or self.underlay_mtu - WIREGUARD_OVERHEAD


@dataclass(frozen=True)
class Network:
    """One overlay. ``nodes`` is sorted by name."""

    nodes: Mapping[str, Node]
    name: str = "wireguard"
    interface: str = "wg0"
    topology: str = "mesh"
    prefixes: tuple[str, ...] = ()

    def prefix_of(self, address: str) -> str | None:
        """The longest of the network's prefixes that holds the address; None where none does."""
        ip = ipaddress.ip_address(address)
        holding = [prefix for prefix in map(ipaddress.ip_network, self.prefixes) if ip in prefix]
        return str(max(holding, key=lambda prefix: prefix.prefixlen)) if holding else None


def _flag(value: Any, what: str) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "yes", "on", "1", "false", "no", "off", "0"):
        return value.lower() in ("true", "yes", "on", "1")
    if not isinstance(value, bool):
        raise InvalidConfig(f"{what}: '{value}' is not true or false")
    return value


def _address(value: Any, what: str) -> str:
    text = str(value).strip()
    try:
        return str(ipaddress.ip_interface(text).ip)
    except ValueError:
        raise InvalidConfig(f"{what}: '{text}' is not an address") from None


def _prefix(value: Any, what: str) -> str:
    return parse_prefix(str(value), what, strict=True)


def _identifier(value: Any, what: str) -> str:
    text = plain_text(value, what)
    if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z", text):
        raise InvalidConfig(f"{what}: '{text}' has characters other than A-Z a-z 0-9 _ . -")
    return text


Reader = Callable[[Any, str], Any]

# Keys that a network may give for all its nodes, and a node for itself.
COMMON_KEYS: dict[str, Reader] = {
    "port": parse_port,
    "keepalive": parse_keepalive,
    "mtu": parse_mtu,
    "underlay_mtu": number(1280, 65535),
    "table": parse_table,
    "fwmark": parse_fwmark,
    "dns": distinct(parse_dns),
    "hooks": parse_hooks,
}
NODE_KEYS: dict[str, Reader] = {
    "public_key": lambda value, what: parse_key(str(value), what),
    "addresses": distinct(_address),
    "endpoint": plain_text,
    "routes": distinct(_prefix),
    "hub": _flag,
    "home": plain_text,
    "forward": _flag,
    "hosts": distinct(plain_text),
    "managed": _flag,
    **COMMON_KEYS,
}
NETWORK_KEYS: dict[str, Reader] = {
    "name": _identifier,
    "interface": lambda value, what: check_interface_name(plain_text(value, what)),
    "topology": plain_text,
    "prefixes": distinct(_prefix),
}


def network_from_dict(document: Any) -> Network:
    """Read and normalise a network document.

    :raises PlanError: an unknown key, an unreadable value, or members that contradict one another.
    """
    try:
        network = _read(document)
    except PlanError:
        raise
    except ValueError as error:
        raise PlanError(str(error)) from None
    check_network(network)
    return network


def _read(document: Any) -> Network:
    readers: dict[str, Reader] = {**NETWORK_KEYS, **COMMON_KEYS, "nodes": lambda value, _what: value}
    values = read_keys(document, "network", readers)
    common = {key: values.pop(key) for key in COMMON_KEYS if key in values}
    nodes = values.pop("nodes", None)
    if not isinstance(nodes, Mapping):
        raise PlanError("network.nodes: must be a mapping from node names to their keys")
    read = {str(name): _node(str(name), value, common) for name, value in nodes.items()}
    return Network(nodes=dict(sorted(read.items())), **values)


def _node(name: str, value: Any, common: Mapping[str, Any]) -> Node:
    values = {**common, **read_keys({} if value is None else value, f"node {name}", NODE_KEYS)}
    node = Node(name=plain_text(name, "node name"), **{"hosts": (name,), **values})
    if node.endpoint is None:
        return node
    return replace(node, endpoint=str(parse_endpoint(node.endpoint, f"node {name}: endpoint", node.port or None)))


def network_to_dict(network: Network) -> dict[str, Any]:
    """The document, without keys that have their default. ``network_from_dict`` reads the same network back."""
    head = {item.name: _plain(getattr(network, item.name)) for item in fields(network) if item.name != "nodes"}
    return {**head, "nodes": {name: node_to_dict(node) for name, node in network.nodes.items()}}


def node_to_dict(node: Node) -> dict[str, Any]:
    """A node's keys, without those that have their default."""
    result = {}
    for item in fields(node):
        value = getattr(node, item.name)
        default = (node.name,) if item.name == "hosts" else item.default
        if item.name == "name" or value == default:
            continue
        result[item.name] = _plain(value)
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, Hooks):
        return {item.name: list(getattr(value, item.name)) for item in fields(value) if getattr(value, item.name)}
    return list(value) if isinstance(value, tuple) else value


def check_network(network: Network) -> None:
    """Refuse what cannot work whatever the topology.

    :raises PlanError: no prefixes, an address outside them, an address, key or route of two nodes, a port on which a node
        cannot be reached.
    """
    if not network.prefixes:
        raise PlanError(f"network {network.name}: has no prefixes; set wireguard_prefixes, for example to ['10.8.0.0/24']")
    for node in network.nodes.values():
        for address in node.addresses:
            if network.prefix_of(address) is None:
                raise PlanError(
                    f"node {node.name}: address {address} lies in no prefix of network {network.name} "
                    f"({', '.join(network.prefixes)}); change the address or add its prefix"
                )
        if node.managed and node.port == 0 and node.endpoint is not None:
            raise PlanError(f"node {node.name}: has an endpoint, so it needs a fixed port; set one from 1 to 65535")
    nodes = network.nodes.values()
    _check_owners("address", ((address, node.name) for node in nodes for address in node.addresses))
    _check_owners("public key", ((node.public_key, node.name) for node in nodes if node.public_key))
    _check_owners("route", ((route, node.name) for node in nodes for route in node.routes))
    owners = {str(ipaddress.ip_network(address)): node.name for node in nodes for address in node.addresses}
    for node in nodes:
        for route in node.routes:
            owner = owners.get(route, node.name)
            if owner != node.name:
                raise PlanError(
                    f"node {node.name}: route {route} is {owner}'s address; give {node.name} another or remove {owner}"
                )


def _check_owners(noun: str, owned: Iterable[tuple[str, str]]) -> None:
    owners: dict[str, str] = {}
    for thing, name in owned:
        other = owners.setdefault(thing, name)
        if other != name:
            raise PlanError(f"node {name}: {noun} {thing} is already {other}'s; give {name} another or remove {other}")
