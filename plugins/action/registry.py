# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``registry``: makes the plan for all nodes, once per batch."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import KNOWN, inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import unpacked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.network_files import (
    networks_described,
    registry_place,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents, hosts_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.single import (
    INTERFACES,
    check_single,
    single_interfaces,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.unread import unread_lines
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.vrrp import awaited
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.guarding import guarded
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import (
    NOTE,
    WARNING,
    PlanError,
    shown,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.gate import Hosts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.rotation import Rotation, Wish, rotation
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import (
    Preshared,
    check_preshared,
    preshared_warnings,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.hosts import (
    key_dates_in,
    keys_in,
    live_in,
    live_of_others,
    live_peers,
    next_keys_in,
    steps_of,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.planning import Planned, Run
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import (
    Asked,
    Recorded,
    over_lines,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import departed_line
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.registries import Registries

_VAULTED = "wireguard_private_keys"
ROTATE: Mapping[str, Any] = {
    "nodes": {"type": "raw", "default": []},
    "max_age": {"type": "int"},
    "without": {"type": "raw", "default": []},
    "clients": {"type": "bool", "default": False},
}


class ActionModule(ControllerAction):
    """Combine inventory, registry and the keys of this run into network documents."""

    ARGUMENTS: Mapping[str, Any] = {
        "path": {"type": "str"},
        "network_file": {"type": "path"},
        "prune": {"type": "raw", "default": False},
        "only_recorded": {"type": "bool", "default": False},
        "sliced": {"type": "bool", "default": False},
        "partial": {"type": "bool", "default": False},
        "guarded": {"type": "bool", "default": False},
        "keys_from": {"type": "str", "default": ""},
        "remove": {"type": "list", "elements": "str", "default": []},
        "remove_network": {"type": "str"},
        "max_removals": {"type": "int"},
        "compromised": {"type": "raw", "default": []},
        "expire_all": {"type": "bool", "default": False},
        "regenerate": {"type": "str", "default": "if_invalid"},
        "rollback": {"type": "int", "default": 0},
        "interface_state": {"type": "str", "default": "present"},
        "renumber": {"type": "bool", "default": False},
        "other": {"type": "str", "default": ""},
        "other_from": {"type": "str", "default": ""},
        "only_single": {"type": "bool", "default": False},
        "lineages": {"type": "dict", "default": {}},
        "rotate": {"type": "dict", "options": ROTATE},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Make the network documents, and what tasks must do on each host."""
        given = self._variables
        also = ["inventory_dir", INTERFACES, args["keys_from"], *([_VAULTED] if args["rotate"] else [])]
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
        if args["remove_network"] and args["remove_network"] not in described:
            raise PlanError(f"no network is called '{args['remove_network']}'; the networks are {', '.join(described) or 'none'}")
        place = registry_place(args["path"], hosts, known.variables) if described else None
        if args["rotate"] and (place is None or args["regenerate"] == "always"):
            raise PlanError(
                "rotate: needs a registry, which keeps the next keys; set wireguard_registry"
                if place is None
                else "rotate: makes new keys itself; run it without wireguard_regenerate=always"
            )
        looks = _looks(keys_from, sorted({*hosts, *play}), known.variables)
        of_nodes = {host: look for host, look in looks.items() if host in hosts}
        seen_there = native(task_vars.get(args["other_from"]) or {})
        run = Run(
            described,
            {name: _asked(args, name) for name in described},
            keys_in(of_nodes),
            datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            place is not None,
            live_in(looks) if keys_from else None,
            live_of_others({args["other"]: seen_there} if "interfaces" in seen_there else {}),
            args["remove"],
            partial=args["partial"],
            upcoming=next_keys_in(of_nodes),
            secrets={name: source.secrets for name, source in preshared.items()},
            single={host: single_interfaces(host, known.variables[host].get(INTERFACES)) for host in {*hosts, *play}},
        )
        registries = Registries(place, described, InventorySources(self.sources), args["lineages"], task_vars)
        unused: list[str] = []

        def check(planned: Planned) -> None:
            unused[:] = [text for one in planned.recorded.values() for text in _unused(one, preshared)]

        only = args["only_recorded"]
        planned, changes = registries.planned(run, not (self._task.check_mode or only), check)
        members = set(hosts) if not args["network_file"] else set()  # with a file, nothing reads their variables
        unread, unread_notes = unread_lines({name: members & set(its) for name, its in known.unread.items()}, KNOWN)
        recorded, networks, findings = list(planned.recorded.values()), planned.networks, planned.findings
        forgotten = {host for one in recorded for host in one.undecided}
        texts = [json.dumps(network_to_dict(network)) for network in networks]
        digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        asked = not keys_from or any(keys_from in known.variables[host] for host in hosts)
        told = [finding for finding in findings if asked or finding.code != "pending"]
        live = live_peers(looks)
        present = args["interface_state"] == "present"
        ended = sorted({key for one in recorded for key in one.merged.ended})
        of_play = {host: look for host, look in looks.items() if host in play}
        losing, guard_lines = guarded(networks, of_play, args["max_removals"], ended) if args["guarded"] else ({}, [])
        steps = steps_of(play, networks, recorded, looks, digest, present, run.single, losing)
        shared = awaited(networks, run.seen, run.upcoming)
        rotating = _rotating(args["rotate"], planned, steps, looks, known.variables, play, run.today) if args["rotate"] else None
        for host, its in steps.items():
            its["make_next_keys"] = list(rotating.make.get(host, ())) if rotating else []
        takes_away = any(one.prune or one.list_pruned or one.remove or one.whole for one in run.asked.values())
        return {
            "changed": bool(changes) and not only,
            "diff": [] if only else changes,
            "networks": texts,
            "digest": digest,
            "hosts": steps,
            "settled": not takes_away and all(steps[host]["settled"] for host in play),
            "exceptions": sorted({*shared, *(host for host, its in steps.items() if its["refused"] is not None)}),
            "awaited": shared,
            "others": sorted(forgotten.difference(task_vars["ansible_play_batch"])),
            "ended": ended,
            "pending": sorted({name for network in networks for name, node in network.nodes.items() if node.pending}),
            "clients": {name: list(one.ours) for name, one in zip(described, recorded, strict=True)},
            "registry": registries.shown,
            **({} if rotating is None else {"rotation": rotating.shown()}),
            "lineages": registries.lineages,
            "notes": [
                *unread_notes,
                *(_hidden(one) for one in recorded if args["sliced"] and one.merged.departed),
                *(str(finding) for finding in told if finding.severity == NOTE),
            ],
            "warnings": [
                *unread,
                *(warning for one in recorded for warning in _warnings(one, args["sliced"])),
                *(_unplanned(name, why) for name, why in planned.incomplete.items()),
                *(line for one in recorded if asked for line in _over(one, keys_from, live, task_vars["ansible_play_hosts"])),
                *unused,
                *guard_lines,
                *(str(finding) for finding in told if finding.severity == WARNING),
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


def _rotating(
    asked: Mapping[str, Any],
    planned: Planned,
    steps: Mapping[str, Mapping[str, Any]],
    looks: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Mapping[str, Any]],
    play: Sequence[str],
    today: str,
) -> Rotation:
    entries = {name: one.merged.registry.nodes for name, one in planned.recorded.items()}
    present = {host: look for host, look in looks.items() if steps.get(host, {}).get("refused") is None}
    hosts = Hosts(
        live_peers(present),
        {host for host, its in steps.items() if host in present and not its["unsettled"]},
        {host: sorted(native(variables[host].get(_VAULTED) or {})) for host in play},
        next_keys_in(present),
    )
    wish = Wish(_names(native(asked["nodes"])), asked["max_age"], _names(native(asked["without"])), asked["clients"], play)
    return rotation(planned.networks, entries, key_dates_in(present), hosts, wish, today)


def _asked(args: Mapping[str, Any], network: str) -> Asked:
    every, names = _pruned(native(args["prune"]))
    return Asked(
        prune=names,
        list_pruned=every,
        compromised=() if args["only_recorded"] else _names(native(args["compromised"])),
        only_recorded=args["only_recorded"],
        sliced=args["sliced"],
        remove=tuple(native(args["remove"])),
        whole=args["remove_network"] == network,
        max_removals=args["max_removals"],
        expire_all=args["expire_all"],
        regenerate=args["regenerate"] == "always",
        rollback=args["rollback"] > 0,
        renumber=args["renumber"],
    )


def _pruned(value: Any) -> tuple[bool, tuple[str, ...]]:
    """Whether the nodes to prune are to be listed, and the names of those to prune. Values from the command line are texts."""
    names = _names(value)
    if len(names) == 1 and names[0].lower() in ("true", "yes", "false", "no"):
        return names[0].lower() in ("true", "yes"), ()
    return False, names


def _names(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [] if value in (None, "") else str(value).split(",")
    return tuple(str(item).strip() for item in items if str(item).strip())


def _looks(variable: str, hosts: list[str], variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The registered results of ``prepare``, of the hosts on which it has run."""
    return {host: unpacked(look) for host in hosts if variable and (look := variables[host].get(variable))}


def _unused(one: Recorded, preshared: Mapping[str, Preshared]) -> list[str]:
    network = one.merged.network
    return preshared_warnings(network, preshared[network.name], set(one.over)) if network.nodes else []


def _warnings(one: Recorded, sliced: bool) -> list[str]:
    """In a slice of the inventory, it is no warning that nodes are missing."""
    line = departed_line(one.merged.network.name, one.merged.departed) if sliced else ""
    return [warning for warning in (*one.merged.warnings, *one.warnings) if warning != line]


def _hidden(one: Recorded) -> str:
    names = one.merged.departed
    return f"network {one.merged.network.name}: {shown('node', names)} only in the registry, as this inventory is a part of it"


def _unplanned(network: str, why: Sequence[str]) -> str:
    return (
        f"network {network}: keys and addresses are recorded, but it cannot be planned before other jobs have recorded theirs: "
        f"{'; '.join(why)}"
    )


def _over(one: Recorded, keys_from: str, live: Mapping[str, set[str]], running: list[str]) -> Iterable[str]:
    """A line for each expired or revoked node: what this run does about it, or would do."""
    if keys_from:
        return over_lines(one, live, running)
    network = one.merged.network.name
    return [f"network {network}: node {node} {why}: a run will remove it from all peers" for node, why in one.over.items()]
