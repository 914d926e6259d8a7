# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of a run, and where their registries are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import HIDDEN
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.network_file import documents_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


def networks_described(known: Inventory, file: str | None, play: list[str]) -> dict[str, dict[str, Any]]:
    """The networks of the play's hosts, name -> document, from the user's file, or else from the inventory.

    :raises PlanError: the file cannot be read, or the networks are contradictory.
    """
    if not file:
        return documents(known, play)
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"wireguard_network_file: {file} cannot be read: {error}") from None
    return documents_in(text, file, list(known.variables), play)


def registry_place(path: str | None, hosts: Sequence[str], variables: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The address of the registries' store, or their directory; None if the user wants no registry.

    :param path: ``wireguard_registry``; None: beside the inventory of the hosts.
    :param variables: with ``inventory_dir`` of the hosts.
    :raises PlanError: the hosts have none, or not the same one.
    """
    if path is not None:
        return path or None
    places = {host: variables[host].get("inventory_dir") for host in hosts}
    first = hosts[0]
    if not places[first]:
        raise PlanError(
            "the inventory has no directory for the registry; set wireguard_registry to a directory or a store, or to ''"
        )
    for host, place in places.items():
        if place != places[first]:
            raise PlanError(
                f"registry: {first} comes from inventory {places[first]} and {host} from {place}; "
                f"set wireguard_registry to one directory for both"
            )
    return str(Path(str(places[first])) / HIDDEN)
