# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as one HTML file that needs nothing else: no script, style, font or picture from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.links import Cause, answering
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.page import NetworkPart, Page
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.status import size_text

from .drawing import matrix_svg, picture_svg

MOST_PAIRS = 1_000
"""Of each state, as many pairs are listed."""
FEW_PAIRS = 20
"""So many are shown without a click."""
_HERE = Path(__file__).parent


def page_html(page: Page) -> tuple[str, list[str]]:
    """The file, and why pictures are missing in it."""
    warnings: list[str] = []
    drawings = [_drawings(part, warnings) for part in page.networks]
    style, script = (_read(f"page.{kind}") for kind in ("css", "js"))
    text = _template().render(
        page=page,
        made=datetime.fromtimestamp(page.made, timezone.utc),
        parts=list(zip(page.networks, drawings, strict=True)),
        whole=[sum(counts) for counts in zip(*(part.answering for part in page.networks), strict=True)] or [0, 0],
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - files of the collection
        script=Markup(script),  # noqa: S704
        most=MOST_PAIRS,
        few=FEW_PAIRS,
        several=["Network"] if len(page.networks) > 1 else [],
        hosts=["Host"] if any(row.host not in (None, row.name) for row in page.nodes) else [],
    )  # fmt: skip
    return text, warnings


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _drawings(part: NetworkPart, warnings: list[str]) -> dict[str, Any]:
    try:
        picture = picture_svg(part.picture)
    except PlanError as error:
        picture = ""
        warnings.append(f"network {part.name}: the page has no picture: {error}")
    matrix = matrix_svg(part.names, part.matrix)
    return {"picture": Markup(picture), "matrix": Markup(matrix), "names": embedded(list(part.names))}  # noqa: S704


def _policy(style: str, script: str) -> str:
    """A Content Security Policy that allows this style and this script, and no request."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; base-uri 'none'; "
        f"form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def embedded(value: Any) -> Markup:
    """A value as JSON inside an element ``script``, which ends at the first ``</`` of any text."""
    text = json.dumps(value, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"age": _age, "answering": answering, "count": "{:,}".format, "pairs": _pairs, "size": size_text}
    environment.filters["words"] = _words
    return environment.from_string(_read("page.html.j2"))


def _words(state: str) -> str:
    return state.replace("-", " ")


def _pairs(causes: Sequence[Cause]) -> Iterator[str]:
    return (f"{a} and {b}" for a, b in (cause.nodes for cause in causes))


def _age(seconds: int) -> str:
    """``12 s``, ``5 min``, ``3 h``, ``2 days``."""
    for most, unit, length in ((120, "s", 1), (7_200, "min", 60), (172_800, "h", 3_600)):
        if seconds < most:
            return f"{seconds // length} {unit}"
    return f"{seconds // 86_400} days"
