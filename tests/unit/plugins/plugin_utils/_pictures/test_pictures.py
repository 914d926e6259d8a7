# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.pictures import ENDINGS, draw
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

SVG = "{http://www.w3.org/2000/svg}"
SITE = 'f "<&>" &lt; \\n ü'
NETWORK = network_from_dict(
    {
        "topology": "sites",
        "prefixes": ["10.8.0.0/24"],
        "links": [{"nodes": ["a", "d"], "weight": 5}],
        "nodes": {
            "a": {"site": "f", "gateway": True, "endpoint": "198.18.0.1", "addresses": ["10.8.0.1"]},
            "b": {"site": "f"},
            "c": {"gateway": True, "endpoint": "198.18.0.3"},
            "d": {},
        },
    }
)


def drawn(svg, kind):
    """What an SVG has of a class: title -> its texts. That of an edge is the names of its ends."""
    groups = [group for group in ElementTree.fromstring(svg).iter(f"{SVG}g") if group.get("class") == kind]
    return {group.findtext(f"{SVG}title"): [text.text for text in group.iter(f"{SVG}text")] for group in groups}


def test_svg():
    """Drawn by the real Graphviz, whatever characters are in a name, also where readers of documents would refuse it."""
    nodes = {name: replace(node, site=node.site and SITE) for name, node in NETWORK.nodes.items()}
    svg = draw(replace(NETWORK, nodes=nodes), "svg")
    assert drawn(svg, "cluster") == {"cluster_1": [SITE]}
    assert drawn(svg, "node") == {
        "n0": ["a", "gateway", "10.8.0.1", "pending"],
        "n1": ["b", "pending"],
        "n2": ["c", "gateway", "pending"],
        "n3": ["d", "pending"],
    }
    assert drawn(svg, "edge") == {"n1->n0": [], "n0->n2": [], "n3->n0": ["weight 5"], "n3->n2": []}


def test_every_format():
    assert {kind: draw(NETWORK, kind).split(maxsplit=1)[0] for kind in ENDINGS} == {
        "mermaid": "flowchart", "dot": "digraph", "svg": "<?xml",
    }  # fmt: skip


def test_another_format():
    with pytest.raises(PlanError) as caught:
        draw(NETWORK, "png")
    assert str(caught.value) == "unknown picture format 'png'; known are mermaid, dot, svg"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "an SVG needs Graphviz on the controller; install the package graphviz, or choose mermaid or dot"),
        ("echo 'no fonts' >&2; exit 1", "Graphviz could not draw the network: no fonts; choose mermaid or dot"),
        (
            "exit 2",
            (
                "Graphviz could not draw the network: Command '[{0!r}, '-Tsvg']' returned non-zero exit status 2.; "
                "choose mermaid or dot"
            ),
        ),
    ],
)
def test_graphviz_fails(script, message, tmp_path, monkeypatch):
    program = tmp_path / "dot"
    if script is not None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlanError) as caught:
        draw(NETWORK, "svg")
    assert (str(caught.value), caught.value.__cause__) == (message.format(str(program)), None)
