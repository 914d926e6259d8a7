# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as inventory variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, config_to_dict

from ..documents.document import network_to_dict
from ..documents.inventory import CLIENTS, DEFAULT_GROUP, KEYS, MEMBERSHIPS, PREFIX
from ..documents.version import VERSION
from ..model.network import Network, Node
from .found import Found


class Template(str):
    """Text that Ansible templates. All other text in a generated inventory is literal."""

    __slots__ = ()


ADOPTED = PREFIX + "adopted"
"""The group of hosts with adopted interfaces."""
_OF = PREFIX + "preshared_keys_of"
_NOT_VARIABLES = (VERSION, "name", "nodes", "groups")
_OF_DOCUMENTS_ALONE = ("hosts", "managed", "management", "public_key")


def preshared_of(keys: list[tuple[str, Mapping[tuple[str, str], str]]]) -> tuple[dict[str, Any], dict[str, Template]]:
    """The variables with the preshared keys, and for several networks, network -> the template of its part."""
    listed = {name: [{"nodes": list(pair), "key": key} for pair, key in found.items()] for name, found in keys if found}
    if len(keys) == 1 or not listed:
        return dict.fromkeys([PREFIX + KEYS] if listed else [], next(iter(listed.values()), None)), {}
    return {_OF: listed}, {name: Template(f"{{{{ {_OF}['{name}'] }}}}") for name in listed}


def inventory_of(networks: Iterable[Network], preshared: Mapping[str, Template], adopted: Iterable[Found] = ()) -> dict[str, Any]:
    """Groups with their hosts and variables, in the form of YAML inventories. A single network has flat variables.

    Managed nodes are hosts, without their public keys, which runs read. All other nodes are clients. Hosts with interfaces that
    are adopted are in the group :data:`ADOPTED`.

    :param preshared: network -> the template of its preshared keys, if there are several networks.
    """
    interfaces: dict[str, list[dict[str, Any]]] = {}
    for item in adopted:
        interfaces.setdefault(item.host, []).append(adopted_interface(item))
    hosts = {host: {PREFIX + "interfaces": entries} for host, entries in interfaces.items()}
    listed = list(networks)
    return {**(_networks(listed, preshared) if listed else {}), **({ADOPTED: {"hosts": hosts}} if hosts else {})}


def hosts_apart(inventory: dict[str, Any], others: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
    """Take the hosts' values out of an inventory, for files in ``host_vars``: host -> its values.

    There they win over those of another inventory, wherever it has them, if that one comes first.

    :param others: host -> the variables that it has in the other inventory. Those that it no longer needs are null.
    """
    found: dict[str, dict[str, Any]] = {}
    for group in inventory.values():
        common = group.get("vars", {})
        for host, values in group.get("hosts", {}).items():
            shared = {name: common.get(name) for name in others.get(host, ())}
            found[host] = {**shared, **values}
            group["hosts"][host] = {}
    return found


def adopted_interface(found: Found) -> dict[str, Any]:
    """An item of ``wireguard_interfaces``. Preshared keys stay on the host."""
    peers = (replace(peer, preshared_key=KEPT) if peer.preshared_key else peer for peer in found.config.peers)
    config = config_to_dict(replace(found.config, private_key=None, peers=tuple(peers)))
    return {"name": found.interface, "config": config, "adopted": {"by": found.by, "files": list(found.files)}}


def _networks(networks: Iterable[Network], preshared: Mapping[str, Template]) -> dict[str, Any]:
    documents = [(network, network_to_dict(network)) for network in networks]
    if len(documents) == 1:
        ((network, document),) = documents
        values = {key: value for key, value in document.items() if key not in _NOT_VARIABLES}
        hosts = {name: _prefixed(_host_keys(document["nodes"][name])) for name in _hosts(network)}
        return {network.name: {"hosts": hosts, "vars": _prefixed({**values, **_clients(network, document)})}}
    members: dict[str, dict[str, Any]] = {}
    for network, document in documents:
        for name in _hosts(network):
            members.setdefault(name, {})[network.name] = _host_keys(document["nodes"][name])
    described = {
        network.name: {
            **{key: value for key, value in document.items() if key not in _NOT_VARIABLES},
            **_clients(network, document),
            **({KEYS: preshared[network.name]} if network.name in preshared else {}),
        }
        for network, document in documents
    }
    hosts = {name: {MEMBERSHIPS: values} for name, values in sorted(members.items())}
    children: dict[str, Any] = {
        network.name: {"hosts": {name: {} for name in _hosts(network)}} for network, _document in documents
    }
    return {DEFAULT_GROUP: {"children": children, "hosts": hosts, "vars": {PREFIX + "networks": described}}}


def _hosts(network: Network) -> list[str]:
    return [name for name, node in network.nodes.items() if node.managed]


def _clients(network: Network, document: dict[str, Any]) -> dict[str, Any]:
    found = {name: _client_keys(node, document["nodes"][name]) for name, node in network.nodes.items() if not node.managed}
    return {CLIENTS: found} if found else {}


def _host_keys(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in _OF_DOCUMENTS_ALONE}


def _client_keys(node: Node, values: dict[str, Any]) -> dict[str, Any]:
    key = {"public_key": node.public_key} if node.public_key else {}
    return {**key, **_host_keys(values)}


def _prefixed(values: dict[str, Any]) -> dict[str, Any]:
    return {PREFIX + key: value for key, value in values.items()}
