# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All networks of one run: what each registry becomes, and what is wrong with them together.

Nothing here depends on how often it is called: a run that was overtaken by another one calls it again with the registries of now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..documents.inventory import hosts_of
from ..documents.lint import network_findings
from ..documents.single import check_single
from ..failover.vrrp import VRRP
from ..model.answers import Seen
from ..model.findings import ELSEWHERE, Finding, PlanError, stop_at_errors, tolerate
from ..model.network import Network
from ..rotation.preshared_secrets import Secrets, answered, changed_secrets, entries_with_ids
from .adoption import Live
from .hosts import interfaces_by_host
from .recording import Asked, Recorded, named, record
from .registry import Registry, render_registry


@dataclass(frozen=True)
class Run:
    """What a run knows beside the registries.

    ``described``: network -> its document, from the inventory. ``asked``: network -> options. ``remove``: nodes to remove, each
    in any of the networks. ``seeds``: network -> see :func:`registry.with_ula`. ``remember``: False if there are no registries.
    ``upcoming``: as ``seen``, the next keys. ``single``: host -> interfaces that the inventory describes one by one.
    ``partial``: other jobs have to record nodes yet, so a network may be incomplete. ``secrets``: network -> its preshared
    secrets.
    """

    described: Mapping[str, Mapping[str, Any]]
    asked: Mapping[str, Asked]
    seen: Seen
    today: str
    remember: bool
    live: Live | None = None
    others: Live | None = None
    remove: Collection[str] = ()
    seeds: Mapping[str, str] = field(default_factory=dict)
    single: Mapping[str, Collection[str]] = field(default_factory=dict)
    partial: bool = False
    upcoming: Seen = field(default_factory=dict)
    secrets: Mapping[str, Secrets] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """``recorded``: network -> what it is now. ``networks``: those that have nodes. ``registries``: network -> its new registry,
    of those that change. ``findings``: warnings and notes. ``incomplete``: networks that cannot be planned yet -> why not.
    These have no links in ``networks``.
    """

    recorded: Mapping[str, Recorded]
    networks: tuple[Network, ...]
    registries: Mapping[str, Registry]
    findings: tuple[Finding, ...]
    incomplete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def plan(run: Run, registries: Mapping[str, Registry]) -> Planned:
    """Plan all networks with the registries of now.

    :raises PlanError: a network cannot work, or a guard stops the run; then nothing may be written.
    """
    recorded: dict[str, Recorded] = {}
    unknown = {*run.remove, *(name for asked in run.asked.values() for name in (*named(asked.prune), *asked.compromised))}
    for name, document in run.described.items():
        registry = registries[name]
        one = record(
            document, registry, run.seen, run.asked[name], run.today, run.seeds.get(name), run.remember, run.live, run.others,
            ELSEWHERE if run.partial else (), run.upcoming,
        )  # fmt: skip
        recorded[name] = one
        recorded_hosts = (host for entry in registry.nodes.values() for host in entry.get("hosts", ()))
        unknown -= {*document["nodes"], *hosts_of(document), *registry.nodes, *registry.removed, *recorded_hosts}
    if unknown:
        raise PlanError(f"node {min(unknown)}: is not in any network of these hosts, and never was; correct the name")
    left = {name for network, document in run.described.items() for name in {*registries[network].nodes} - {*document["nodes"]}}
    here = {name for document in run.described.values() for name in document["nodes"]}
    for name in sorted({name for asked in run.asked.values() for name in named(asked.prune)} & here - left):
        raise PlanError(f"node {name}: is in the inventory, so it cannot be pruned; remove it with -e wireguard_remove={name}")
    networks = {name: one.merged.network for name, one in recorded.items() if one.merged.network.nodes}
    incomplete = _incomplete(networks) if run.partial else {}
    networks |= {name: _without_links(networks[name]) for name in incomplete}
    for network in networks.values():
        check_single(network.name, interfaces_by_host([network]), run.single)
    findings = network_findings(list(networks.values()))
    if incomplete:
        findings = tolerate(findings, ELSEWHERE)[0]
    stop_at_errors(findings)
    for name in networks:
        secrets = run.secrets.get(name, Secrets())
        if secrets.previous is not None and not run.remember:
            raise PlanError(
                f"network {name}: wireguard_preshared_secret_previous needs a registry, which keeps who has changed; set "
                "wireguard_registry, or remove it"
            )
        recorded[name] = _with_secrets(recorded[name], registries[name], secrets, name not in incomplete)
        networks[name] = recorded[name].merged.network
    networks |= {name: _without_links(networks[name]) for name in incomplete}
    changed = {
        name: one.merged.registry
        for name, one in recorded.items()
        if run.remember and not one.undecided and _text(name, one.merged.registry) != _text(name, registries[name])
    }
    return Planned(recorded, tuple(networks.values()), changed, tuple(findings), incomplete)


def _with_secrets(one: Recorded, before: Registry, secrets: Secrets, complete: bool) -> Recorded:
    """With the pairs that change, or have changed, to a new preshared secret."""
    merged = one.merged
    network = answered(merged.network, before.nodes, merged.registry.nodes, secrets)
    network = changed_secrets(network, secrets, complete)
    if network is merged.network:
        return one
    nodes = entries_with_ids(network, merged.registry.nodes)
    registry = replace(merged.registry, nodes=nodes, preshared_base=network.preshared_base)
    return replace(one, merged=replace(merged, network=network, registry=registry))


def _incomplete(networks: Mapping[str, Network]) -> dict[str, tuple[str, ...]]:
    """The networks that lack nodes of other jobs -> the errors that they have without them."""
    found = {name: tolerate(network_findings([network]), ELSEWHERE)[1] for name, network in networks.items()}
    return {name: tuple(map(str, errors)) for name, errors in found.items() if errors}


def _without_links(network: Network) -> Network:
    """The nodes with their addresses and keys, which can be made and recorded before anything can be linked."""
    nodes = {
        name: replace(node, hub=False, home=None, exit=None, allowed_ips=(), excluded_ips=())
        for name, node in network.nodes.items()
    }
    failover = VRRP if any(node.shared for node in nodes.values()) else None
    return replace(network, nodes=nodes, topology="custom", links=(), groups={}, isolate_spokes=False, failover=failover)


def _text(name: str, registry: Registry) -> str:
    return render_registry(name, registry)
