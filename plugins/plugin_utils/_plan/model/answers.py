# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts report of their keys."""

from __future__ import annotations

from collections.abc import Mapping

from .network import Node

Seen = Mapping[tuple[str, str], str | None]
"""(host, interface) -> the public key that the host reported, None if it has none; without hosts that were not read."""


def answers_of(node: Node, interface: str, keys: Seen) -> dict[str, str | None]:
    """Host -> its key, of the node's hosts that were read."""
    return {host: keys[host, interface] for host in node.hosts if (host, interface) in keys}
