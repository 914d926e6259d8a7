# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``registry``: everything that is computed over all nodes happens here, once per batch."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import registry_file
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents, hosts_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.network_file import documents_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.routed import interface_names
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.standby import VRRP, awaited
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import (
    NOTE,
    WARNING,
    PlanError,
    stop_at_errors,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, without
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import (
    check_preshared,
    preshared_warnings,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.lifetime import ended
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Merged,
    Registry,
    merge,
    render_registry,
    with_ula,
)


class ActionModule(Action):
    """Bring inventory, registry and the keys seen in this run together, and give the network documents."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller; nothing is sent to a host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(
            {
                "path": {"type": "str"},
                "network_file": {"type": "path"},
                "prune": {"type": "bool", "default": False},
                "keys_from": {"type": "str", "default": ""},
                "remove": {"type": "list", "elements": "str", "default": []},
                "remove_network": {"type": "str"},
            }
        )
        try:
            return {**result, **self._merge(args, task_vars or {})}
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _merge(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        keys_from = args["keys_from"]
        known = inventory(task_vars["hostvars"], task_vars["groups"], task_vars, also=("inventory_dir", keys_from))
        play = task_vars["ansible_play_hosts_all"]
        for host in play:
            _ = known.variables[host]  # refuses what a host says of itself, before any is touched
        found = _documents(known, args["network_file"], play)
        preshared = check_preshared(known, found)
        hosts = sorted({host for document in found.values() for host in hosts_of(document)})
        directory = self._directory(args["path"], hosts, known.variables) if found else None
        seen = _keys(keys_from, hosts, known.variables)
        asked = not keys_from or any(keys_from in known.variables[host] for host in hosts)
        writes = directory is not None and not self._task.check_mode
        changes: list[dict[str, str]] = []
        merged: list[Merged] = []
        removed: dict[str, list[str]] = {}
        gone: list[str] = []
        ended_nodes: set[str] = set()
        ended_keys: set[str] = set()
        ours: dict[str, list[str]] = {}
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        unknown = set(args["remove"])
        if args["remove_network"] and args["remove_network"] not in found:
            raise PlanError(f"there is no network '{args['remove_network']}'; there are {', '.join(found) or 'none'}")
        with registry_file.locked(directory) if directory and writes else nullcontext():
            for name, described in found.items():
                path = directory / f"{name}.json" if directory else None
                before, registry = registry_file.read(path) if path else ("", Registry())
                seed = f"{uuid.getnode()} {path.absolute()}" if path else None
                document, registry = with_ula(described, registry, seed)
                network = network_from_dict(document)
                over = ended(network, registry, today)
                ours[name] = [node.name for node in network.nodes.values() if not node.managed and node.pending]
                remove = {*network.nodes, *registry.nodes} if name == args["remove_network"] else {*args["remove"], *over}
                unknown -= {*network.nodes, *registry.nodes, *registry.removed}
                leaving = without(network, set(network.nodes) - remove)
                removed = _interfaces([leaving], removed)
                keys = dict(_observed(network, registry, seen))
                whole = merge(network, registry, keys, prune=args["prune"], remember=path is not None, remove=remove)
                if whole.network.nodes:
                    merged.append(whole)
                ended_nodes |= set(over)
                ended_keys |= set(whole.ended)
                gone += [f"network {name}: node {node} {why}, and is nobody's peer" for node, why in over.items()]
                after = render_registry(name, whole.registry)
                if path and after != before:
                    changes.append({"before": before, "after": after, "before_header": str(path), "after_header": str(path)})
            if unknown:
                raise PlanError(f"node {min(unknown)}: no network of these hosts has it, nor had it; correct the name")
            findings = network_findings(item.network for item in merged)
            stop_at_errors(findings)
            unused = [
                warning
                for item in merged
                for warning in preshared_warnings(item.network, preshared[item.network.name], ended_nodes)
            ]
            if writes and directory:
                for change in changes:
                    registry_file.write(Path(change["after_header"]), change["after"])
        said = [finding for finding in findings if asked or finding.code != "pending"]
        texts = [json.dumps(network_to_dict(item.network)) for item in merged]
        return {
            "changed": bool(changes),
            "diff": changes,
            "networks": texts,
            "digest": hashlib.sha256("\n".join(texts).encode()).hexdigest(),
            "interfaces": _interfaces(item.network for item in merged),
            "failover": _failover(item.network for item in merged),
            "awaited": awaited((item.network for item in merged), seen),
            "removed": removed,
            "ended": sorted(ended_keys),
            "clients": ours,
            "directory": str(directory) if directory else None,
            "pending": sorted({n for item in merged for n, node in item.network.nodes.items() if node.pending}),
            "notes": [str(finding) for finding in said if finding.severity == NOTE],
            "warnings": [
                *(warning for item in merged for warning in item.warnings),
                *gone,
                *unused,
                *(str(finding) for finding in said if finding.severity == WARNING),
            ],
        }

    def _directory(self, path: str | None, hosts: list[str], variables: Mapping[str, Mapping[str, Any]]) -> Path | None:
        """The registry's directory; None where the user wants none."""
        if path is not None:
            return Path(path).expanduser() if path else None
        places = {host: variables[host].get("inventory_dir") for host in hosts}
        first = hosts[0]
        if not places[first]:
            raise PlanError("there is no inventory directory for the registry; set wireguard_registry to a directory, or to ''")
        for host, place in places.items():
            if place != places[first]:
                raise PlanError(
                    f"registry: {first} comes from inventory {places[first]} and {host} from {place}; "
                    f"set wireguard_registry to one directory for both"
                )
        return Path(str(places[first])) / ".wireguard"


def _documents(known: Inventory, file: str | None, play: list[str]) -> dict[str, dict[str, Any]]:
    """The networks of the play's hosts, from the file that the user gives, or else from the inventory."""
    if not file:
        return documents(known, play)
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"wireguard_network_file: {file} cannot be read: {error}") from None
    return documents_in(text, file, list(known.variables), play)


def _keys(variable: str, hosts: list[str], variables: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], str | None]:
    """(host, interface) -> public key, None where it has none, from what :mod:`prepare` has registered on the hosts."""
    found: dict[tuple[str, str], str | None] = {}
    for host in hosts if variable else []:
        for interface, key in (variables[host].get(variable) or {}).get("keys", {}).items():
            found[host, interface] = str(key) if key else None
    return found


def _failover(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> how nodes that it is part of fail over; hosts without are not in it."""
    found: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            if network.failover and node.managed and (node.shared or network.failover != VRRP):
                for host in node.hosts:
                    found.setdefault(host, []).append(network.failover)
    return found


def _interfaces(networks: Iterable[Network], known: Mapping[str, list[str]] | None = None) -> dict[str, list[str]]:
    """Host -> the names of its interfaces; to know these alone, no host has to read whole networks."""
    found: dict[str, list[str]] = dict(known or {})
    for network in networks:
        for node in network.nodes.values():
            for host in node.hosts if node.managed else ():
                found.setdefault(host, []).extend(interface_names(network, node))
    return found


def _observed(network: Network, registry: Registry, seen: Mapping[tuple[str, str], str | None]) -> Iterator[tuple[str, str]]:
    """Node -> its key. Hosts that stand by for one another may still have different ones: the one that is known stays."""
    for name, node in network.nodes.items():
        keys = [seen.get((host, network.interface)) for host in node.hosts]
        found = [key for key in keys if key]
        known = registry.nodes.get(name, {}).get("public_key")
        if found and not (node.shared and known):
            yield name, found[0]
