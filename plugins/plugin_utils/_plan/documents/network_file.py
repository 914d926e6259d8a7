# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network documents given as JSON instead of inventory variables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import parse_identifier

from ..model.findings import PlanError
from .document import NEWEST
from .inventory import hosts_of
from .version import VERSION, refuse_newer

DEFAULT_NAME = "wireguard"


def documents_in(text: str, where: str, hosts: Collection[str], play: Collection[str]) -> dict[str, dict[str, Any]]:
    """Network name -> document, for the networks with a host of the play, sorted by name.

    :param text: JSON, one document or a list of them.
    :param where: names the file in errors.
    :param hosts: the hosts of the inventory.
    :raises PlanError: not such a text, one of a later version, a repeated name, or a managed node whose host is not in the
        inventory.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise PlanError(f"{where}: not JSON: {error}") from None
    found: dict[str, dict[str, Any]] = {}
    for document in given if isinstance(given, list) else [given]:
        if isinstance(document, Mapping):
            refuse_newer(document.get(VERSION), NEWEST, where)
        if not isinstance(document, Mapping) or not isinstance(document.get("nodes"), Mapping):
            raise PlanError(f"{where}: must contain a network document or a list of them, each a mapping with nodes")
        name = _name(document.get("name") or DEFAULT_NAME, where)
        if name in found:
            raise PlanError(f"{where}: contains network {name} twice; give one of them another name")
        nodes = {node: {} if values is None else values for node, values in document["nodes"].items()}
        for node, values in nodes.items():
            if not isinstance(values, Mapping):
                raise PlanError(f"{where}: network {name}: node {node}: must be a mapping")
        found[name] = {**document, "name": name, "nodes": nodes}
        _check_hosts(found[name], where, hosts)
    return {name: found[name] for name in sorted(found) if set(play).intersection(hosts_of(found[name]))}


def _name(value: Any, where: str) -> str:
    try:
        return parse_identifier(value, f"{where}: network.name")
    except ValueError as error:
        raise PlanError(str(error)) from None


def _check_hosts(document: Mapping[str, Any], where: str, hosts: Collection[str]) -> None:
    unknown = sorted(set(hosts_of(document)).difference(hosts))
    if unknown:
        raise PlanError(
            f"{where}: network {document['name']}: the inventory has no host {', '.join(unknown)}; add it there, or set "
            f'"managed": false for a node that Ansible does not configure'
        )
