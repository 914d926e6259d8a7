# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has measured on each link of a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..diagnosis.pairs import pairs_of
from ..diagnosis.verdicts import CONSEQUENCE, NOBODY, NOT_ASKED, PACKET_SIZE
from ..model.network import Network
from ..topologies.topology import graph_of

UP, IMPAIRED, SILENT, UNASKED, UNMANAGED, UNMEASURED = "up", "impaired", "silent", "not-asked", "not-managed", "not-measured"
STATES = (SILENT, IMPAIRED, UNASKED, UNMANAGED, UNMEASURED, UP)
"""Of a link, the worst first. It is ``impaired`` if large packets get lost, and ``not-asked`` if a host was not reached. Packets
are sent only between managed nodes that have keys and addresses; the others are ``not-managed`` or ``not-measured``.
"""
ASKED = (UP, IMPAIRED, SILENT, UNASKED)
"""The states of the doctor's pairs."""


@dataclass(frozen=True)
class Cause:
    """What the doctor says of a pair: the name of its network, its nodes, a code, and a sentence with its remedy."""

    network: str
    nodes: tuple[str, str]
    code: str
    cause: str
    remedy: str


Links = Mapping[tuple[str, str], str]
"""The two names in sorted order -> the state."""


def links_of(network: Network, causes: Iterable[Cause], reached: Collection[str]) -> dict[tuple[str, str], str]:
    """The state of each of the doctor's pairs, and of each link that is none of them.

    :param causes: what the doctor has found, also in other networks.
    :param reached: the names of nodes with a host that has reported.
    """
    codes = {cause.nodes: cause.code for cause in causes if cause.network == network.name}
    found = {
        (pair.a, pair.b): _state(codes.get((pair.a, pair.b)), pair.a in reached and pair.b in reached)
        for pair in pairs_of(network)
    }
    neighbours, nodes = graph_of(network).neighbours, network.nodes
    for a in nodes:
        for b in (other for other in neighbours(a) if a < other and (a, other) not in found):
            found[a, b] = UNMEASURED if nodes[a].managed and nodes[b].managed else UNMANAGED
    return found


def _state(code: str | None, reached: bool) -> str:
    """:param code: the doctor's; None if it has found nothing wrong."""
    if code is None:
        return UP
    if code == PACKET_SIZE:
        return IMPAIRED
    return UNASKED if code in (NOT_ASKED, NOBODY) or (code == CONSEQUENCE and not reached) else SILENT


def by_node(links: Links) -> dict[str, Counter[str]]:
    """Node -> how many of its links are in each state."""
    found: dict[str, Counter[str]] = {}
    for pair, state in links.items():
        for name in pair:
            found.setdefault(name, Counter())[state] += 1
    return found


def answering(counts: Mapping[str, int]) -> tuple[int, int]:
    """How many pairs answer, of how many that the doctor asks."""
    return counts.get(UP, 0) + counts.get(IMPAIRED, 0), sum(counts.get(state, 0) for state in ASKED)
