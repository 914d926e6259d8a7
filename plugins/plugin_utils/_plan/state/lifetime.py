# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that have had their time."""

from __future__ import annotations

from ..model.network import Network
from .registry import Registry


def ended(network: Network, registry: Registry, today: str) -> dict[str, str]:
    """Node -> why it is nobody's peer any more, also of nodes that have left the inventory.

    :param today: in UTC, as ``2027-01-31``.
    """
    left = {name: str(entry.get("expires") or "") for name, entry in registry.nodes.items() if name not in network.nodes}
    days = {**left, **{name: node.expires or "" for name, node in network.nodes.items()}}
    found = {name: f"expired on {day}" for name, day in days.items() if day and day <= today}
    return {**found, **{name: "is revoked" for name, node in network.nodes.items() if node.revoked}}
