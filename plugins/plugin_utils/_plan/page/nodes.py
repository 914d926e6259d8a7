# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page says of each node on each of its hosts, and of each peer there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.network import Network
from .links import UNASKED, UNMANAGED

RUNNING, DOWN, PENDING = "running", "down", "pending"
"""States of a node on a host, beside ``not-asked`` and ``not-managed``."""
STATES = (RUNNING, DOWN, PENDING, UNASKED, UNMANAGED)
"""The best first: a node on several hosts needs only one of them."""


@dataclass(frozen=True)
class NodeRow:
    """A node on one host, and one of its interfaces.

    ``links``: how many of its links are in each state. ``received``, ``sent``: bytes of all peers. ``differences``: what a run
    would change, and how what runs differs from the host's files. None: not known.
    """

    name: str
    network: str
    host: str | None
    interface: str | None
    state: str
    links: Mapping[str, int]
    handshake_age: int | None
    endpoint: str | None
    received: int | None = None
    sent: int | None = None
    implementation: str | None = None
    tools: str | None = None
    key_age: int | None = None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class PeerRow:
    """A peer on a host. ``answered``: whether it has answered a packet in this run, after ``seconds``; None if it got none."""

    host: str
    network: str
    name: str
    endpoint: str | None
    handshake_age: int | None
    received: int
    sent: int
    answered: bool | None
    seconds: float | None


def node_rows(
    networks: Iterable[Network],
    entries: Iterable[Mapping[str, Any]],
    reports: Mapping[str, Any],
    links: Mapping[str, Mapping[str, Counter[str]]],
) -> list[NodeRow]:
    """The rows of all entries.

    :param entries: of :func:`..reports.status.status`.
    :param reports: host -> result of the module ``interface_info``.
    :param links: network -> node -> its links, as :func:`.links.by_node`.
    """
    known = {network.name: network for network in networks}
    seen = {name: _endpoints_seen(network, reports) for name, network in known.items()}
    return [_row(known[entry["network"]], entry, reports, links, seen[entry["network"]]) for entry in entries]


def _row(
    network: Network,
    entry: Mapping[str, Any],
    reports: Mapping[str, Any],
    links: Mapping[str, Mapping[str, Counter[str]]],
    seen: Mapping[str, str],
) -> NodeRow:
    node, name = network.nodes[entry["name"]], entry["name"]
    live = _interface(reports, entry["host"], entry["interface"])
    return NodeRow(
        name,
        network.name,
        entry["host"],
        entry["interface"],
        _state(entry, live, node.pending),
        dict(links[network.name].get(name, ())),
        entry["handshake_age"],
        node.endpoint or next(iter(node.dialled_at.values()), None) or seen.get(node.public_key or ""),
        sum(peer["received"] for peer in live["peers"]) if live else None,
        sum(peer["sent"] for peer in live["peers"]) if live else None,
        " ".join(filter(None, (entry.get("implementation"), entry.get("implementation_version")))) or None,
        entry.get("tools_version"),
        entry.get("key_age"),
        tuple(_differences(entry, live)),
    )


def _interface(reports: Mapping[str, Any], host: str | None, name: str | None) -> Mapping[str, Any] | None:
    found = (reports.get(host or "") or {}).get("interfaces", ())
    return next((interface for interface in found if interface["name"] == name), None)


def _state(entry: Mapping[str, Any], live: Mapping[str, Any] | None, pending: bool) -> str:
    if not entry["managed"]:
        return UNMANAGED
    if not entry["reached"]:
        return UNASKED
    if pending:
        return PENDING
    return RUNNING if live and live["up"] else DOWN


def _differences(entry: Mapping[str, Any], live: Mapping[str, Any] | None) -> Iterator[str]:
    yield from (f"package {package} is missing" for package in entry.get("missing_packages", ()))
    if entry.get("next_key"):
        yield "it has a next key, but uses the old one"
    yield from (f"a run would change: {change}" for change in entry.get("drift", ()))
    yield from (f"differs from its file: {change}" for change in (live or {}).get("drift") or ())


def _endpoints_seen(network: Network, reports: Mapping[str, Any]) -> dict[str, str]:
    """Public key -> the endpoint that most hosts of the network report for it."""
    found: dict[str, Counter[str]] = {}
    for host in (host for node in network.nodes.values() for host in node.hosts):
        for interface in (reports.get(host) or {}).get("interfaces", ()):
            for peer in (peer for peer in interface["peers"] if peer["endpoint"]):
                found.setdefault(peer["public_key"], Counter())[peer["endpoint"]] += 1
    return {key: _most(counts) for key, counts in found.items()}


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda endpoint: (-counts[endpoint], endpoint))


def peer_rows(entries: Iterable[Mapping[str, Any]]) -> Iterator[PeerRow]:
    """The peers of all entries of :func:`..reports.status.status`."""
    for entry in (entry for entry in entries if entry.get("peers")):
        for peer in entry["peers"]:
            probe = peer.get("probe")
            seconds = probe and probe["round_trip"]
            yield PeerRow(
                entry["host"],
                entry["network"],
                peer["name"] or peer["public_key"],
                peer["endpoint"],
                peer["handshake_age"],
                peer["received"],
                peer["sent"],
                None if probe is None else seconds is not None,
                seconds,
            )
