# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network document: its keys, how they are read, and how they are written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from functools import partial
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.addresses import (
    HostBits,
    parse_address,
    parse_endpoint,
    parse_port,
    parse_prefix,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.keys import parse_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.model import (
    Hooks,
    InvalidConfig,
    InvalidInterfaceName,
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

from .checks import document_findings
from .findings import Finding, PlanError, refusal, stop_at_errors
from .network import Floating, Link, Network, Node

FAILOVERS = ("vrrp", "routed")
"""How hubs fail over."""
ULA = "ula"
"""Stands in ``prefixes`` for an IPv6 prefix that a run draws and the registry keeps."""


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
    if str(value).strip() == ULA:
        raise InvalidConfig(f"{what}: '{ULA}' is drawn by a run and kept in the registry; give the registry, or write a prefix")
    return parse_prefix(str(value), what, strict=True)


def _identifier(value: Any, what: str) -> str:
    text = plain_text(value, what)
    if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z", text):
        raise InvalidConfig(f"{what}: '{text}' has characters other than A-Z a-z 0-9 _ . -")
    return text


def _links(value: Any, what: str) -> tuple[Link, ...]:
    if not isinstance(value, list):
        raise InvalidConfig(f"{what}: must be a list of links, each a pair of nodes or groups")
    return tuple(_link(item, f"{what}[{index}]") for index, item in enumerate(value))


_LINK_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "nodes": lambda value, _what: value,
    "weight": number(1, 1_000_000),
    "exclude": _flag,
}


def _link(value: Any, what: str) -> Link:
    values = dict(read_keys(value, what, _LINK_KEYS)) if isinstance(value, Mapping) else {"nodes": value}
    pair = values.pop("nodes", None)
    if not isinstance(pair, list) or len(pair) != 2:
        raise InvalidConfig(f"{what}: must name two nodes or groups, as [alpha, beta] or {{nodes: [alpha, beta], weight: 5}}")
    a, b = (plain_text(name, what) for name in pair)
    if values.get("exclude") and "weight" in values:
        raise InvalidConfig(f"{what}: a link that is excluded has no weight; remove exclude or weight")
    return Link(a, b, **values)


def _floating(value: Any, what: str) -> tuple[Floating, ...]:
    if not isinstance(value, list):
        raise InvalidConfig(f"{what}: must be a list of addresses, each {{address: 203.0.113.10/24, interface: eth0}}")
    return tuple(
        Floating(**{"address": "", "interface": "", **read_keys(item, f"{what}[{index}]", _FLOATING_KEYS)})
        for index, item in enumerate(value)
    )


def _floating_address(value: Any, what: str) -> str:
    text = str(value).strip()
    if "/" not in text:
        raise InvalidConfig(f"{what}: '{text}' has no prefix length; write it as 203.0.113.10/24")
    return parse_address(text, what)


_FLOATING_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "address": _floating_address,
    "interface": lambda value, what: check_interface_name(plain_text(value, what)),
}


