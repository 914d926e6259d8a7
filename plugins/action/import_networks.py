# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``import_networks``: an inventory of what configurations say, written on the controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import registry_file
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.conf_files import found_in_directory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.inventory_yaml import inventory_yaml, marked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.vaulted import encrypted
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import CLOSED, OPEN, Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import Found, Imported, imported
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import inventory_of, preshared_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.meshconf import found_in_csv
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.role_variables import VARIABLES, found_by_role
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import merge, render_registry

HEAD = "# Made by meshwork.wireguard from configurations that were there.\n---\n"
VAULT = "$ANSIBLE_VAULT"
OPEN_HEAD = "# Preshared keys: encrypt this file with ansible-vault.\n---\n"


class ActionModule(Action):
    """Read, guess, write."""

    _requires_connection = False
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller; nothing is sent to a host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(
            {
                "dest": {"type": "path", "required": True},
                "name": {"type": "str", "default": "wireguard"},
                "found": {"type": "str"},
                "directory": {"type": "path"},
                "csv": {"type": "path"},
                "role_variables": {"type": "bool"},
            },
            mutually_exclusive=[["found", "directory", "csv", "role_variables"]],
            required_one_of=[["found", "directory", "csv", "role_variables"]],
        )
        try:
            found = self._found(args, task_vars or {})
            networks = imported(found, native(args["name"]))
            if not networks:
                raise PlanError("no WireGuard interface found to import")
            known = not args["role_variables"]
            return {**result, **self._write(networks, Path(args["dest"]), known)}
        except (ValueError, TypeError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _found(self, args: Mapping[str, Any], variables: dict[str, Any]) -> list[Found]:
        if args["directory"]:
            return found_in_directory(Path(args["directory"]))
        if args["csv"]:
            return found_in_csv(Path(args["csv"]).read_text(encoding="utf-8"))
        hosts = {host: variables["hostvars"][host] for host in variables["ansible_play_hosts_all"]}
        if args["role_variables"]:
            return found_by_role(
                {host: {n: native(values[n]) for n in VARIABLES if n in values} for host, values in hosts.items()}
            )
        return [item for host, values in hosts.items() for item in _of_host(host, native(values.get(args["found"]) or {}))]

    def _write(self, networks: list[Imported], dest: Path, known: bool) -> dict[str, Any]:
        writer = Writer(dest, self._task.check_mode)
        secrets, references = preshared_of([(item.network.name, item.preshared) for item in networks])
        inventory = inventory_of([item.network for item in networks], references)
        for name, text in self._files(networks, inventory, secrets, dest, known):
            secret = text.startswith((VAULT, OPEN_HEAD))
            if secret and (writer.read(name) or b"").startswith(VAULT.encode()):
                continue
            writer.put(name, text, CLOSED if secret else OPEN)
        told = {item.network.name: {host: list(lines) for host, lines in item.differences.items() if lines} for item in networks}
        return {
            "changed": writer.changed,
            "written": writer.written,
            "diff": writer.diff,
            "differences": told,
            "text": "\n".join([*_told(networks), *marked(inventory)]),
        }

    def _files(
        self, networks: list[Imported], inventory: Mapping[str, Any], secrets: Mapping[str, Any], dest: Path, known: bool
    ) -> Iterator[tuple[str, str]]:
        yield "wireguard.yml", HEAD + inventory_yaml(inventory)
        if secrets:
            text = inventory_yaml(secrets)
            yield f"group_vars/{min(inventory)}/preshared_keys.yml", encrypted(self._loader, text) or OPEN_HEAD + text
        for item in networks if known else ():
            name = f".wireguard/{item.network.name}.json"
            _before, registry = registry_file.read(dest / name)
            merged = merge(item.network, registry, {}, prune=False, remember=True)
            yield name, render_registry(item.network.name, merged.registry)


def _of_host(host: str, result: Mapping[str, Any]) -> Iterator[Found]:
    for entry in result.get("interfaces", ()):
        if not entry["public_key"]:
            raise PlanError(
                f"host {host}, interface {entry['name']}: has no private key, neither in a file nor live; give it one"
            )
        config = config_from_dict(entry["config"])
        yield Found(host, entry["name"], entry["public_key"], config, entry["mtu"], tuple(entry["notes"]))


def _told(networks: list[Imported]) -> Iterator[str]:
    for item in networks:
        network = item.network
        hosts = [name for name, node in network.nodes.items() if node.managed]
        clients = len(network.nodes) - len(hosts)
        others = f" and {clients} unmanaged nodes" if clients else ""
        title = f"network {network.name}: {network.topology} of {len(hosts)} hosts{others}"
        yield f"{title}, {network.interface}, {', '.join(network.prefixes)}"
        for host, lines in item.differences.items():
            yield from (f"  {host}: {line}" for line in lines)
        yield from (f"  {note}" for note in item.notes)
        if not item.distance:
            yield "  a run changes nothing on the hosts"
