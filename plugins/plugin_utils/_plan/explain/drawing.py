# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture as text: for Mermaid, and for Graphviz."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import written

from .picture import Line, Picture, Shape

_MERMAID = {"hub": ("([", "])"), "gateway": ("{{", "}}"), "forwarder": ("[[", "]]"), "node": ("[", "]"), "several": ("[/", "/]")}
_MERMAID_SIGNS = {sign: f"#{ord(sign)};" for sign in '"#&<>\\`'}
"""Mermaid's entities for characters that it would read as HTML, Markdown or its own syntax."""
_DOT = {"hub": "doubleoctagon", "gateway": "hexagon", "forwarder": "component", "node": "box", "several": "box3d"}


def mermaid(picture: Picture) -> str:
    """A Mermaid flow chart. An arrow points at the node that can be dialled; a line without an arrow means that both can."""
    names = {shape.name: f"n{number}" for number, shape in enumerate(picture.shapes)}
    lines = ["flowchart LR", *_boxes(picture, names, _mermaid_box, _mermaid_shape)]
    for line in picture.lines:
        a, b = _towards_dialled(line)
        label = f"|{_quoted(line.label)}|" if line.label else ""
        lines.append(f"  {names[a]} {'---' if len(line.dialled) > 1 else '-->'}{label} {names[b]}")
    return "\n".join(lines) + "\n"


def _boxes(
    picture: Picture,
    names: dict[str, str],
    box: Callable[[int, str], tuple[str, str]],
    draw: Callable[[str, Shape], str],
) -> Iterator[str]:
    for number, (site, shapes) in enumerate(picture.by_site().items()):
        opening, closing = box(number, site) if site is not None else ("", "")
        if opening:
            yield f"  {opening}"
        yield from (f"  {'  ' if opening else ''}{draw(names[shape.name], shape)}" for shape in shapes)
        if closing:
            yield f"  {closing}"


def _mermaid_box(number: int, site: str) -> tuple[str, str]:
    return f"subgraph s{number}[{_quoted(site)}]", "end"


def _mermaid_shape(name: str, shape: Shape) -> str:
    opening, closing = _MERMAID[shape.kind]
    return f"{name}{opening}{_quoted(*_lines(shape))}{closing}"


def _quoted(*lines: str) -> str:
    return '"' + "<br/>".join("".join(_MERMAID_SIGNS.get(c, c) for c in written(line, "label")) for line in lines) + '"'


def dot(picture: Picture) -> str:
    """A Graphviz graph. An arrow points at each node that can be dialled."""
    names = {shape.name: f"n{number}" for number, shape in enumerate(picture.shapes)}
    head = [f"digraph {_string(picture.title)} {{", '  graph [rankdir=LR, fontname="sans-serif"]']
    head += ['  node [fontname="sans-serif", fontsize=11]', '  edge [fontname="sans-serif", fontsize=9]']
    lines = [*head, *_boxes(picture, names, _dot_box, _dot_shape)]
    for line in picture.lines:
        a, b = _towards_dialled(line)
        both = {0: "none", 1: "forward", 2: "both"}[len(line.dialled)]
        lines.append(f"  {names[a]} -> {names[b]} [dir={both}, label={_string(*filter(None, [line.label]))}{_look(line)}]")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_box(number: int, site: str) -> tuple[str, str]:
    return f"subgraph cluster_{number} {{ label={_string(site)}", "}"


def _dot_shape(name: str, shape: Shape) -> str:
    style = ", style=dashed" if shape.pending else ""
    return f"{name} [shape={_DOT[shape.kind]}, label={_string(*_lines(shape))}{style}{_look(shape)}]"


def _look(part: Shape | Line) -> str:
    return f", class={_string(part.look)}" if part.look else ""


def _string(*lines: str) -> str:
    """In quotes. Graphviz reads HTML entities in all texts, so ``&`` must be one, too."""
    return '"' + "\\n".join(_escaped(written(line, "label")) for line in lines) + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _towards_dialled(line: Line) -> tuple[str, str]:
    return (line.b, line.a) if line.dialled == (line.a,) else (line.a, line.b)


def _lines(shape: Shape) -> tuple[str, ...]:
    marks = [shape.kind] if shape.kind in ("hub", "gateway") else []
    return (shape.name, *marks, *shape.lines, *(["pending"] if shape.pending else []))
