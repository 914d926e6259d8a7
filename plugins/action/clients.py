# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``clients``: keys, configurations and QR codes of nodes that Ansible does not reach."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import registry_file
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.client_keys import ClientKeys, key_in, new_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import CLOSED, Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.qr import KINDS, qr
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.clients import client_config, clients_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared, preshared_for
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import merge, render_registry

CONF, TERMINAL = "conf", "terminal"
FILES = (CONF, "svg", "png")
HAS_TERMINAL = sys.stdout.isatty()
"""Read when the strategy loads the plugin, in the controller's own process: workers of ansible-core 2.19 and later have no
terminal.
"""
ITS_OWN = "# Its private key stays with its owner: PrivateKey = ...\n"


class ActionModule(Action):
    """Make missing keys, and write changed files."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller; nothing is sent to a host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(
            {
                "networks": {"type": "list", "elements": "raw", "required": True},
                "ours": {"type": "dict", "required": True},
                "registry": {"type": "path", "required": True},
                "dest": {"type": "path", "required": True},
                "formats": {"type": "list", "elements": "str", "choices": [CONF, *KINDS], "default": [CONF, "svg"]},
                "names": {"type": "list", "elements": "str", "default": []},
                "rekey": {"type": "list", "elements": "str", "default": []},
                "preshared_secret": {"type": "str", "no_log": True},
                "preshared_keys": {"type": "list", "elements": "dict", "no_log": True},
                "network_values": {"type": "dict", "no_log": True},
            }
        )
        if TERMINAL in args["formats"] and not HAS_TERMINAL:
            raise AnsibleActionFail(
                "formats: terminal: this run has no terminal, so the private keys in the codes could end up in a log; run it "
                "in a terminal, without a pipe, or choose svg, png or conf"
            )
        try:
            return {**result, **self._clients(args)}
        except (ValueError, TypeError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _clients(self, args: Mapping[str, Any]) -> dict[str, Any]:
        found = networks(args["networks"])
        self._check_names(found, [*args["names"], *args["rekey"]])
        secrets = (native(args[key]) for key in ("preshared_secret", "preshared_keys", "network_values"))
        preshared = preshared_for([network.name for network in found], *secrets)
        directory = Path(args["registry"])
        stored = ClientKeys(self._loader, directory / "clients.vault")
        writes = not self._task.check_mode
        result: dict[str, Any] = {"changed": False, "written": [], "removed": [], "made": [], "warnings": []}
        with registry_file.locked(directory) if writes else nullcontext():
            for network in found:
                self._network(network, preshared[network.name], directory, stored, args, result)
        result["changed"] = bool(result["written"] or result["removed"] or result["made"])
        return result

    def _check_names(self, found: list[Network], names: list[str]) -> None:
        known = {node.name for network in found for node in clients_of(network)}
        unknown = sorted(set(names) - known)
        if unknown:
            raise PlanError(f"client {unknown[0]}: is in no network; the clients are {', '.join(sorted(known)) or 'none'}")

    def _network(
        self,
        network: Network,
        preshared: Preshared,
        directory: Path,
        stored: ClientKeys,
        args: Mapping[str, Any],
        result: dict[str, Any],
    ) -> None:
        dest = Path(args["dest"]) / network.name
        registry_path = directory / f"{network.name}.json"
        text, registry = registry_file.read(registry_path)
        keys = self._keys(network, args["ours"].get(network.name, []), stored, dest, args["rekey"])
        result["made"] += [name for name, (_key, made) in keys.items() if made]
        public = {name: public_key(key) for name, (key, _made) in keys.items() if key}
        merged = merge(network, registry, public, prune=False, remember=True)
        network = merged.network
        lost = [name for name, (_key, made) in keys.items() if made and not stored.can_store and CONF not in args["formats"]]
        result["warnings"] += [
            f"client {name}: its new private key is stored only in the files written now; run with a vault password to store it "
            "beside the registry"
            for name in lost
        ]
        configs = {}
        for node in clients_of(network):
            key = keys.get(node.name, (None, False))[0]
            config = client_config(network, node.name, key, preshared)
            if key is None and node.name in keys:
                result["warnings"].append(
                    f"client {node.name}: its private key is no longer available, so its file is not updated; name it in "
                    "wireguard_client_rekey to give it a new key"
                )
                continue
            configs[node.name] = render_conf(config) if key else ITS_OWN + render_conf(config)
        chosen = {name: text for name, text in configs.items() if not args["names"] or name in args["names"]}
        contents = dict(_contents(chosen, args["formats"]))  # fails before anything is written
        shown = {name: qr(text, TERMINAL).decode() for name, text in chosen.items() if TERMINAL in args["formats"]}
        after = render_registry(network.name, merged.registry)
        changes_keys = stored.put(network.name, {name: key for name, (key, _made) in keys.items() if key})
        if not self._task.check_mode and changes_keys:
            stored.write()  # before any node trusts the public key
        writer = Writer(dest, self._task.check_mode, closed=True)
        self._files(writer, contents, {*configs, *keys})
        result["written"] += writer.written
        result["removed"] += writer.removed
        if not self._task.check_mode:
            for name, code in shown.items():
                self._display.display(f"\n{name}\n{code}", screen_only=True)  # the code is the client's private key
            if after != text:
                registry_file.write(registry_path, after)

    def _keys(
        self, network: Network, ours: list[str], stored: ClientKeys, dest: Path, rekey: list[str]
    ) -> dict[str, tuple[str | None, bool]]:
        """Clients whose keys are made here -> the private key, None if it is lost, and whether it is new."""
        keys: dict[str, tuple[str | None, bool]] = {}
        for node in clients_of(network):
            if node.name in rekey and node.name not in ours:
                raise PlanError(
                    f"client {node.name}: its public key comes from the inventory, so its keys are made elsewhere; "
                    "change them there"
                )
            if node.name not in ours:
                continue
            if node.name in rekey or node.public_key is None:
                keys[node.name] = (new_key(), True)
                continue
            candidates = filter(None, (stored.get(network.name, node.name), key_in(dest / f"{node.name}.conf")))
            keys[node.name] = (next((key for key in candidates if public_key(key) == node.public_key), None), False)
        return keys

    def _files(self, writer: Writer, contents: Mapping[str, bytes], names: set[str]) -> None:
        for name, content in contents.items():
            writer.put(name, content, CLOSED)
        for name in writer.names(""):
            stem, _dot, ending = name.rpartition(".")
            if ending in FILES and stem not in names and not writer.is_directory(name):
                writer.remove(name)


def _contents(configs: Mapping[str, str], formats: list[str]) -> Iterator[tuple[str, bytes]]:
    for name, text in configs.items():
        for kind in formats:
            if kind in FILES:
                yield f"{name}.{kind}", text.encode() if kind == CONF else qr(text, kind)
