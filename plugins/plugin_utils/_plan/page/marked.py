# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a network, marked with what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ..explain.picture import Line, Picture, Shape
from .links import STATES, Links, answering

Counts = dict[tuple[str, str], Counter[str]]
"""Two shapes -> how many of the links between them are in each state. Links inside a shape count under its name twice."""


def marked(picture: Picture, links: Links, nodes: Mapping[str, str]) -> Picture:
    """The picture with the state of each line and node, for several the worst.

    :param nodes: node -> its state.
    """
    counts = _between_shapes(picture, links)
    lines = tuple(_line(line, counts) for line in picture.lines)
    return replace(picture, shapes=tuple(_shape(shape, counts, nodes) for shape in picture.shapes), lines=lines)


def _between_shapes(picture: Picture, links: Links) -> Counts:
    drawn_as = {member: shape.name for shape in picture.shapes for member in shape.members}
    counts: Counts = {}
    for (a, b), state in links.items():
        counts.setdefault((drawn_as[a], drawn_as[b]), Counter())[state] += 1
    return counts


def _line(line: Line, counts: Counts) -> Line:
    found = counts.get((line.a, line.b), Counter()) + counts.get((line.b, line.a), Counter())
    look = next((state for state in STATES if found[state]), "")
    return replace(line, look=look, label=_told(found) if found.total() > 1 else line.label)


def _shape(shape: Shape, counts: Counts, nodes: Mapping[str, str]) -> Shape:
    if len(shape.members) == 1:
        return replace(shape, look=nodes[shape.members[0]])
    inside = counts.get((shape.name, shape.name), Counter())
    look = next((state for state in STATES if inside[state]), "")
    return replace(shape, look=look, lines=(*shape.lines, *([_told(inside)] if inside else [])))


def _told(found: Counter[str]) -> str:
    up, asked = answering(found)
    return f"{up} of {asked} up" if asked else f"{found.total()} links"
