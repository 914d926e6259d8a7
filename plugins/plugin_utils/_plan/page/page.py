# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the page of a run: networks, pairs, nodes and peers, with what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..diagnosis.verdicts import CONSEQUENCE
from ..explain.picture import Picture, picture_of
from ..model.network import Network
from ..reports.status import status
from ..reports.versions import versions, versions_text
from ..topologies.topology import graph_of
from ..validation.version_clashes import version_findings
from .links import IMPAIRED, SILENT, UNASKED, UNMANAGED, Cause, Links, answering, by_node, links_of
from .marked import marked
from .matrix import Run, matrix_of
from .nodes import STATES, NodeRow, PeerRow, node_rows, peer_rows

MOST_PEERS = 2_000
"""With more peers, a page shows only those that did not answer, and at most this number: a mesh of 500 nodes has 249,500."""


@dataclass(frozen=True)
class NetworkPart:
    """What a page shows of a network.

    ``counts``: how many links are in each state. ``silent``, ``impaired``, ``unasked``: what the doctor says of the pairs in that
    state, without those that only follow from a link on their path, which are in ``following``. ``names`` are the rows and
    columns of the ``matrix``: state -> runs.
    """

    name: str
    topology: str
    counts: Mapping[str, int]
    silent: tuple[Cause, ...]
    impaired: tuple[Cause, ...]
    unasked: tuple[Cause, ...]
    following: tuple[Cause, ...]
    picture: Picture
    names: tuple[str, ...]
    matrix: Mapping[str, tuple[Run, ...]]

    @property
    def answering(self) -> tuple[int, int]:
        """How many pairs answer, of how many."""
        return answering(self.counts)


@dataclass(frozen=True)
class Page:
    """The whole.

    ``made``: seconds since the epoch. ``who`` and ``run``: as the registry's history names them. ``peers``: all, or those without
    an answer if there are too many; ``all_peers``: their number. ``notes``: differences between the hosts' versions.
    """

    made: float
    who: str
    run: str
    networks: tuple[NetworkPart, ...]
    nodes: tuple[NodeRow, ...]
    peers: tuple[PeerRow, ...]
    all_peers: int
    notes: tuple[str, ...]


def page_of(
    networks: Sequence[Network],
    reports: Mapping[str, Any],
    prepared: Mapping[str, Any],
    causes: Sequence[Cause],
    made: tuple[float, str, str],
) -> Page:
    """The page of a run.

    :param reports: host -> result of the module ``interface_info`` that has sent the doctor's packets.
    :param prepared: host -> result of the module ``prepare`` in check mode.
    :param causes: what the doctor has found.
    :param made: when, by whom, and in which run.
    """
    entries = status(networks, reports, prepared, made[0])
    links = {network.name: links_of(network, causes, _reached(network, reports)) for network in networks}
    rows = node_rows(networks, entries, reports, {name: by_node(one) for name, one in links.items()})
    count = sum(len(entry.get("peers", ())) for entry in entries)
    shown = (peer for peer in peer_rows(entries) if count <= MOST_PEERS or peer.answered is False)
    notes = (*versions_text(versions(entries)), *map(str, version_findings(networks, reports)))
    parts = tuple(_part(network, links[network.name], causes, rows) for network in networks)
    return Page(*made, parts, tuple(rows), tuple(islice(shown, MOST_PEERS)), count, notes)


def _reached(network: Network, reports: Mapping[str, Any]) -> set[str]:
    reported = {host for host, report in reports.items() if "interfaces" in report}
    return {node.name for node in network.nodes.values() if not reported.isdisjoint(node.hosts)}


def _part(network: Network, links: Links, causes: Iterable[Cause], rows: Iterable[NodeRow]) -> NetworkPart:
    told: dict[str | None, list[Cause]] = {}
    for cause in (cause for cause in causes if cause.network == network.name):
        told.setdefault(CONSEQUENCE if cause.code == CONSEQUENCE else links.get(cause.nodes), []).append(cause)
    states: dict[str, str] = {}
    for row in (row for row in rows if row.network == network.name):
        states[row.name] = min(row.state, states.get(row.name, row.state), key=STATES.index)
    names = tuple(name for name, node in network.nodes.items() if node.managed)
    return NetworkPart(
        network.name,
        network.topology,
        dict(Counter(links.values())),
        tuple(told.get(SILENT, ())),
        tuple(told.get(IMPAIRED, ())),
        tuple(told.get(UNASKED, ())),
        tuple(told.get(CONSEQUENCE, ())),
        marked(picture_of(graph_of(network)), links, states),
        names,
        matrix_of(names, {pair: state for pair, state in links.items() if state != UNMANAGED}),
    )
