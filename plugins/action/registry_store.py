# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``registry_store``: shows registries, their history, and puts them back or elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.network_files import registry_place
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Registry,
    brought_back,
    read_registry,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import place_of, store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.registries import Registries
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Store


class ActionModule(ControllerAction):
    """Look into a store, and write older or other registries."""

    _supports_diff = True
    ARGUMENTS: Mapping[str, Any] = {
        "path": {"type": "str"},
        "network": {"type": "str"},
        "history": {"type": "bool", "default": False},
        "restore": {"type": "str"},
        "copy_to": {"type": "str"},
    }
    RULES: Mapping[str, Any] = {"mutually_exclusive": [("history", "restore", "copy_to")]}

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked for."""
        given = self._variables
        known = inventory(given["hostvars"], given["groups"], given, ("inventory_dir",), self._templar.template)
        place = registry_place(args["path"], given["ansible_play_hosts_all"], known.variables)
        if place is None:
            raise PlanError("wireguard_registry is '', so there is no registry; set it to a directory or a store")
        with store_at(place) as store:
            networks = [args["network"]] if args["network"] else store.networks()
            if args["restore"]:
                return self._restored(place, store, networks, args["restore"])
            if args["copy_to"]:
                return self._copied(store, networks, args["copy_to"])
            if args["history"]:
                entries = {name: [vars(entry) for entry in store.history(name)] for name in networks}
                return {"changed": False, "networks": networks, "entries": entries, "text": [*_lines(entries)]}
            texts = {name: store.read(name)[0] for name in networks}
            where = [f"{place_of(store, name)}{'' if text else ': empty'}" for name, text in texts.items()]
            shown = [line for head, text in zip(where, texts.values(), strict=True) for line in (head, *text.splitlines())]
            return {"changed": False, "networks": networks, "text": shown or [f"{store.address}: has no registry"]}

    def _restored(self, place: str, store: Store, networks: Collection[str], revision: str) -> dict[str, Any]:
        if len(networks) != 1:
            raise PlanError(
                f"registry {store.address}: a revision is one network's; name it with -e wireguard_network=NAME, one of "
                f"{', '.join(networks) or 'none'}"
            )
        (name,) = networks
        older = read_registry(store.read_revision(name, revision), f"{place_of(store, name)}, revision {revision}")
        return self._written(place, {name: older})

    def _copied(self, store: Store, networks: Collection[str], place: str) -> dict[str, Any]:
        copies = {name: read_registry(store.read(name)[0], place_of(store, name)) for name in networks}
        empty = [name for name, registry in copies.items() if not (registry.nodes or registry.removed)]
        if empty or not copies:
            raise PlanError(f"registry {store.address}: has nothing to copy{f' of network {empty[0]}' if empty else ''}")
        return self._written(place, copies)

    def _written(self, place: str, wanted: Mapping[str, Registry]) -> dict[str, Any]:
        """Write these registries where others are."""

        def change(present: Mapping[str, Registry]) -> dict[str, Registry]:
            new = {
                name: brought_back(registry, present[name], f"{place_shown}, network {name}") for name, registry in wanted.items()
            }
            return {name: registry for name, registry in new.items() if registry != present[name]}

        registries = Registries(place, wanted, InventorySources(self.sources), {}, self._variables)
        place_shown = registries.shown
        changes = registries.changed(change, writes=not self._task.check_mode)
        text = [f"{one['after_header']}: {'would be written' if self._task.check_mode else 'written'}" for one in changes]
        return {
            "changed": bool(changes),
            "diff": changes,
            "networks": sorted(wanted),
            "text": text or [f"{place_shown}: has this already"],
        }


def _lines(entries: Mapping[str, list[dict[str, str]]]) -> list[str]:
    lines = []
    for name, its in entries.items():
        lines.append(f"network {name}")
        lines += [f"  {one['time']}  {one['revision']}  {one['who']} ({one['run']}): {one['summary']}" for one in its]
    return lines
