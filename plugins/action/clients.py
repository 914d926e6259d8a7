# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``clients``: keys, configurations and QR codes of nodes that Ansible does not reach."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.client_keys import ClientKeys, key_in, new_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import CLOSED, Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.qr import KINDS, qr
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.clients import clients_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.issuing import issue, without_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared, preshared_for
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, with_changes
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import is_directory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.directory import locked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.registries import Registries

CONF, TERMINAL = "conf", "terminal"
LOCK = ".clients.lock"
VAULT = "clients.vault"
"""The file of the keys, in the registry's directory; beside the inventory if the registry is elsewhere."""
FILES = (CONF, "svg", "png")
HAS_TERMINAL = sys.stdout.isatty()
"""Read when the strategy loads the plugin, in the controller's own process: workers of ansible-core 2.19 and later have no
terminal.
"""
_SECRETS = ("preshared_secret", "preshared_keys", "network_values", "preshared_secret_previous")
"""Options, in the order in which :func:`preshared_for` takes them."""
_LISTS = ("written", "removed", "made", "warnings")


class ActionModule(ControllerAction):
    """Make missing keys, and write changed files."""

    ARGUMENTS: Mapping[str, Any] = {
        "networks": {"type": "list", "elements": "raw", "required": True},
        "ours": {"type": "dict", "required": True},
        "registry": {"type": "str", "required": True},
        "dest": {"type": "path"},
        "formats": {"type": "list", "elements": "str", "choices": [CONF, *KINDS], "default": [CONF, "svg"]},
        "names": {"type": "list", "elements": "str", "default": []},
        "rekey": {"type": "list", "elements": "str", "default": []},
        "preshared_secret": {"type": "str", "no_log": True},
        "preshared_secret_previous": {"type": "str", "no_log": True},
        "preshared_keys": {"type": "list", "elements": "dict", "no_log": True},
        "network_values": {"type": "dict", "no_log": True},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Make the keys and the files of all networks."""
        if TERMINAL in args["formats"] and not HAS_TERMINAL:
            raise AnsibleActionFail(
                "formats: terminal: this run has no terminal, so the private keys in the codes could end up in a log; run it "
                "in a terminal, without a pipe, or choose svg, png or conf"
            )
        found = networks(args["networks"])
        self._check_names(found, [*args["names"], *args["rekey"]])
        secrets = (only_set(args[key]) for key in _SECRETS)
        preshared = preshared_for([network.name for network in found], *secrets)
        sources = InventorySources(self.sources)
        registry = args["registry"]
        directory = Path(registry).expanduser() if is_directory(registry) else sources.place("")
        dest = Path(args["dest"]) if args["dest"] else sources.place("clients")
        sources.check(directory / VAULT, *(dest / network.name for network in found))
        done = []
        with nullcontext() if self._task.check_mode else locked(directory, name=LOCK):
            stored = ClientKeys(self._loader, directory / VAULT)
            for network in found:
                registries = Registries(registry, [network.name], sources, {}, self._variables)
                done.append(self._network(network, preshared[network.name], registries, dest / network.name, stored, args))
        result: dict[str, Any] = {key: [item for part in done for item in part[key]] for key in _LISTS}
        return {**result, "dest": str(dest), "changed": any(result[key] for key in _LISTS if key != "warnings")}

    def _check_names(self, found: list[Network], names: list[str]) -> None:
        known = {node.name for network in found for node in clients_of(network)}
        unknown = sorted(set(names) - known)
        if unknown:
            raise PlanError(f"client {unknown[0]}: is in no network; the clients are {', '.join(sorted(known)) or 'none'}")

    def _network(
        self,
        network: Network,
        preshared: Preshared,
        registries: Registries,
        dest: Path,
        stored: ClientKeys,
        args: Mapping[str, Any],
    ) -> dict[str, Iterable[str]]:
        """Write a network's files; return what the result says about it, the keys being those of ``_LISTS``."""
        check, formats = self._task.check_mode, args["formats"]
        before = registries.read()[network.name]
        ours = args["ours"].get(network.name, [])
        new = {name: new_key() for name in without_key(network, ours, args["rekey"])}
        clients = [node.name for node in clients_of(network)]
        found = {
            name: [key for key in (stored.get(network.name, name), key_in(dest / f"{name}.conf")) if key]
            for name in clients
            if name in ours and name not in new
        }
        issued = issue(network, before, preshared, new, found, stored.can_store or CONF in formats)
        chosen = {name: text for name, text in issued.configs.items() if not args["names"] or name in args["names"]}
        contents = dict(_contents(chosen, formats))  # fails before anything is written
        shown = {name: qr(text, TERMINAL).decode() for name, text in chosen.items() if TERMINAL in formats}
        if stored.put(network.name, issued.keys) and not check:
            stored.write()  # before any node trusts the public key
        writer = Writer(dest, check, closed=True)
        self._files(writer, contents, clients)
        if not check:
            for name, code in shown.items():
                self._display.display(f"\n{name}\n{code}", screen_only=True)  # the code is the client's private key
            self._record(registries, network.name, before, issued.registry)
        return {"written": writer.written, "removed": writer.removed, "made": issued.made, "warnings": issued.warnings}

    def _record(self, registries: Registries, network: str, before: Registry, after: Registry) -> None:
        """Record what was issued, in the registry of now."""

        def change(present: Mapping[str, Registry]) -> dict[str, Registry]:
            changed = with_changes(before, after, present[network], network)
            return {network: changed} if changed != present[network] else {}

        if after != before:
            registries.changed(change, writes=True)

    def _files(self, writer: Writer, contents: Mapping[str, bytes], names: Collection[str]) -> None:
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
