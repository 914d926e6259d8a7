# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network as a picture: boxes for sites, shapes for nodes, lines for links. Large networks are folded to stay readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from ..model.network import LAN, Node
from ..topologies.graph import Graph

MOST_LINES = 200
"""With more links, nodes that do not forward are drawn as one if they have the same site and the same links."""
MOST_LINES_OF_SPARSE = 2_000
"""Rings, chains and trees cannot be folded much: with at most two links per node they are drawn in full up to this number."""


@dataclass(frozen=True)
class Shape:
    """A node, or several that are drawn as one. ``kind`` is ``hub``, ``gateway``, ``forwarder``, ``node`` or ``several``.

    ``members`` are the names of its nodes, and ``look`` is a word of which the SVG makes a class.
    """

    name: str
    site: str | None
    kind: str
    lines: tuple[str, ...]
    pending: bool = False
    members: tuple[str, ...] = ()
    look: str = ""


@dataclass(frozen=True)
class Line:
    """A link between two shapes. ``dialled`` are the names of the ends that can be dialled; ``look`` as in :class:`Shape`."""

    a: str
    b: str
    label: str
    dialled: tuple[str, ...]
    look: str = ""


@dataclass(frozen=True)
class Picture:
    """The shapes and lines to draw."""

    title: str
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]

    def by_site(self) -> dict[str | None, list[Shape]]:
        """Site -> its shapes; None for shapes without a site."""
        by_site: dict[str | None, list[Shape]] = {}
        for shape in self.shapes:
            by_site.setdefault(shape.site, []).append(shape)
        return dict(sorted(by_site.items(), key=lambda item: (item[0] is not None, item[0] or "")))


def picture_of(graph: Graph, most: int = MOST_LINES) -> Picture:
    """The picture of a network."""
    return _folded(graph, most) if _has_more_links(graph, graph.network.nodes, most) else _whole(graph)


def _whole(graph: Graph) -> Picture:
    network = graph.network
    names = tuple(network.nodes)
    lines = [_line(graph, a, b) for a in names for b in graph.neighbours(a) if a < b]
    return Picture(network.name, tuple(_shape(graph, node) for node in network.nodes.values()), tuple(lines))


def _has_more_links(graph: Graph, names: Iterable[str], most: int) -> bool:
    ends = 0
    for name in names:
        ends += len(graph.neighbours(name))
        if ends > 2 * most:
            return True
    return False


def _folded(graph: Graph, most: int) -> Picture:
    """The forwarders, and the other nodes grouped by their site and their forwarders."""
    nodes = graph.network.nodes
    drawn = sorted(graph.forwarders)
    around: dict[str, list[str]] = {name: [] for name in nodes}
    inner = 0
    for name in drawn:
        for other in graph.neighbours(name):
            around[other].append(name)
            inner += other in graph.forwarders
    if inner > 2 * most:
        if not _has_more_links(graph, nodes, min(2 * len(nodes), MOST_LINES_OF_SPARSE)):
            return _whole(graph)
        drawn, around = [], {name: [] for name in nodes}
    members: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, node in nodes.items():
        if name not in graph.forwarders or not drawn:
            members.setdefault((node.site or "", tuple(around[name])), []).append(name)
    shapes = [_shape(graph, nodes[name]) for name in drawn]
    lines = [_line(graph, a, b) for a, b in combinations(drawn, 2) if b in set(around[a])]
    for (site, forwarders), names in members.items():
        shape = _group(graph, site, names)
        shapes.append(shape)
        lines += [Line(shape.name, name, f"{len(names)} links", (name,)) for name in forwarders]
    return Picture(graph.network.name, tuple(shapes), tuple(lines))


def _group(graph: Graph, site: str, names: list[str]) -> Shape:
    several = f"{names[0]} ... {names[-1]}" if len(names) > 1 else names[0]
    meshed = len(names) > 1 and set(names) <= {names[0], *graph.neighbours(names[0])}
    kinds = Counter("pending" for name in names if graph.network.nodes[name].pending)
    lines = [f"{len(names)} nodes" + (", linked to each other" if meshed else "")]
    lines += [f"{count} {kind}" for kind, count in kinds.items()]
    return Shape(several, site or None, "several", tuple(lines), members=tuple(names))


def _shape(graph: Graph, node: Node) -> Shape:
    kind = "hub" if node.hub else "gateway" if node.gateway else "forwarder" if node.name in graph.forwarders else "node"
    return Shape(node.name, node.site, kind, (*node.addresses, *node.routes), node.pending, (node.name,))


def _line(graph: Graph, a: str, b: str) -> Line:
    first, second = graph.network.nodes[a], graph.network.nodes[b]
    ends = [(a, first.underlay_from(second)), (b, second.underlay_from(first))]
    at_site = any(underlay == LAN for _name, underlay in ends)
    weight = graph.weight(a, b)
    label = ", ".join([*(["site"] if at_site else []), *([f"weight {weight}"] if weight != 1 else [])])
    return Line(a, b, label, tuple(name for name, underlay in ends if underlay is not None))
