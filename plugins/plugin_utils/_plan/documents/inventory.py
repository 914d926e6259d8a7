# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From inventory variables to network documents: the networks, their members, and the source of each value."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..model.findings import PlanError
from .document_keys import COMMON_KEYS, NETWORK_KEYS, NODE_KEYS, RECORDED_KEYS

PREFIX = "wireguard_"
NODE, VRRP_ADDRESS = "node", "vrrp_address"
SAME_ON_MEMBERS = "a value of the network must be the same on all its members"
SAME_ON_HOSTS = "a value of a node must be the same on all its hosts"
HOST_KEYS = (NODE, VRRP_ADDRESS)
"""Values of the host, not of its node."""
MEMBER_KEYS = (*(key for key in NODE_KEYS if key not in (*RECORDED_KEYS, "hosts", "vrrp_addresses", "management")), *HOST_KEYS)
GROUP_KEYS = tuple(key for key in NETWORK_KEYS if key not in ("name", "groups", "preshared_base"))
CLIENTS = "clients"
"""A value of a network: nodes without a host, such as phones, name -> keys of the node."""
DEFAULT_GROUP = "wireguard"
MEMBERSHIPS = PREFIX + "memberships"
SECRET, PREVIOUS, KEYS = "preshared_secret", "preshared_secret_previous", "preshared_keys"
SECRETS = (SECRET, PREVIOUS, KEYS)
"""Values of a network that are not in its document, because documents are public."""


@dataclass(frozen=True)
class Inventory:
    """Plain values: ``variables`` host -> its ``wireguard_*`` variables and ``ansible_host``, ``groups`` group -> its hosts.

    ``play`` holds ``wireguard_*`` variables that the play sets and the inventory's hosts do not. ``unread``: of variables that
    nothing reads, name -> the hosts read so far that set it.
    """

    variables: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Iterable[str]]
    play: Mapping[str, Any]
    unread: Mapping[str, Collection[str]] = field(default_factory=dict)

    def read(self, hosts: Iterable[str]) -> None:
        """Read the variables of these hosts now, if the mapping reads them lazily."""
        for host in hosts:
            self.variables.get(host)


