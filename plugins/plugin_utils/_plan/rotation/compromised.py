# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes whose keys others may have: they have no key, and are nobody's peers, until their hosts have made new ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..model.findings import PlanError
from ..model.network import Network, Node
from .node_keys import COMPROMISED, NEXT, PUBLIC, RETIRED, SINCE, keys_in
from .preshared_secrets import IDS

_OF_KEYS = (PUBLIC, NEXT, RETIRED, SINCE, COMPROMISED, "preshared_id", *IDS)


def without_compromised(
    network: Network, entries: Mapping[str, Mapping[str, Any]], names: Collection[str], answered: Collection[str]
) -> dict[str, Mapping[str, Any]]:
    """The registry's entries, those of these nodes without keys, and without what their preshared keys are derived from.

    :param names: of nodes of any network.
    :param answered: the hosts that have answered in this run. They have made their new keys already.
    :raises PlanError: a node that cannot get another key in this way.
    """
    nodes = dict(entries)
    for name in sorted({*names} & {*network.nodes}):
        node = network.nodes[name]
        _refuse(network, node)
        if name in nodes and not {*node.hosts} & {*answered}:
            rest = {key: value for key, value in nodes[name].items() if key not in _OF_KEYS}
            nodes[name] = {**rest, **keys_in(nodes[name]).given_up().entry()}
    return nodes


def _refuse(network: Network, node: Node) -> None:
    if not node.managed:
        raise PlanError(f"node {node.name}: Ansible does not configure it; revoke it, or set wireguard_client_rekey")
    if node.shared:
        raise PlanError(f"node {node.name}: is on several hosts, each of which has its key; set them up anew, or revoke it")
    if node.public_key is not None:
        raise PlanError(f"node {node.name}: its public key is in the inventory (wireguard_public_key); change it there")
    if node.management in node.addresses or (node.management and network.prefix_of(node.management)):
        raise PlanError(
            f"node {node.name}: Ansible reaches it through the tunnel, at {node.management}, where another may answer; set "
            "ansible_host to an address outside"
        )


def still_compromised(older: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """An older entry of a node with the keys of the present one, if some of its keys are compromised now."""
    if not present.get(COMPROMISED):
        return dict(older)
    rest = {key: value for key, value in older.items() if key not in _OF_KEYS}
    return {**rest, **{key: present[key] for key in _OF_KEYS if key in present}}


def compromised_keys(network: Network, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Managed host -> the compromised keys of its node, which it must replace."""
    found = {name: keys_in(entry).compromised for name, entry in entries.items()}
    return {host: found[name] for name, node in network.nodes.items() for host in node.hosts if node.managed and found.get(name)}
