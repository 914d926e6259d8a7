# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``guard``: refuses too many removals before any interface is touched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.guarding import removals
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import half_changed


class ActionModule(Action):
    """Compare the plan with the hosts' reports."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller; nothing is sent to a host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(
            {
                "networks": {"type": "list", "elements": "raw", "required": True},
                "prepared": {"type": "str", "required": True},
                "max_removals": {"type": "int"},
                "ended": {"type": "list", "elements": "str", "default": []},
            }
        )
        variables = task_vars or {}
        hosts = variables["ansible_play_hosts_all"]
        looks = {host: _look(variables["hostvars"][host].get(args["prepared"]) or {}) for host in hosts}
        live = {host: {name: _peers(item["peers"]) for name, item in look.items()} for host, look in looks.items()}
        preshared = {(host, name): item.get("preshared", ()) for host, look in looks.items() for name, item in look.items()}
        running = [host for host, look in looks.items() if look]
        try:
            planned = networks(args["networks"])
            refused = removals(planned, live, args["max_removals"], frozenset(native(args["ended"])))
            warnings = half_changed(planned, preshared, running)
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from error
        return {**result, "changed": False, "refused": refused, "warnings": warnings}


def _look(prepared: Mapping[str, Any]) -> dict[str, Any]:
    interfaces: dict[str, Any] = native(prepared.get("interfaces") or {})
    return interfaces


def _peers(peers: list[dict[str, Any]]) -> list[Peer]:
    return [Peer(peer["public_key"], name=peer["name"]) for peer in peers]
