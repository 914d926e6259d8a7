# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``guard``: refuses too many removals before any interface is touched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import HostValues
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import unpacked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.guarding import own_networks, removals
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import half_changed


class ActionModule(ControllerAction):
    """Compare the plan with the hosts' reports."""

    ARGUMENTS: Mapping[str, Any] = {
        "networks": {"type": "list", "elements": "raw", "required": True},
        "prepared": {"type": "str", "required": True},
        "max_removals": {"type": "int"},
        "ended": {"type": "list", "elements": "str", "default": []},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The hosts that would lose too many peers, and warnings."""
        hosts = self._variables["ansible_play_hosts_all"]
        prepared = {host: self._prepared(host, args["prepared"]) for host in hosts}
        looks = {host: prepared[host].get("interfaces") or {} for host in hosts}
        live = {host: {name: _peers(item["peers"]) for name, item in look.items()} for host, look in looks.items()}
        preshared = {(host, name): item.get("preshared", ()) for host, look in looks.items() for name, item in look.items()}
        running = [host for host, look in looks.items() if look]
        planned = networks(args["networks"])
        refused = removals(planned, live, args["max_removals"], frozenset(native(args["ended"])))
        routes = {host: _routes(prepared[host]) for host in hosts}
        warnings = [*half_changed(planned, preshared, running), *own_networks(planned, routes)]
        return {"changed": False, "refused": refused, "warnings": warnings}

    def _prepared(self, host: str, variable: str) -> dict[str, Any]:
        values = HostValues(self._variables["hostvars"], host)
        result: dict[str, Any] = unpacked(values[variable] or {}) if variable in values else {}
        return result


def _routes(prepared: Mapping[str, Any]) -> dict[str, bool]:
    return {route["prefix"]: route["connected"] for route in prepared.get("routes") or []}


def _peers(peers: list[dict[str, Any]]) -> list[Peer]:
    return [Peer(peer["public_key"], name=peer["name"]) for peer in peers]
