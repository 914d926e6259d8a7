# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.drawing import dot, mermaid
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import Line, Picture, Shape, picture_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def network(topology="sites", links=(), **nodes):
    document = {name: {"public_key": key(name), **values} for name, values in nodes.items()}
    return network_from_dict({"topology": topology, "prefixes": ["10.8.0.0/16"], "links": list(links), "nodes": document})


SMALL = network(
    links=[{"nodes": ["c", "p"], "weight": 5}],
    a={"site": "fra", "gateway": True, "endpoint": "198.18.0.1", "site_endpoint": "10.0.0.1", "addresses": ["10.8.0.1"]},
    b={"site": "fra", "routes": ["172.20.2.0/24"], "public_key": None},
    c={"site": "nue", "gateway": True, "endpoint": "198.18.0.3"},
    p={},
)


def test_mermaid():
    assert mermaid(picture_of(graph_of(SMALL))) == (
        "flowchart LR\n"
        '  n3["p"]\n'
        '  subgraph s1["fra"]\n'
        '    n0{{"a<br/>gateway<br/>10.8.0.1"}}\n'
        '    n1["b<br/>172.20.2.0/24<br/>pending"]\n'
        "  end\n"
        '  subgraph s2["nue"]\n'
        '    n2{{"c<br/>gateway"}}\n'
        "  end\n"
        '  n1 -->|"site"| n0\n'
        "  n0 --- n2\n"
        "  n3 --> n0\n"
        '  n3 -->|"weight 5"| n2\n'
    )


def test_dot():
    text = dot(picture_of(graph_of(SMALL)))
    assert text.startswith('digraph "wireguard" {\n')
    assert text.endswith("\n}\n")
    assert '  subgraph cluster_2 { label="nue"' in text
    assert '    n0 [shape=hexagon, label="a\\ngateway\\n10.8.0.1"]' in text
    assert '    n1 [shape=box, label="b\\n172.20.2.0/24\\npending", style=dashed]' in text
    assert '  n1 -> n0 [dir=forward, label="site"]' in text
    assert '  n0 -> n2 [dir=both, label=""]' in text


STRANGE = Picture("t", (Shape('a"b\\', "<&#x;>`", "node", ("1",)),), (Line('a"b\\', 'a"b\\', "<b>", ()),))


def test_labels_are_texts_and_nothing_else():
    assert mermaid(STRANGE) == (
        'flowchart LR\n  subgraph s0["#60;#38;#35;x;#62;#96;"]\n    n0["a#34;b#92;<br/>1"]\n  end\n  n0 -->|"#60;b#62;"| n0\n'
    )
    assert dot(STRANGE).split("\n")[4:-2] == [
        '  subgraph cluster_0 { label="<&amp;#x;>`"',
        '    n0 [shape=box, label="a\\"b\\\\\\n1"]',
        "  }",
        '  n0 -> n0 [dir=none, label="<b>"]',
    ]


@pytest.mark.parametrize("draw", [mermaid, dot])
@pytest.mark.parametrize("sign", ["\n", "\r", "\u2028", "\u202e", "\x1b", "\u200b"])
def test_a_label_with_what_nobody_sees_is_refused(draw, sign):
    with pytest.raises(ValueError, match="label: has a line break or a control character"):
        draw(Picture("t", (Shape(f"a{sign}b", None, "node", ()),), ()))


def test_a_large_star_is_folded():
    spokes = {f"s{number:03}": {} for number in range(300)}
    net = network("star", h={"hub": True, "endpoint": "198.18.0.1"}, **spokes)
    assert mermaid(picture_of(graph_of(net))) == (
        'flowchart LR\n  n0(["h<br/>hub"])\n  n1[/"s000 ... s299<br/>300 nodes"/]\n  n1 -->|"300 links"| n0\n'
    )


@pytest.mark.parametrize(
    ("topology", "count", "lines"), [("ring", 1000, 1000), ("chain", 1000, 999), ("tree", 1000, 999), ("ring", 2001, 0)]
)
def test_large_networks_of_few_links_are_drawn_in_full(topology, count, lines):
    nodes = {f"n{number:04}": {"endpoint": f"198.18.{number >> 8}.{number & 255}"} for number in range(count)}
    if topology == "tree":
        nodes |= {name: {**nodes[name], "home": f"n{(number - 1) // 2:04}"} for number, name in enumerate(nodes) if number}
    picture = picture_of(graph_of(network(topology, **nodes)))
    assert (len(picture.shapes), len(picture.lines)) == (count if lines else 1, lines)


def test_a_tree_with_many_leaves_is_folded():
    """The nodes that forward, and the leaves of each as one."""
    nodes = {f"n{number:03}": {"endpoint": f"198.18.0.{number}"} for number in range(10)}
    leaves = {f"x{number:03}": {"home": f"n{number % 9 + 1:03}"} for number in range(900)}
    nodes |= {name: {**node, "home": "n000"} for name, node in nodes.items() if name != "n000"}
    picture = picture_of(graph_of(network("tree", **nodes, **leaves)))
    assert (len(picture.shapes), len(picture.lines)) == (19, 18)


def test_a_large_mesh_is_folded():
    nodes = {f"n{number:02}": {"endpoint": f"198.18.0.{number}"} for number in range(30)}
    nodes["n29"]["public_key"] = None
    picture = picture_of(graph_of(network("mesh", **nodes)))
    assert mermaid(picture) == 'flowchart LR\n  n0[/"n00 ... n29<br/>30 nodes, linked to each other<br/>1 pending"/]\n'
