# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions in a fleet, and the differences that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import FEATURES, tools_can

UNKNOWN = "unknown"


def versions(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """``{"implementation": {"wireguard-go 0.0.20220316": ["alpha"]}, "tools": {...}, "systemd": {...}}``, hosts sorted.

    :param entries: of :func:`status`. Hosts that were not reached do not count, nor do implementations of interfaces that are
        down.
    """
    found: dict[str, dict[str, set[str]]] = {"implementation": {}, "tools": {}, "systemd": {}}
    for entry in entries:
        if entry["reached"]:
            if entry["up"]:
                found["implementation"].setdefault(_implementation(entry), set()).add(entry["host"])
            for what in ("tools", "systemd"):
                found[what].setdefault(entry[f"{what}_version"] or UNKNOWN, set()).add(entry["host"])
    return {what: {name: sorted(hosts) for name, hosts in sorted(some.items())} for what, some in found.items()}


def _implementation(entry: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (entry["implementation"], entry["implementation_version"])))


def versions_text(found: Mapping[str, Mapping[str, list[str]]]) -> Iterator[str]:
    """A line for each component with more than one version, and for each feature that only some hosts' tools have."""
    for what, some in found.items():
        if len(some) > 1:
            yield f"{what}: " + "; ".join(f"{name} on {', '.join(hosts)}" for name, hosts in some.items())
        if what == "tools":
            yield from _abilities(some)


def _abilities(tools: Mapping[str, list[str]]) -> Iterator[str]:
    for name, feature in FEATURES.items():
        have = {version: tools_can(name, version) for version in tools if version != UNKNOWN}
        if len(set(have.values())) > 1:
            can, cannot = (
                ", ".join(sorted(host for version, able in have.items() if able is wanted for host in tools[version]))
                for wanted in (True, False)
            )
            yield f"  the tools of {can} {feature.meaning}; those of {cannot} do not"
