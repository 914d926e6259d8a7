# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing network documents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, replace
from functools import partial
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import (
    Hooks,
    InvalidConfig,
    Mistakes,
    read_keys,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import HostBits, parse_endpoint
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import PORT
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import InvalidInterfaceName, parse_name

from ..model.findings import Finding, PlanError, refusal, stop_at_errors, tolerate
from ..model.network import AUTO_MTU, LAN, Floating, Link, Network, Node
from ..validation.checks import document_findings
from .document_keys import COMMON_KEYS, NETWORK_KEYS, NO_ADDRESSES, NODE_KEYS, Reader
from .version import VERSION, is_version, refuse_newer

SCHEMA = "$schema"
"""A key of documents that only editors read."""
NEWEST = 1
"""The version of documents. One without a version has this, too; a later version has to be said."""


def network_from_dict(document: Any) -> Network:
    """Read and normalise a network document.

    :raises PlanError: an unknown key, an unreadable value, or members that contradict each other.
    """
    network = readable_network(document)
    check_network(network)
    return network


def readable_network(document: Any) -> Network:
    """Read and normalise a network document of which nodes may be missing, so that it cannot be judged yet.

    :raises PlanError: an unknown key, or an unreadable value.
    """
    network, findings = read_document(document)
    if findings:
        raise refusal(findings)
    return network


def check_network(network: Network, tolerated: Collection[str] = ()) -> None:
    """Refuse a network that cannot work with any topology.

    :param tolerated: codes of errors that are not looked at.
    :raises PlanError: with all errors.
    """
    stop_at_errors(tolerate(document_findings(network), tolerated)[0])


def read_document(document: Any) -> tuple[Network, list[Finding]]:
    """The readable part of a network, and a finding for each unreadable part.

    :raises PlanError: it is not a document at all, or one of a later version.
    """
    if not isinstance(document, Mapping):
        raise PlanError("network: must be a mapping")
    refuse_newer(document.get(VERSION), NEWEST, "network")
    if not isinstance(document.get("nodes"), Mapping):
        raise PlanError("network.nodes: must be a mapping from node names to their keys")
    findings: list[Finding] = []
    head = {key: value for key, value in document.items() if key not in ("nodes", SCHEMA)}
    readers: dict[str, Reader] = {**NETWORK_KEYS, **COMMON_KEYS, VERSION: _version, "nodes": lambda value, _what: value}
    values = _reading(findings, (), lambda: read_keys(head, "network", readers)) or {}
    values.pop(VERSION, None)
    common = {key: value for key, value in values.items() if key in COMMON_KEYS}
    nodes: dict[str, Node] = {}
    for name, keys in document["nodes"].items():
        node = _reading(findings, (str(name),), partial(_node, str(name), keys, common))
        if node is not None:
            nodes[node.name] = node
    own = {key: value for key, value in values.items() if key not in COMMON_KEYS}
    return _normalised(Network(nodes=dict(sorted(nodes.items())), **own)), findings


def _version(value: Any, what: str) -> int:
    if not is_version(value, NEWEST):
        raise InvalidConfig(f"{what}: {value!r} is not a version; remove the key, or set {NEWEST}")
    return NEWEST


def _normalised(network: Network) -> Network:
    """Without the prefix lengths that are those of the network's prefixes."""
    nodes = dict(network.nodes)
    for name, node in nodes.items():
        if node.lengths:
            nodes[name] = replace(node, lengths=dict(_own_lengths(network, node)))
    return replace(network, nodes=nodes)


def _own_lengths(network: Network, node: Node) -> Iterator[tuple[str, int]]:
    for address, length in node.lengths.items():
        if not str(network.prefix_of(address)).endswith(f"/{length}"):
            yield address, length


def _reading(findings: list[Finding], nodes: tuple[str, ...], read: Callable[[], Any]) -> Any:
    codes: dict[type[BaseException], str] = {HostBits: "host-bits", InvalidInterfaceName: "interface-name"}
    try:
        return read()
    except ValueError as error:
        for mistake in error.mistakes if isinstance(error, InvalidConfig) else (error,):
            code = codes.get(type(mistake.__cause__ or mistake), "invalid-value")
            findings.append(Finding(code, nodes, str(mistake), ""))
        return None


def _node(name: str, value: Any, common: Mapping[str, Any]) -> Node:
    mistakes = Mistakes()
    mistakes.of(parse_name, name, "node name")
    keys = mistakes.of(read_keys, {} if value is None else value, f"node {name}", NODE_KEYS)
    values = {**common, **(keys or {})}
    texts = keys if keys is not None else value if isinstance(value, Mapping) else {}
    port = values.get("port", PORT) or None
    endpoints = {
        key: mistakes.of(_endpoint, text, f"node {name}: {key}", port)
        for key in ("endpoint", "site_endpoint")
        if isinstance(text := texts.get(key), str) and text.strip()
    }
    by_underlay = texts.get("endpoints")
    endpoints["endpoints"] = {
        underlay: mistakes.of(_endpoint, text, f"node {name}: endpoints.{underlay}", port)
        for underlay, text in (by_underlay if isinstance(by_underlay, Mapping) else {}).items()
        if isinstance(text, str) and text.strip()
    }
    mistakes.stop()
    node = Node(name=name, **{"hosts": (name,), **values, **endpoints, **_addresses(values.get("addresses", ()))})
    _check_endpoints(node)
    return replace(node, routes=tuple(dict.fromkeys((*node.routes, *node.container_subnets))))


def _addresses(texts: Iterable[str] | str) -> dict[str, Any]:
    """The addresses, and the prefix lengths of those that have their own."""
    if texts == NO_ADDRESSES:
        return {"addresses": (), "numbered": False}
    parts = [text.partition("/") for text in texts]
    return {
        "addresses": tuple(dict.fromkeys(address for address, _slash, _length in parts)),
        "lengths": {address: int(length) for address, _slash, length in parts if length},
    }


def _endpoint(text: str, what: str, port: int | None) -> str:
    return str(parse_endpoint(text, what, port))


def _check_endpoints(node: Node) -> None:
    """An underlay has one endpoint, whichever key gives it, and ``ipv4`` and ``ipv6`` have addresses of their version.

    :raises InvalidConfig: with all mistakes.
    """
    mistakes = Mistakes()
    short = {LAN: ("site_endpoint", node.site_endpoint), **_version_of(node.endpoint, "endpoint")}
    for underlay, endpoint in node.endpoints.items():
        key, other = short.get(underlay, ("", None))
        if other is not None and other != endpoint:
            what = f"node {node.name}: {key} is {other}, but endpoints.{underlay} is {endpoint}"
            mistakes.of(_refuse, what, "they are one endpoint; remove one of them")
        right = next(iter(_version_of(endpoint, key)), underlay)
        if underlay in _VERSIONS and right != underlay:
            what = f"node {node.name}: endpoints.{underlay}: {endpoint} is an address of {right}"
            mistakes.of(_refuse, what, f"correct it, or name it {right}")
    mistakes.stop()


def _version_of(endpoint: str | None, key: str) -> dict[str, tuple[str, str]]:
    """The underlay of an endpoint that is an address, with its key and itself; none for a name."""
    parsed = None if endpoint is None else parse_endpoint(endpoint, key)
    if endpoint is None or parsed is None or parsed.is_name:
        return {}
    return {"ipv6" if ":" in parsed.host else "ipv4": (key, endpoint)}


_VERSIONS = ("ipv4", "ipv6")


def _refuse(what: str, remedy: str) -> None:
    raise InvalidConfig(f"{what}; {remedy}")


def network_to_dict(network: Network) -> dict[str, Any]:
    """The document, without keys of nodes that have their default. ``network_from_dict`` reads the same network back."""
    head = {key: _plain(getattr(network, key)) for key in ("name", "interface", "topology", "prefixes")}
    optional = {
        "container_prefixes": list(network.container_prefixes),
        "isolate_spokes": network.isolate_spokes,
        "failover": network.failover,
        "links": [_link_to_plain(link) for link in network.links],
        "groups": {name: list(nodes) for name, nodes in network.groups.items()},
        "preshared_base": network.preshared_base,
        "domain": network.domain,
    }
    nodes = {name: node_to_dict(node) for name, node in network.nodes.items()}
    return {VERSION: NEWEST, **head, **{key: value for key, value in optional.items() if value}, "nodes": nodes}


def _link_to_plain(link: Link) -> Any:
    extra = {"weight": link.weight} if link.weight != 1 else {}
    if link.exclude:
        extra["exclude"] = True
    return {"nodes": [link.a, link.b], **extra} if extra else [link.a, link.b]


_DEFAULTS = {
    item.name: (None if item.default_factory is MISSING else item.default_factory()) if item.default is MISSING else item.default
    for item in fields(Node)
    if item.name not in ("name", "lengths", "numbered")
}


def node_to_dict(node: Node) -> dict[str, Any]:
    """A node's keys, without those that have their default."""
    result = {key: _plain(value) for key, default in _DEFAULTS.items() if (value := getattr(node, key)) != default}
    if node.mtu == AUTO_MTU:
        result["mtu"] = "auto"
    if not node.numbered:
        result["addresses"] = NO_ADDRESSES
    elif node.lengths:
        lengths = {address: f"/{length}" for address, length in node.lengths.items()}
        result["addresses"] = [address + lengths.get(address, "") for address in node.addresses]
    routes = [route for route in node.routes if route not in node.container_subnets]
    if "routes" in result:
        result["routes"] = routes
        if not routes:
            del result["routes"]
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
