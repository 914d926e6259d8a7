# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that are expired or revoked."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.findings import PlanError
from ..model.network import Network
from .registry import Registry

_EXPIRED = "expired on"


def ended(network: Network, registry: Registry, today: str) -> dict[str, str]:
    """Node -> why it is no longer a peer of any node, including nodes that have left the inventory.

    :param today: in UTC, as ``2027-01-31``.
    """
    left = {name: str(entry.get("expires") or "") for name, entry in registry.nodes.items() if name not in network.nodes}
    days = {**left, **{name: node.expires or "" for name, node in network.nodes.items()}}
    expired = {name: f"{_EXPIRED} {day}" for name, day in days.items() if day and day <= today}
    return {**expired, **{name: "is revoked" for name, node in network.nodes.items() if node.revoked}}


def refuse_to_expire_all(network: Network, registry: Registry, over: Mapping[str, str]) -> None:
    """Ask before all nodes with an expiry day, if there are several, expire in one run: the controller's clock may be wrong.

    :param over: as :func:`ended` returns them.
    :raises PlanError: with the nodes and the option that allows it.
    """
    days = {
        name: network.nodes[name].expires if name in network.nodes else entry.get("expires")
        for name, entry in registry.nodes.items()
    }
    expiring = {name for name, day in days.items() if day}
    now = sorted(name for name in expiring if over.get(name, "").startswith(_EXPIRED))
    if len(now) > 1 and set(now) == expiring:
        raise PlanError(
            f"network {network.name}: all nodes with an expiry day would expire in this run: {', '.join(now)}; check the "
            "controller's clock; if that is intended, run with -e wireguard_expire_all=true"
        )
