# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is wrong with networks, as a list of findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .checks import document_findings
from .clashes import host_findings
from .connectivity import unreachable_pairs
from .document import read_document
from .findings import ERROR, Finding, PlanError
from .graph import Graph
from .network import Network
from .topology import graph_of


def lint(documents: Iterable[Any]) -> list[Finding]:
    """The findings of network documents, errors first. What cannot be read is a finding, too.

    :raises PlanError: a value is no document at all.
    """
    findings: list[Finding] = []
    networks = []
    for document in documents:
        network, unreadable = read_document(document)
        findings += unreadable
        if not unreadable:
            networks.append(network)
    return findings + network_findings(networks)


def network_findings(networks: Iterable[Network]) -> list[Finding]:
    """The findings of networks, errors first. Those of the links are looked for where the rest is sound."""
    whole = list(networks)
    findings: list[Finding] = []
    for network in whole:
        found = list(document_findings(network))
        if not any(finding.severity == ERROR for finding in found):
            found += _link_findings(network)
        findings += found
    findings += host_findings(whole)
    return sorted(findings, key=lambda finding: finding.severity != ERROR)


def _link_findings(network: Network) -> Iterator[Finding]:
    try:
        graph = graph_of(network)
    except PlanError as error:
        yield from error.findings
        return
    yield from unreachable_pairs(graph)
    yield from _one_way(graph)
    yield from _nodes_to_know(network)


def _one_way(graph: Graph) -> Iterator[Finding]:
    nodes = graph.network.nodes
    for name, node in nodes.items():
        if node.keepalive == 0 and node.managed:
            deaf = [other for other in graph.neighbours(name) if node.endpoint_from(nodes[other]) is None]
            if deaf:
                yield Finding(
                    "one-way-link",
                    (name,),
                    f"node {name}: {', '.join(deaf)} cannot dial it, and it sends no keepalives, so they reach it only after it "
                    f"has spoken",
                    "remove wireguard_keepalive, or give it an endpoint",
                )


def _nodes_to_know(network: Network) -> Iterator[Finding]:
    pending = tuple(name for name, node in network.nodes.items() if node.pending)
    if pending:
        what = f"network {network.name}: pending, so nobody's peer yet: {', '.join(pending)}"
        yield Finding("pending", pending, what, "a run that reaches them completes the network")
    silent = tuple(name for name, node in network.nodes.items() if node.endpoint is None and node.site_endpoint is None)
    if silent:
        what = (
            f"network {network.name}: without wireguard_endpoint, so nobody dials them, they dial the others: {', '.join(silent)}"
        )
        yield Finding("no-endpoint", silent, what, "")
