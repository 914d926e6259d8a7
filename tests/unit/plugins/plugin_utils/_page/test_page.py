# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._page import page as module
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._page.drawing import matrix_svg, picture_svg
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._page.page import embedded, page_html
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import Line, Picture, Shape
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.links import Cause
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.nodes import NodeRow, PeerRow
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.page import NetworkPart, Page

PICTURE = Picture(
    "office",
    (
        Shape("a", None, "node", ("10.8.0.1",), members=("a",), look="running"),
        Shape("b", "fra", "node", (), members=("b",), look="not-asked"),
    ),
    (Line("a", "b", "site", ("b",), "silent"),),
)
CAUSE = Cause("office", ("a", "b"), "unknown", "a does not hear b", "start b")
ROW = NodeRow("a", "office", "a", "wg0", "running", {"up": 1, "silent": 1}, 119, "203.0.113.1:51820", 1536, 0, "kernel", "1.0", 3)
PAGE = Page(
    1_790_000_000.0,
    "root@controller",
    "job 7",
    (
        NetworkPart(
            "office", "mesh", {"up": 1, "silent": 1_000}, (CAUSE,), (), (CAUSE,), (CAUSE,), PICTURE, ("a", "b"),
            {"up": ((0, 1, 1), (1, 0, 1))},
        ),
    ),
    (replace(ROW, differences=("~ MTU 1300 -> 1420",)), NodeRow("b", "office", "b", "wg0", "not-asked", {}, None, None)),
    (
        PeerRow("a", "office", "b", None, 7200, 1, 2, True, 0.0123),
        PeerRow("a", "office", "c", None, None, 1, 2, False, None),
        PeerRow("a", "office", "p", None, None, 1, 2, None, None),
    ),
    3,
    ("tools: 1.0 on a; 1.1 on b",),
)  # fmt: skip


