# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All mistakes in networks, as a list of findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..model.findings import ERROR, Finding, PlanError, shown
from ..model.network import LAN, Network
from ..names.naming import name_findings
from ..paths.exits import exit_findings
from ..topologies.graph import Graph
from ..topologies.links import members
from ..topologies.topology import graph_of
from ..validation.checks import document_findings
from ..validation.clashes import host_findings
from ..validation.connectivity import unreachable_pairs
from ..validation.idle_keys import idle_keys
from ..validation.outside import outside_findings
from ..validation.version_clashes import version_findings
from .document import read_document


def lint(documents: Iterable[Any], reports: Mapping[str, Any] | None = None) -> list[Finding]:
    """The findings of network documents, errors first. Unreadable values are findings, too.

    :param reports: host -> result of the module ``interface_info``, for findings that depend on versions.
    :raises PlanError: a value is not a document at all.
    """
    findings: list[Finding] = []
    networks = []
    for document in documents:
        network, unreadable = read_document(document)
        findings += unreadable
        if not unreadable:
            networks.append(network)
    return findings + network_findings(networks) + list(version_findings(networks, reports or {}))


def network_findings(networks: Iterable[Network]) -> list[Finding]:
    """The findings of networks, errors first. Links are checked only if there are no other errors."""
    whole = list(networks)
    findings: list[Finding] = []
    for network in whole:
        of_document = list(document_findings(network))
        sound = not any(finding.severity == ERROR for finding in of_document)
        findings += [*of_document, *(_link_findings(network) if sound else ())]
    findings += host_findings(whole)
    return sorted(findings, key=lambda finding: finding.severity != ERROR)


def _link_findings(network: Network) -> Iterator[Finding]:
    try:
        graph = graph_of(network)
    except PlanError as error:
        yield from error.findings
        return
    yield from exit_findings(network, graph)
    yield from outside_findings(graph)
    yield from _unreachable(graph)
    yield from _without_effect(network)
    yield from _one_way(graph)
    yield from _unenforced(graph)
    yield from _nodes_to_know(network)
    yield from idle_keys(network)
    if network.domain is not None:
        yield from name_findings(network)


def _unreachable(graph: Graph) -> Iterator[Finding]:
    """If excluded links separate two nodes, endpoints and forwarding would not help."""
    network = graph.network
    kept = tuple(link for link in network.links if not link.exclude)
    whole: Graph | None = None
    for finding in unreachable_pairs(graph):
        if finding.code == "unreachable" and kept != network.links:
            whole = whole or graph_of(replace(network, links=kept))
        if finding.code == "unreachable" and whole is not None and _joined(whole, *finding.nodes):
            what = f"{finding.what} except over links that wireguard_links excludes"
            yield replace(finding, what=what, remedy="exclude fewer, or add another link to wireguard_links")
        else:
            yield finding


def _joined(graph: Graph, a: str, b: str) -> bool:
    """Whether there is a path of links, even over nodes that do not forward."""
    seen = {a}
    ahead = [a]
    while ahead and b not in seen:
        further = set(graph.neighbours(ahead.pop())) - seen
        seen |= further
        ahead += further
    return b in seen


def _without_effect(network: Network) -> Iterator[Finding]:
    for group in dict.fromkeys(name for link in network.links for name in (link.a, link.b)):
        if not members(network, group):
            what = f"network {network.name}: group {group} in a link has no members in the network"
            yield Finding("empty-group", (), what, "add hosts to it, or remove the link from wireguard_links")
    for name, node in network.nodes.items():
        if LAN in node.dialled_at and node.site is None:
            what = f"node {name}: has a site endpoint but no site, so no node dials it at {node.dialled_at[LAN]}"
            key = "wireguard_site_endpoint" if node.site_endpoint else "lan from wireguard_endpoints"
            yield Finding("no-site", (name,), what, f"set wireguard_site, or remove {key}")
    known = {LAN, "ipv4", "ipv6", *(underlay for node in network.nodes.values() for underlay in node.endpoints)}
    for name, node in network.nodes.items():
        unknown = [underlay for underlay in node.underlays if underlay not in known]
        if unknown:
            what = f"node {name}: no node has {shown('underlay', unknown)} of its wireguard_underlays in wireguard_endpoints"
            yield Finding("no-effect", (name,), what, "correct the name, or give other nodes an endpoint there")


def _one_way(graph: Graph) -> Iterator[Finding]:
    nodes = graph.network.nodes
    for name, node in nodes.items():
        if node.keepalive == 0 and node.managed:
            not_dialling = [other for other in graph.neighbours(name) if node.endpoint_from(nodes[other]) is None]
            if not_dialling:
                yield Finding(
                    "one-way-link",
                    (name,),
                    f"node {name}: {', '.join(not_dialling)} cannot dial it, and it sends no keepalives, so they reach it only "
                    "after it has sent something",
                    "remove wireguard_keepalive, or give it an endpoint (wireguard_endpoint)",
                )


def _unenforced(graph: Graph) -> Iterator[Finding]:
    for name, node in graph.network.nodes.items() if graph.isolated else ():
        if node.hub and not node.managed:
            what = (
                f"node {name}: a hub of isolated spokes, but unmanaged, so the owner of a spoke can reach other spokes through it"
            )
            yield Finding("unenforced-isolation", (name,), what, f"make {name} drop packets from one spoke to another")


def _nodes_to_know(network: Network) -> Iterator[Finding]:
    for managed, remedy in (
        (True, "a run that reaches their hosts adds them"),
        (False, "run the playbook meshwork.wireguard.clients to make their keys, or set their public_key"),
    ):
        pending = tuple(name for name, node in network.nodes.items() if node.pending and node.managed is managed)
        if pending:
            what = f"network {network.name}: pending, so not peers of any node yet: {', '.join(pending)}"
            yield Finding("pending", pending, what, remedy)
    undialable = tuple(
        name for name, node in network.nodes.items() if not node.dialled_outside and not (node.site and node.dialled_at)
    )
    if undialable:
        what = (
            f"network {network.name}: without wireguard_endpoint, so they dial the others but cannot be dialled: "
            f"{', '.join(undialable)}"
        )
        yield Finding("no-endpoint", undialable, what, "")