def documents(inventory: Inventory, hosts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The documents of all networks that any of ``hosts`` is in: network name -> document, sorted by name.

    :raises PlanError: members that contradict each other, an empty group, or a variable in a place where it is not read.
    """
    known: dict[str, dict[str, Any]] = {}
    for host in hosts:
        known.update(_documents_of(inventory, host, known))
    return dict(sorted(known.items()))


def hosts_of(document: Mapping[str, Any]) -> Iterator[str]:
    """The hosts of all managed nodes of a document, as :func:`documents` makes it."""
    for name, node in document["nodes"].items():
        if node.get("managed", True) is not False:
            yield from node.get("hosts", [name])


def _documents_of(inventory: Inventory, host: str, known: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    networks = _variable(inventory, host, "networks")
    if networks is None:
        given = _variable(inventory, host, "group")
        group = str(given or DEFAULT_GROUP)
        if given:
            _check_group(inventory, group, group, "wireguard_group")
        if group not in known and host in _members(inventory, group):
            yield group, _flat(inventory, group)
        return
    if not isinstance(networks, Mapping):
        raise PlanError(f"host {host}: wireguard_networks must be a mapping from network names to their values")
    for name, values in networks.items():
        if not isinstance(values or {}, Mapping):
            raise PlanError(f"host {host}: wireguard_networks.{name} must be a mapping from keys of the network to their values")
        group = str((values or {}).get("group", name))
        _check_group(inventory, name, group, f"wireguard_networks: {{{name}: {{group: ...}}}}")
        if name not in known and host in _members(inventory, group):
            yield name, _named(inventory, name, group)


def _check_group(inventory: Inventory, network: str, group: str, variable: str) -> None:
    if group not in inventory.groups:
        what = f"network {network}: the inventory has no group '{group}'"
        raise PlanError(f"{what}; create it with the network's hosts, or name another group in {variable}")


def _members(inventory: Inventory, group: str) -> list[str]:
    return sorted(inventory.groups.get(group, ()))


def _variable(inventory: Inventory, host: str, key: str) -> Any:
    name = PREFIX + key
    return inventory.variables.get(host, {}).get(name, inventory.play.get(name))


def _flat(inventory: Inventory, group: str) -> dict[str, Any]:
    """A single network: every key is a variable with the prefix ``wireguard_``."""
    members = _members(inventory, group)
    document: dict[str, Any] = {"name": group}
    for key in GROUP_KEYS:

        def read(host: str, variable: str = PREFIX + key) -> Any:
            return inventory.variables[host].get(variable)

        value = _common(group, members, PREFIX + key, read)
        of_play = inventory.play.get(PREFIX + key)
        if None not in (value, of_play) and value != of_play:
            raise PlanError(
                f"network {group}: {PREFIX}{key} is {of_play!r} in the play and {value!r} in the inventory; set it only in "
                "the inventory"
            )
        if value is not None or of_play is not None:
            document[key] = of_play if value is None else value
    _not_from_the_play(inventory, MEMBER_KEYS)
    for host in members:
        if inventory.variables[host].get(MEMBERSHIPS):
            raise PlanError(
                f"host {host}: {MEMBERSHIPS} is not read without wireguard_networks; use wireguard_endpoint and so on instead, "
                "or set wireguard_networks for several networks"
            )
    given = {
        host: {key: values[PREFIX + key] for key in MEMBER_KEYS if PREFIX + key in values}
        for host in members
        for values in [inventory.variables[host]]
    }
    clients = _common(group, members, PREFIX + CLIENTS, partial(_variable, inventory, key=CLIENTS))
    document["nodes"] = _with_clients(group, _nodes(inventory, group, given), clients, PREFIX + CLIENTS)
    return document | _groups(inventory, document)


def _with_clients(network: str, nodes: dict[str, Any], clients: Any, where: str) -> dict[str, Any]:
    if not clients:
        return nodes
    if not isinstance(clients, Mapping):
        raise PlanError(f"network {network}: {where} must be a mapping from names to keys of nodes")
    for name, values in clients.items():
        if name in nodes:
            raise PlanError(f"network {network}: {where} names {name}, which is also a host of the network; give it another name")
        if not isinstance(values or {}, Mapping):
            raise PlanError(f"network {network}: {where}.{name} must be a mapping from keys of the node to their values")
    return nodes | {str(name): {**(values or {}), "managed": False} for name, values in clients.items()}


def _nodes(inventory: Inventory, network: str, given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each host is a node of its own name, or one of the hosts of the node that it names."""
    hosts: dict[str, list[str]] = {}
    for host, values in given.items():
        hosts.setdefault(str(values.get(NODE) or host), []).append(host)
    return {name: _node(inventory, network, name, its, given) for name, its in sorted(hosts.items())}


def _node(
    inventory: Inventory, network: str, name: str, hosts: list[str], given: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key in dict.fromkeys(key for host in hosts for key in given[host] if key not in HOST_KEYS):
        read = partial(_value, given, key)
        values[key] = _common(network, hosts, f"{PREFIX}{key} of node {name}", read, SAME_ON_HOSTS)
    if hosts == [name]:
        values |= _management(name, inventory.variables[name])
    else:
        values["hosts"] = hosts
    addresses = {host: given[host][VRRP_ADDRESS] for host in hosts if given[host].get(VRRP_ADDRESS)}
    return {**values, "vrrp_addresses": addresses} if addresses else values


def _value(given: Mapping[str, Mapping[str, Any]], key: str, host: str) -> Any:
    return given[host].get(key)


def _not_from_the_play(inventory: Inventory, keys: Iterable[str]) -> None:
    for key in keys:
        if PREFIX + key in inventory.play:
            raise PlanError(f"{PREFIX}{key} is set in the play, so other hosts cannot read it; set it in the inventory")


def _management(host: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The address at which Ansible reaches a host, if ``ansible_host`` is an address."""
    address = str(values.get("ansible_host") or host)
    try:
        return {"management": str(ipaddress.ip_address(address))}
    except ValueError:
        return {}


def _groups(inventory: Inventory, document: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """The inventory groups that the network's links name."""
    links = document.get("links")
    pairs = [link.get("nodes") if isinstance(link, Mapping) else link for link in links] if isinstance(links, list) else []
    names = {str(name) for pair in pairs if isinstance(pair, list) for name in pair} - set(document["nodes"])
    nodes = {host: name for name, node in document["nodes"].items() for host in node.get("hosts", [name])}
    groups = {
        name: list(dict.fromkeys(nodes.get(host, host) for host in _members(inventory, name)))
        for name in sorted(names)
        if name in inventory.groups
    }
    return {"groups": groups} if groups else {}


def _named(inventory: Inventory, name: str, group: str) -> dict[str, Any]:
    """One of several networks, with values in ``wireguard_networks`` and members' values in ``wireguard_memberships``."""
    members = _members(inventory, group)
    _not_from_the_play(inventory, ["memberships"])
    for key in SECRETS:
        if PREFIX + key in inventory.play:
            raise PlanError(f"{PREFIX}{key}{_beside_networks(name, 'wireguard_networks', key)}")

    def values_at(host: str) -> Any:
        values = (_variable(inventory, host, "networks") or {}).get(name)
        return {key: value for key, value in values.items() if key not in SECRETS} if isinstance(values, Mapping) else values

    _all_have(inventory, name, members)
    values = _common(name, members, "wireguard_networks", values_at) or {}
    document = {key: value for key, value in values.items() if key not in ("group", CLIENTS)}
    document["name"] = name
    nodes = _nodes(inventory, name, {host: _membership(inventory, host, name) for host in members})
    document["nodes"] = _with_clients(name, nodes, values.get(CLIENTS), f"wireguard_networks.{name}.{CLIENTS}")
    return document | _groups(inventory, document)


def _all_have(inventory: Inventory, network: str, members: Iterable[str]) -> None:
    """Refuse a network that not all its members name: Ansible takes the mapping of one group, and drops those of others."""
    named = {host: list(_variable(inventory, host, "networks") or ()) for host in members}
    having = next((host for host in named if network in named[host]), None)
    lacking = next((host for host in named if network not in named[host]), None)
    if having and lacking:
        every = ", ".join(dict.fromkeys([*named[having], *named[lacking]]))
        there, here = (", ".join(named[host]) or "nothing" for host in (having, lacking))
        raise PlanError(
            f"network {network}: wireguard_networks has {there} on {having}, but {here} on {lacking}; Ansible does not merge the "
            f"mappings of several groups: put one with all networks ({every}) where all these hosts read it, as in group_vars/all"
        )


def _membership(inventory: Inventory, host: str, network: str) -> Mapping[str, Any]:
    for key in (*GROUP_KEYS, CLIENTS, *SECRETS, *MEMBER_KEYS):
        if inventory.variables[host].get(PREFIX + key) is not None:
            place = MEMBERSHIPS if key in MEMBER_KEYS else "wireguard_networks"
            raise PlanError(f"host {host}: {PREFIX}{key}{_beside_networks(network, place, key)}")
    memberships = inventory.variables[host].get(MEMBERSHIPS) or {}
    if not isinstance(memberships, Mapping):
        raise PlanError(f"host {host}: {MEMBERSHIPS} must be a mapping from network names to the host's values")
    networks = _variable(inventory, host, "networks") or {}
    for name, values in memberships.items():
        if name not in networks:
            raise PlanError(
                f"host {host}: {MEMBERSHIPS} names '{name}', but wireguard_networks has only {', '.join(networks)}; correct the "
                "name"
            )
        if not isinstance(values or {}, Mapping):
            raise PlanError(f"host {host}: {MEMBERSHIPS}.{name} must be a mapping from keys of the host to their values")
    return memberships.get(network) or {}


def _beside_networks(network: str, place: str, key: str) -> str:
    return f" is not read together with wireguard_networks; move it to {place}: {{{network}: {{{key}: ...}}}}"


def secret_values(inventory: Inventory, host: str, network: str) -> dict[str, Any]:
    """A member's secret values, as they are written, without empty ones."""
    networks = _variable(inventory, host, "networks")
    if networks is None:
        values = {key: _variable(inventory, host, key) for key in SECRETS}
    else:
        values = {key: (networks.get(network) or {}).get(key) for key in SECRETS}
    return {key: value for key, value in values.items() if value}


def _common(network: str, members: Iterable[str], variable: str, read: Callable[[str], Any], rule: str = SAME_ON_MEMBERS) -> Any:
    """A value that must be the same on all members."""
    seen: tuple[str, Any] | None = None
    for host in members:
        value = read(host)
        if seen is not None and value != seen[1]:
            raise PlanError(
                f"network {network}: {variable} is {seen[1]!r} on {seen[0]} and {value!r} on {host}; {rule}: set it in group_vars"
            )
        seen = (host, value)
    return seen[1] if seen else None


VARIABLES = tuple(
    PREFIX + key
    for key in dict.fromkeys((*GROUP_KEYS, *COMMON_KEYS, *MEMBER_KEYS, *SECRETS, CLIENTS, "group", "networks", "memberships"))
)
"""The inventory variables that are read."""
