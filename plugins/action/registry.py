# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``registry``: everything that is computed over all nodes happens here, once per batch."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import inventory, native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import registry_file
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
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
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import (
    Preshared,
    check_preshared,
    preshared_warnings,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import (
    Asked,
    Left,
    Recorded,
    over_lines,
    record,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, render_registry


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
                "max_removals": {"type": "int"},
                "expire_all": {"type": "bool", "default": False},
                "regenerate": {"type": "str", "default": "if_invalid"},
                "rollback": {"type": "int", "default": 0},
            }
        )
        try:
            return {**result, **self._record(args, task_vars or {})}
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _record(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        keys_from = args["keys_from"]
        known = inventory(task_vars["hostvars"], task_vars["groups"], task_vars, also=("inventory_dir", keys_from))
        play = task_vars["ansible_play_hosts_all"]
        known.read(play)  # refuses what a host says of itself, before any is touched
        found = _documents(known, args["network_file"], play)
        preshared = check_preshared(known, found)
        hosts = sorted({host for document in found.values() for host in hosts_of(document)})
        directory = self._directory(args["path"], hosts, known.variables) if found else None
        seen = _keys(keys_from, hosts, known.variables)
        if args["remove_network"] and args["remove_network"] not in found:
            raise PlanError(f"there is no network '{args['remove_network']}'; there are {', '.join(found) or 'none'}")
        writes = directory is not None and not self._task.check_mode
        changes: list[dict[str, str]] = []
        recorded: list[Recorded] = []
        unknown = set(args["remove"])
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        with registry_file.locked(directory) if directory and writes else nullcontext():
            for name, described in found.items():
                path = directory / f"{name}.json" if directory else None
                before, registry = registry_file.read(path) if path else ("", Registry())
                seed = f"{uuid.getnode()} {path.absolute()}" if path else None
                one = record(described, registry, seen, _asked(args, name), today, seed, remember=path is not None)
                recorded.append(one)
                unknown -= {*described["nodes"], *hosts_of(described), *registry.nodes, *registry.removed}
                after = render_registry(name, one.merged.registry)
                if path and after != before:
                    changes.append({"before": before, "after": after, "before_header": str(path), "after_header": str(path)})
            if unknown:
                raise PlanError(f"node {min(unknown)}: no network of these hosts has it, nor had it; correct the name")
            networks = [one.merged.network for one in recorded if one.merged.network.nodes]
            findings = network_findings(networks)
            stop_at_errors(findings)
            unused = [text for one in recorded for text in _unused(one, preshared)]
            if writes and directory:
                for change in changes:
                    registry_file.write(Path(change["after_header"]), change["after"])
        asked = not keys_from or any(keys_from in known.variables[host] for host in hosts)
        said = [finding for finding in findings if asked or finding.code != "pending"]
        live = _live(keys_from, hosts, known.variables)
        return {
            "changed": bool(changes),
            "diff": changes,
            **_told(recorded, networks),
            "awaited": awaited(networks, seen),
            "clients": {name: list(one.ours) for name, one in zip(found, recorded, strict=True)},
            "directory": str(directory) if directory else None,
            "notes": [str(finding) for finding in said if finding.severity == NOTE],
            "warnings": [
                *(warning for one in recorded for warning in (*one.merged.warnings, *one.warnings)),
                *(line for one in recorded if asked for line in _over(one, keys_from, live, task_vars["ansible_play_hosts"])),
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


def _asked(args: Mapping[str, Any], network: str) -> Asked:
    return Asked(
        prune=args["prune"],
        remove=tuple(native(args["remove"])),
        whole=args["remove_network"] == network,
        max_removals=args["max_removals"],
        expire_all=args["expire_all"],
        regenerate=args["regenerate"] == "always",
        rollback=args["rollback"] > 0,
    )


def _told(recorded: list[Recorded], networks: list[Network]) -> dict[str, Any]:
    """What tasks go on with: the documents, and per host what it has, leaves, and is refused for."""
    texts = [json.dumps(network_to_dict(network)) for network in networks]
    refused: dict[str, str] = {}
    left: dict[str, Left] = {}
    foreign: dict[str, list[str]] = {}
    for one in recorded:
        refused.update(one.refused)
        for host, what in one.left.items():
            left[host] = left.get(host, Left()).and_of(what)
        for host, keys in one.foreign.items():
            foreign.setdefault(host, []).extend(keys)
    return {
        "networks": texts,
        "digest": hashlib.sha256("\n".join(texts).encode()).hexdigest(),
        "interfaces": _interfaces(networks),
        "failover": _failover(networks),
        "left": {host: {key: list(names) for key, names in vars(what).items()} for host, what in left.items()},
        "ended": sorted({key for one in recorded for key in one.merged.ended}),
        "refused": refused,
        "given": sorted({host for one in recorded for host in one.given}),
        "foreign": foreign,
        "pending": sorted({name for network in networks for name, node in network.nodes.items() if node.pending}),
    }


def _unused(one: Recorded, preshared: Mapping[str, Preshared]) -> list[str]:
    network = one.merged.network
    return preshared_warnings(network, preshared[network.name], set(one.over)) if network.nodes else []


def _over(one: Recorded, keys_from: str, live: Mapping[str, set[str]], running: list[str]) -> Iterable[str]:
    """Of the nodes whose time is over: what the run does, or where it only looks, what it would do."""
    if keys_from:
        return over_lines(one, live, running)
    network = one.merged.network.name
    return [f"network {network}: node {node} {why}: a run takes it from everybody's peers" for node, why in one.over.items()]


def _live(keys_from: str, hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """Host -> the public keys of the peers that it has, of the hosts that :mod:`prepare` has looked at."""
    looks = {host: (variables[host].get(keys_from) or {}).get("interfaces") for host in hosts if keys_from}
    return {
        host: {peer["public_key"] for interface in look.values() for peer in interface["peers"]}
        for host, look in looks.items()
        if look is not None
    }


def _failover(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> how nodes that it is part of fail over; hosts without are not in it."""
    found: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            if network.failover and node.managed and (node.shared or network.failover != VRRP):
                for host in node.hosts:
                    found.setdefault(host, []).append(network.failover)
    return found


def _interfaces(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> the names of its interfaces; to know these alone, no host has to read whole networks."""
    found: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            for host in node.hosts if node.managed else ():
                found.setdefault(host, []).extend(interface_names(network, node))
    return found
