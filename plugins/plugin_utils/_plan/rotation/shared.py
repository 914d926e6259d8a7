# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of a node on several hosts, which change one after the other, the standby ones first."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.network import Node
from .node_keys import NodeKeys


def keys_of_hosts(
    node: Node, known: NodeKeys, seen: Mapping[str, str | None], upcoming: Mapping[str, str | None]
) -> tuple[str | None, str | None]:
    """The key that the node uses, and its next one, both None if the hosts' answers say nothing of them.

    It uses the next key once no host that has answered has the old one any more. Until then the others get the old one again if
    a run ends.

    :param seen: host -> its public key, of those that have answered.
    :param upcoming: host -> the public key of its next key.
    """
    used = {key for key in seen.values() if key}
    following = {key for key in upcoming.values() if key}
    live = next((key for key in (known.public, known.next) if key in used), None)
    if known.next in used | following:
        return live, known.next
    first = node.hosts[0]
    return (live, upcoming.get(first)) if first in seen else (live, known.next)
