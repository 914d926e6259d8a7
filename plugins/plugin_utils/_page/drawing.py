# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture and the matrix of a network as parts of an HTML page. Their colours are in ``page.css``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.pictures import svg_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.drawing import dot
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import Line, Picture, Shape
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.links import STATES
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.matrix import Run

CELL, LETTER, LABELLED, DENSE = 14, 7, 60, 250
"""Pixels of a cell and of a letter of its name; how many nodes have names at most; from how many on a cell may be smaller than a
pixel.
"""
_CIRCULAR = ("-Kcirco", "-Goutputorder=edgesfirst", "-Gmindist=0.4", "-Earrowsize=0.5")
"""Options of Graphviz for pictures with many lines: the lines cross, and the nodes are drawn over them."""


def picture_svg(picture: Picture) -> str:
    """The SVG of a picture, in which each node and line has its own title.

    :raises PlanError: Graphviz is missing, or fails.
    """
    circular = len(picture.lines) > 2 * len(picture.shapes) and len(picture.by_site()) == 1
    drawn = svg_of(dot(picture), *(_CIRCULAR if circular else ()))
    svg = re.sub(r"<!--.*?-->\n?", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'<g id="\w+" ', "<g ", svg)  # the ids of several pictures would be the same
    titles = dict(_titles(picture))

    def title(match: re.Match[str]) -> str:
        return f"<title>{html.escape(titles.get(html.unescape(match[1]), ''))}</title>"

    return re.sub(r"<title>(.*?)</title>", title, svg, flags=re.DOTALL)


def _titles(picture: Picture) -> Iterator[tuple[str, str]]:
    """Graphviz's title of a node or a line -> the one that people read."""
    names = {shape.name: f"n{number}" for number, shape in enumerate(picture.shapes)}
    yield from ((names[shape.name], _told(shape.name, shape)) for shape in picture.shapes)
    for line in picture.lines:
        for a, b in ((line.a, line.b), (line.b, line.a)):
            yield f"{names[a]}->{names[b]}", _told(f"{line.a} and {line.b}", line)


def _told(name: str, part: Shape | Line) -> str:
    return f"{name}: {part.look.replace('-', ' ')}"


def matrix_svg(names: Sequence[str], matrix: Mapping[str, Sequence[Run]]) -> str:
    """The SVG of a matrix, one path for each state. In small ones the rows and columns have names."""
    size = len(names)
    labelled = size <= LABELLED
    edge = max((len(name) for name in names), default=0) * LETTER / CELL + 0.5 if labelled else 0.0
    whole = size + edge
    pixels = f'width="{whole * CELL:.0f}" height="{whole * CELL:.0f}"' if labelled else ""
    kind = "matrix" if labelled else "matrix large" if size < DENSE else "matrix large dense"
    paths = "".join(_path(state, matrix[state]) for state in reversed(STATES) if state in matrix)
    labels = "".join(_label(number, name) for number, name in enumerate(names)) if labelled else ""
    return (
        f'<svg class="{kind}" viewBox="{-edge:g} {-edge:g} {whole:g} {whole:g}" {pixels} data-size="{size}" role="img">'
        f'<title>Each pair of nodes</title><path class="ground" d="M0 0h{size}v{size}h-{size}z"/>{paths}{labels}</svg>'
    )


def _path(state: str, runs: Sequence[Run]) -> str:
    cells = "".join(f"M{column} {row}h{length}" for row, column, length in runs)
    return f'<path class="cells {state}" transform="translate(0 .5)" d="{cells}"/>'


def _label(number: int, name: str) -> str:
    text = html.escape(name)
    return (
        f'<text x="-.3" y="{number + 0.75:g}" text-anchor="end">{text}</text>'
        f'<text transform="translate({number + 0.75:g} -.3) rotate(-90)">{text}</text>'
    )
