# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``rebuild_registry``: records what the hosts of running networks have, on the controller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.network_files import (
    networks_described,
    registry_place,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import hosts_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.rebuilt import report
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.rebuilding import Rebuilt, rebuild
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.registries import Registries


class ActionModule(ControllerAction):
    """Add to the registries what they have lost."""

    _supports_diff = True
    ARGUMENTS: Mapping[str, Any] = {
        "found": {"type": "str", "required": True},
        "path": {"type": "str"},
        "network_file": {"type": "path"},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Rebuild, and write."""
        given, found = self._variables, args["found"]
        known = inventory(given["hostvars"], given["groups"], given, ("inventory_dir", found), self._templar.template)
        play = given["ansible_play_hosts_all"]
        described = networks_described(known, args["network_file"], play)
        hosts = sorted({host for document in described.values() for host in hosts_of(document)})
        if not hosts:
            raise PlanError("these hosts are in no network, so no registry can be rebuilt; name its hosts in wireguard_target")
        place = registry_place(args["path"], hosts, known.variables)
        if place is None:
            raise PlanError("wireguard_registry is '', so there is no registry to rebuild; set it to a directory or a store")
        results = {host: look for host in hosts if "interfaces" in (look := known.variables[host].get(found) or {})}
        rebuilt: dict[str, Rebuilt] = {}

        def change(registries: Mapping[str, Registry]) -> dict[str, Registry]:
            rebuilt.update({name: rebuild(document, registries[name], results) for name, document in described.items()})
            return {name: one.registry for name, one in rebuilt.items() if one.registry != registries[name]}

        registries = Registries(place, described, InventorySources(self.sources), {}, given)
        changes = registries.changed(change, writes=not self._task.check_mode)
        return {
            "changed": bool(changes),
            "diff": changes,
            "registry": registries.shown,
            "recorded": {name: sorted([*one.own, *one.others]) for name, one in rebuilt.items()},
            "refused": {name: dict(one.refused) for name, one in rebuilt.items()},
            "strangers": {name: sorted(one.strangers) for name, one in rebuilt.items()},
            "text": [line for name, one in rebuilt.items() for line in report(name, one)],
        }