class Parsed(HTMLParser):
    """A page as its reader gets it: the elements, the texts between them, the rows of tables, and what would be loaded."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.rows, self.loaded, self.in_cell = [], [""], [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert not [name for name, _value in attrs if name.startswith("on")]
        self.tags.append(tag)
        self.texts.append("")
        self.loaded += [value for name, value in attrs if name in ("src", "href", "xlink:href", "action", "style", "data")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.texts.append("")
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        self.texts[-1] += data
        if self.in_cell:
            self.rows[-1][-1] += data


def test_the_tables():
    text, warnings = page_html(PAGE)
    assert warnings == []
    assert Parsed(text).rows == [
        ["Pair", "Cause", "Remedy"],
        ["a and b", "a does not hear b", "start b"],
        ["Pair", "Cause", "Remedy"],
        ["a and b", "a does not hear b", "start b"],
        ["Node", "State", "Pairs up", "Latest handshake", "Endpoint", "Received", "Sent", "Implementation", "Tools", "Key age",
         "Differences"],
        ["a", "running", "1 of 2", "119 s", "203.0.113.1:51820", "1.5 KiB", "0 B", "kernel", "1.0", "3 d", "~ MTU 1300 -> 1420"],
        ["b", "not asked", "-", "-", "-", "-", "-", "-", "-", "-", "-"],
        ["Host", "Peer", "Answer", "Latest handshake", "Endpoint", "Received", "Sent"],
        ["a", "b", "12.3 ms", "2 h", "-", "1 B", "2 B"],
        ["a", "c", "none", "-", "-", "1 B", "2 B"],
        ["a", "p", "-", "-", "-", "1 B", "2 B"],
    ]  # fmt: skip


def test_networks_and_hosts_are_named_where_there_are_several():
    (part,) = PAGE.networks
    other = replace(ROW, name="a2", host="a2.example.org")
    rows = Parsed(page_html(replace(PAGE, networks=(part, replace(part, name="lan")), nodes=(ROW, other)))[0]).rows
    assert [row[:4] for row in rows if row[0] in ("a2", "Host")] == [
        ["a2", "office", "a2.example.org", "running"],
        ["Host", "Network", "Peer", "Answer"],
    ]


def test_when_by_whom_and_in_which_run():
    text = " ".join("".join(Parsed(page_html(PAGE)[0]).texts).split())
    assert "WireGuard: 1 of 1,001 pairs answer" in text
    assert "Measured at 2026-09-21 14:13:20 UTC by root@controller, job 7." in text
    assert "Differences between the hosts' versions: 1 tools: 1.0 on a; 1.1 on b" in text


def test_long_lists_end(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 2)
    (part,) = PAGE.networks
    text = page_html(replace(PAGE, networks=(replace(part, silent=(CAUSE,) * 5, unasked=(), following=(CAUSE,) * 3),)))[0]
    assert text.count('<td data-label="Pair">') == 2
    assert "3 more are not listed here. The playbook doctor names all." in text
    assert "<p>a and b, a and b ...</p>" in text


def test_nothing_is_loaded_from_elsewhere():
    parsed = Parsed(page_html(PAGE)[0])
    assert parsed.loaded == ["data:,"]
    assert {"link", "meta", "style", "script", "svg"} <= {*parsed.tags}
    assert {"img", "iframe", "object", "embed", "form", "base", "a", "image", "use"}.isdisjoint(parsed.tags)


def test_without_graphviz(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    text, warnings = page_html(PAGE)
    missing = "an SVG needs Graphviz on the controller; install the package graphviz, or choose mermaid or dot"
    assert warnings == [f"network office: the page has no picture: {missing}"]
    assert "matrix" in text
    assert '<figure class="picture">' not in text


def test_a_picture_with_classes_and_titles():
    svg = picture_svg(PICTURE)
    groups = re.findall(r'<g class="([^"]*)"[^>]*>\n<title>([^<]*)</title>', svg)
    assert sorted((html.unescape(kind), title) for kind, title in groups) == [
        ("cluster", ""),
        ("edge silent", "a and b: silent"),
        ("graph", ""),
        ("node not-asked", "b: not asked"),
        ("node running", "a: running"),
    ]
    assert svg.startswith("<svg")
    assert "<!--" not in svg


def test_a_matrix():
    assert matrix_svg(("a", "b"), {"up": ((0, 1, 1), (1, 0, 1)), "silent": ()}) == (
        '<svg class="matrix" viewBox="-1 -1 3 3" width="42" height="42" data-size="2" role="img">'
        "<title>Each pair of nodes</title>"
        '<path class="ground" d="M0 0h2v2h-2z"/><path class="cells up" transform="translate(0 .5)" d="M1 0h1M0 1h1"/>'
        '<path class="cells silent" transform="translate(0 .5)" d=""/>'
        '<text x="-.3" y="0.75" text-anchor="end">a</text><text transform="translate(0.75 -.3) rotate(-90)">a</text>'
        '<text x="-.3" y="1.75" text-anchor="end">b</text><text transform="translate(1.75 -.3) rotate(-90)">b</text></svg>'
    )


@pytest.mark.parametrize(("size", "kind"), [(60, "matrix"), (61, "matrix large"), (250, "matrix large dense")])
def test_a_large_matrix_has_no_names(size, kind):
    svg = matrix_svg([f"n{number}" for number in range(size)], {})
    assert svg.startswith(f'<svg class="{kind}" ')
    assert ("<text" in svg) is (kind == "matrix")


PIECES = [*"<>&\"'/-!`=;{}% ax", "</script>", "<script>", "<!--", "-->", "]]>", "</td>", "&lt;", "{{", "\u2028", "ü"]
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


@given(HOSTILE)
def test_json_in_a_script_stays_in_it(text):
    shown = str(embedded([text]))
    assert json.loads(shown) == [text]
    assert not re.search("[<>&]", shown)


@given(HOSTILE)
def test_whatever_a_host_or_an_inventory_says_is_text(text):
    """The page is the same as with a plain word, but for that word."""
    plain, hostile = Parsed(filled(WORD)), Parsed(filled(text))
    assert (hostile.tags, hostile.loaded) == (plain.tags, plain.loaded)
    names = json.dumps([WORD, "b"], separators=(",", ":"))
    found = [json.loads(said) if before == names else said for before, said in zip(plain.texts, hostile.texts, strict=True)]
    assert found == [[text, "b"] if said == names else said.replace(WORD, text) for said in plain.texts]


WORD = "some-word"


def filled(text):
    """A page with the text in all places, without the program that draws."""
    (part,) = PAGE.networks
    cause = Cause(text, (text, text), text, text, text)
    part = replace(
        part,
        name=text,
        topology=text,
        silent=(cause,),
        impaired=(cause,),
        unasked=(cause,),
        following=(cause,),
        names=(text, "b"),
    )
    row = replace(ROW, name=text, network=text, host=text, endpoint=text, implementation=text, tools=text, differences=(text,))
    peer = replace(PAGE.peers[0], host=text, network=text, name=text, endpoint=text)
    page = replace(PAGE, who=text, run=text, networks=(part, part), nodes=(row,), peers=(peer,), notes=(text,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nonexistent")
        return page_html(page)[0]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</title><script>alert(1)</script>", "--><script>x</script>", "\"<&'\\"]
)
def test_whatever_is_in_a_picture_is_text(text):
    """By the real Graphviz."""
    shapes = tuple(replace(shape, name=shape.name + text, site=text, lines=(text,)) for shape in PICTURE.shapes)
    lines = (Line("a" + text, "b" + text, text, (), "silent"),)
    parsed = Parsed(picture_svg(Picture(text, shapes, lines)))
    assert {*parsed.tags} == {"svg", "g", "title", "polygon", "text", "path"}
    assert f"a{text} and b{text}: silent" in parsed.texts
    assert text in parsed.texts
