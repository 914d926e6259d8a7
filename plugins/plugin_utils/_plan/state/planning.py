# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All networks of one run: what each registry becomes, and what is wrong with them together.

Nothing here depends on how often it is called: a run that was overtaken by another one calls it again with the registries of now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..documents.inventory import hosts_of
from ..documents.lint import network_findings
from ..model.findings import Finding, PlanError, stop_at_errors
from ..model.network import Network
from .adoption import Live
from .hosts import interfaces_by_host
from .recording import Asked, Recorded, Seen, record
from .registry import Registry, render_registry
from .single import check_single


@dataclass(frozen=True)
class Run:
    """What a run knows beside the registries.

    ``described``: network -> its document, from the inventory. ``asked``: network -> options. ``remove``: nodes to remove, each
    in any of the networks. ``seeds``: network -> see :func:`registry.with_ula`. ``remember``: False if there are no registries.
    ``single``: host -> interfaces that the inventory describes one by one.
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


@dataclass(frozen=True)
class Planned:
    """``recorded``: network -> what it is now. ``networks``: those that have nodes. ``registries``: network -> its new registry,
    of those that change. ``findings``: warnings and notes.
    """

    recorded: Mapping[str, Recorded]
    networks: tuple[Network, ...]
    registries: Mapping[str, Registry]
    findings: tuple[Finding, ...]


def plan(run: Run, registries: Mapping[str, Registry]) -> Planned:
    """Plan all networks with the registries of now.

    :raises PlanError: a network cannot work, or a guard stops the run; then nothing may be written.
    """
    recorded: dict[str, Recorded] = {}
    unknown = set(run.remove)
    for name, document in run.described.items():
        registry = registries[name]
        one = record(
            document, registry, run.seen, run.asked[name], run.today, run.seeds.get(name), run.remember, run.live, run.others
        )
        recorded[name] = one
        unknown -= {*document["nodes"], *hosts_of(document), *registry.nodes, *registry.removed}
    if unknown:
        raise PlanError(f"node {min(unknown)}: is not in any network of these hosts, and never was; correct the name")
    networks = tuple(one.merged.network for one in recorded.values() if one.merged.network.nodes)
    for network in networks:
        check_single(network.name, interfaces_by_host([network]), run.single)
    findings = network_findings(list(networks))
    stop_at_errors(findings)
    changed = {
        name: one.merged.registry
        for name, one in recorded.items()
        if run.remember and not one.undecided and _text(name, one.merged.registry) != _text(name, registries[name])
    }
    return Planned(recorded, networks, changed, tuple(findings))


def _text(name: str, registry: Registry) -> str:
    return render_registry(name, registry)
