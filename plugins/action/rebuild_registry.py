# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``rebuild_registry``: records what the hosts of running networks have, on the controller."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import registry_file
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.network_files import (
    networks_described,
    registry_directory,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import hosts_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.rebuilt import report
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.rebuilding import Rebuilt, rebuild
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import render_registry


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
        directory = registry_directory(args["path"], hosts, known.variables)
        if directory is None:
            raise PlanError("wireguard_registry is '', so there is no registry to rebuild; set it to a directory")
        paths = {name: directory / f"{name}.json" for name in described}
        InventorySources(self.sources).check(*paths.values())
        results = {host: look for host in hosts if "interfaces" in (look := known.variables[host].get(found) or {})}
        writes = not self._task.check_mode
        changes: list[dict[str, str]] = []
        rebuilt: dict[str, Rebuilt] = {}
        with registry_file.locked(directory) if writes else nullcontext():
            for name, document in described.items():
                path = str(paths[name])
                before, registry = registry_file.read(paths[name])
                rebuilt[name] = rebuild(document, registry, results)
                if rebuilt[name].registry != registry:
                    after = render_registry(name, rebuilt[name].registry)
                    changes.append({"before": before, "after": after, "before_header": path, "after_header": path})
            for change in changes if writes else ():
                registry_file.write(Path(change["after_header"]), change["after"])
        return {
            "changed": bool(changes),
            "diff": changes,
            "directory": str(directory),
            "recorded": {name: sorted([*one.own, *one.others]) for name, one in rebuilt.items()},
            "refused": {name: dict(one.refused) for name, one in rebuilt.items()},
            "strangers": {name: sorted(one.strangers) for name, one in rebuilt.items()},
            "text": [line for name, one in rebuilt.items() for line in report(name, one)],
        }