def _standby_addresses(value: Any, what: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidConfig(f"{what}: must be a mapping from hosts to their addresses")
    return {str(host): _address(address, f"{what}.{host}") for host, address in value.items()}


def _failover(value: Any, what: str) -> str | None:
    text = plain_text(value, what)
    if text not in (*FAILOVERS, "none"):
        raise InvalidConfig(f"{what}: '{text}' is none of none, {', '.join(FAILOVERS)}")
    return None if text == "none" else text


def _groups(value: Any, what: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise InvalidConfig(f"{what}: must be a mapping from groups to their nodes")
    return {str(name): distinct(plain_text)(nodes, f"{what}.{name}") for name, nodes in value.items()}


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
    "site": plain_text,
    "site_endpoint": plain_text,
    "routes": distinct(_prefix),
    "hub": _flag,
    "home": plain_text,
    "gateway": _flag,
    "forward": _flag,
    "hosts": distinct(plain_text),
    "standby_addresses": _standby_addresses,
    "floating": _floating,
    "management": _address,
    "managed": _flag,
    **COMMON_KEYS,
}
NETWORK_KEYS: dict[str, Reader] = {
    "name": _identifier,
    "interface": lambda value, what: check_interface_name(plain_text(value, what)),
    "topology": plain_text,
    "prefixes": distinct(_prefix),
    "isolate_spokes": _flag,
    "failover": _failover,
    "links": _links,
    "groups": _groups,
}


def network_from_dict(document: Any) -> Network:
    """Read and normalise a network document.

    :raises PlanError: an unknown key, an unreadable value, or members that contradict one another.
    """
    network, findings = read_document(document)
    if findings:
        raise refusal(findings)
    check_network(network)
    return network


def check_network(network: Network) -> None:
    """Refuse what cannot work whatever the topology.

    :raises PlanError: with all that is wrong.
    """
    stop_at_errors(document_findings(network))


def read_document(document: Any) -> tuple[Network, list[Finding]]:
    """The network as far as it can be read, and a finding for each part that cannot.

    :raises PlanError: it is no document at all.
    """
    if not isinstance(document, Mapping):
        raise PlanError("network: must be a mapping")
    if not isinstance(document.get("nodes"), Mapping):
        raise PlanError("network.nodes: must be a mapping from node names to their keys")
    findings: list[Finding] = []
    head = {key: value for key, value in document.items() if key != "nodes"}
    readers: dict[str, Reader] = {**NETWORK_KEYS, **COMMON_KEYS, "nodes": lambda value, _what: value}
    values = _reading(findings, (), lambda: read_keys(head, "network", readers)) or {}
    common = {key: value for key, value in values.items() if key in COMMON_KEYS}
    nodes: dict[str, Node] = {}
    for name, keys in document["nodes"].items():
        node = _reading(findings, (str(name),), partial(_node, str(name), keys, common))
        if node is not None:
            nodes[node.name] = node
    own = {key: value for key, value in values.items() if key not in COMMON_KEYS}
    return Network(nodes=dict(sorted(nodes.items())), **own), findings


def _reading(findings: list[Finding], nodes: tuple[str, ...], read: Callable[[], Any]) -> Any:
    codes: dict[type[BaseException], str] = {HostBits: "host-bits", InvalidInterfaceName: "interface-name"}
    try:
        return read()
    except ValueError as error:
        code = codes.get(type(error.__cause__ or error), "invalid-value")
        findings.append(Finding(code, nodes, str(error), ""))
        return None


def _node(name: str, value: Any, common: Mapping[str, Any]) -> Node:
    values = {**common, **read_keys({} if value is None else value, f"node {name}", NODE_KEYS)}
    node = Node(name=plain_text(name, "node name"), **{"hosts": (name,), **values})

    def endpoint(key: str, text: str | None) -> str | None:
        return None if text is None else str(parse_endpoint(text, f"node {name}: {key}", node.port or None))

    return replace(
        node, endpoint=endpoint("endpoint", node.endpoint), site_endpoint=endpoint("site_endpoint", node.site_endpoint)
    )


def network_to_dict(network: Network) -> dict[str, Any]:
    """The document, without keys of nodes that have their default. ``network_from_dict`` reads the same network back."""
    head = {key: _plain(getattr(network, key)) for key in ("name", "interface", "topology", "prefixes")}
    optional = {
        "isolate_spokes": network.isolate_spokes,
        "failover": network.failover,
        "links": [_link_to_plain(link) for link in network.links],
        "groups": {name: list(nodes) for name, nodes in network.groups.items()},
    }
    nodes = {name: node_to_dict(node) for name, node in network.nodes.items()}
    return {**head, **{key: value for key, value in optional.items() if value}, "nodes": nodes}


def _link_to_plain(link: Link) -> Any:
    extra = {"weight": link.weight} if link.weight != 1 else {}
    if link.exclude:
        extra["exclude"] = True
    return {"nodes": [link.a, link.b], **extra} if extra else [link.a, link.b]


_DEFAULTS = {
    item.name: (None if item.default_factory is MISSING else item.default_factory()) if item.default is MISSING else item.default
    for item in fields(Node)
    if item.name != "name"
}


def node_to_dict(node: Node) -> dict[str, Any]:
    """A node's keys, without those that have their default."""
    result = {key: _plain(value) for key, default in _DEFAULTS.items() if (value := getattr(node, key)) != default}
    if node.hosts == (node.name,):
        del result["hosts"]
    elif not node.hosts:
        result["hosts"] = []
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, Hooks):
        return {item.name: list(getattr(value, item.name)) for item in fields(value) if getattr(value, item.name)}
    if isinstance(value, Floating):
        return {"address": value.address, "interface": value.interface}
    if isinstance(value, Mapping):
        return dict(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
