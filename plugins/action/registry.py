# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``registry``: makes the plan for all nodes, once per batch."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import KNOWN, inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import registry_file
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.network_files import (
    networks_described,
    registry_directory,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents, hosts_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.unread import unread_lines
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.vrrp import awaited
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
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.hosts import (
    interfaces_by_host,
    keys_in,
    live_in,
    live_of_others,
    live_peers,
    steps_of,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import (
    Asked,
    Recorded,
    over_lines,
    record,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, render_registry
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.single import (
    INTERFACES,
    check_single,
    single_interfaces,
)


class ActionModule(ControllerAction):
    """Combine inventory, registry and the keys of this run into network documents."""

    ARGUMENTS: Mapping[str, Any] = {
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
        "interface_state": {"type": "str", "default": "present"},
        "renumber": {"type": "bool", "default": False},
        "other": {"type": "str", "default": ""},
        "other_from": {"type": "str", "default": ""},
        "only_single": {"type": "bool", "default": False},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Make the network documents, and what tasks must do on each host."""
        given = self._variables
        also = ("inventory_dir", INTERFACES, args["keys_from"])
        known = inventory(given["hostvars"], given["groups"], given, also, self._templar.template)
        if args["only_single"]:
            return self._checked_single(known)
        try:
            return self._planned(args, known)
        except PlanError as error:
            mistyped = unread_lines(known.unread if not args["network_file"] else {}, KNOWN)[0]
            raise PlanError("\n".join([str(error), *mistyped]), error.findings) from None

    def _planned(self, args: Mapping[str, Any], known: Inventory) -> dict[str, Any]:
        task_vars, keys_from = self._variables, args["keys_from"]
        play = task_vars["ansible_play_hosts_all"]
        known.read(play)  # refuses facts that override variables, before any host is touched
        described = networks_described(known, args["network_file"], play)
        preshared = check_preshared(known, described)
        hosts = sorted({host for document in described.values() for host in hosts_of(document)})
        directory = registry_directory(args["path"], hosts, known.variables) if described else None
        InventorySources(self.sources).check(*(directory / f"{name}.json" for name in described if directory))
        looks = _looks(keys_from, sorted({*hosts, *play}), known.variables)
        seen = keys_in({host: look for host, look in looks.items() if host in hosts})
        answered = live_in(looks) if keys_from else None
        seen_there = native(task_vars.get(args["other_from"]) or {})
        others = live_of_others({args["other"]: seen_there} if "interfaces" in seen_there else {})
        if args["remove_network"] and args["remove_network"] not in described:
            raise PlanError(f"no network is called '{args['remove_network']}'; the networks are {', '.join(described) or 'none'}")
        writes = directory is not None and not self._task.check_mode
        changes: list[dict[str, str]] = []
        recorded: list[Recorded] = []
        forgotten: set[str] = set()
        members = set(hosts) if not args["network_file"] else set()  # with a file, nothing reads their variables
        unread, unread_notes = unread_lines({name: members & set(its) for name, its in known.unread.items()}, KNOWN)
        unknown = set(args["remove"])
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        with registry_file.locked(directory) if directory and writes else nullcontext():
            for name, document in described.items():
                path = directory / f"{name}.json" if directory else None
                before, registry = registry_file.read(path) if path else ("", Registry())
                seed = f"{uuid.getnode()} {path.absolute()}" if path else None
                one = record(document, registry, seen, _asked(args, name), today, seed, path is not None, answered, others)
                recorded.append(one)
                forgotten.update(one.undecided)
                unknown -= {*document["nodes"], *hosts_of(document), *registry.nodes, *registry.removed}
                after = render_registry(name, one.merged.registry)
                if path and after != before and not one.undecided:
                    changes.append({"before": before, "after": after, "before_header": str(path), "after_header": str(path)})
            if unknown:
                raise PlanError(f"node {min(unknown)}: is not in any network of these hosts, and never was; correct the name")
            networks = [one.merged.network for one in recorded if one.merged.network.nodes]
            single = {host: single_interfaces(host, known.variables[host].get(INTERFACES)) for host in {*hosts, *play}}
            for network in networks:
                check_single(network.name, interfaces_by_host([network]), single)
            findings = network_findings(networks)
            stop_at_errors(findings)
            unused = [text for one in recorded for text in _unused(one, preshared)]
            if writes and directory:
                for change in changes:
                    registry_file.write(Path(change["after_header"]), change["after"])
        texts = [json.dumps(network_to_dict(network)) for network in networks]
        digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        asked = not keys_from or any(keys_from in known.variables[host] for host in hosts)
        shown = [finding for finding in findings if asked or finding.code != "pending"]
        live = live_peers(looks)
        return {
            "changed": bool(changes),
            "diff": changes,
            "networks": texts,
            "digest": digest,
            "hosts": steps_of(play, networks, recorded, looks, digest, args["interface_state"] == "present", single),
            "awaited": awaited(networks, seen),
            "others": sorted(forgotten.difference(task_vars["ansible_play_batch"])),
            "ended": sorted({key for one in recorded for key in one.merged.ended}),
            "pending": sorted({name for network in networks for name, node in network.nodes.items() if node.pending}),
            "clients": {name: list(one.ours) for name, one in zip(described, recorded, strict=True)},
            "directory": str(directory) if directory else None,
            "notes": [*unread_notes, *(str(finding) for finding in shown if finding.severity == NOTE)],
            "warnings": [
                *unread,
                *(warning for one in recorded for warning in (*one.merged.warnings, *one.warnings)),
                *(line for one in recorded if asked for line in _over(one, keys_from, live, task_vars["ansible_play_hosts"])),
                *unused,
                *(str(finding) for finding in shown if finding.severity == WARNING),
            ],
        }

    def _checked_single(self, known: Inventory) -> dict[str, Any]:
        """Whether interfaces are described twice; a group that makes no network yet describes none."""
        play = self._variables["ansible_play_hosts_all"]
        single = {host: single_interfaces(host, known.variables[host].get(INTERFACES)) for host in play}
        try:
            described = documents(known, play)
        except PlanError:
            described = {}
        for name, document in described.items():
            if document.get("prefixes"):
                interface = str(document.get("interface") or Network({}).interface)
                check_single(name, {host: [interface] for host in hosts_of(document)}, single)
        return {"changed": False}


def _asked(args: Mapping[str, Any], network: str) -> Asked:
    return Asked(
        prune=args["prune"],
        remove=tuple(native(args["remove"])),
        whole=args["remove_network"] == network,
        max_removals=args["max_removals"],
        expire_all=args["expire_all"],
        regenerate=args["regenerate"] == "always",
        rollback=args["rollback"] > 0,
        renumber=args["renumber"],
    )


def _looks(variable: str, hosts: list[str], variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The registered results of ``prepare``, of the hosts on which it has run."""
    return {host: look for host in hosts if variable and (look := variables[host].get(variable))}


def _unused(one: Recorded, preshared: Mapping[str, Preshared]) -> list[str]:
    network = one.merged.network
    return preshared_warnings(network, preshared[network.name], set(one.over)) if network.nodes else []


def _over(one: Recorded, keys_from: str, live: Mapping[str, set[str]], running: list[str]) -> Iterable[str]:
    """A line for each expired or revoked node: what this run does about it, or would do."""
    if keys_from:
        return over_lines(one, live, running)
    network = one.merged.network.name
    return [f"network {network}: node {node} {why}: a run will remove it from all peers" for node, why in one.over.items()]
