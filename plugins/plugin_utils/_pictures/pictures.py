# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of networks: as text, and as SVG by Graphviz."""

from __future__ import annotations

import shutil
import subprocess

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.drawing import dot, mermaid
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import picture_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of

ENDINGS = {"mermaid": "mmd", "dot": "dot", "svg": "svg"}
"""Format -> ending of a file's name."""
SECONDS = 120


def draw(network: Network, kind: str) -> str:
    """The picture of a network.

    :param kind: one of ``ENDINGS``.
    :raises PlanError: another kind, or Graphviz is needed and missing, or fails.
    """
    if kind not in ENDINGS:
        raise PlanError(f"unknown picture format '{kind}'; known are {', '.join(ENDINGS)}")
    picture = picture_of(graph_of(network))
    if kind == "mermaid":
        return mermaid(picture)
    return dot(picture) if kind == "dot" else svg_of(dot(picture))


def svg_of(text: str, *options: str) -> str:
    """The SVG of a Graphviz graph.

    :param options: more of Graphviz's, such as ``-Kcirco`` for a circle.
    :raises PlanError: Graphviz is missing, or fails.
    """
    program = shutil.which("dot")
    if program is None:
        raise PlanError("an SVG needs Graphviz on the controller; install the package graphviz, or choose mermaid or dot")
    command = [program, "-Tsvg", *options]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip()
        raise PlanError(f"Graphviz could not draw the network: {detail}; choose mermaid or dot") from None
    return done.stdout
