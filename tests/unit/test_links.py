# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every relative link in the documents leads to a file that is there, and to a heading in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.bin.links import documents

ROOT = Path(__file__).parents[2]
DOCUMENTS = list(documents(ROOT))
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def prose(text):
    return FENCED.sub("", text)


def anchors(text):
    """The anchors of a document's headings, as GitHub and Galaxy make them."""
    found = {}
    for heading in HEADING.findall(prose(text)):
        anchor = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        found[anchor] = found.get(anchor, -1) + 1
    return {f"{anchor}-{number}" if number else anchor for anchor, last in found.items() for number in range(last + 1)}


def broken(document):
    """The links of a document that lead nowhere."""
    for link in LINK.findall(prose(document.read_text(encoding="utf-8"))):
        if re.match(r"\w+:", link):
            continue
        place, _hash, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        if not target.is_relative_to(ROOT) or not target.exists():
            yield f"{link}: no such file"
        elif anchor and (target.is_dir() or anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield f"{link}: no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(document):
    assert list(broken(document)) == []


def test_every_guide_can_be_found_from_the_readme():
    links = {link.partition("#")[0] for link in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= links


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Role `network`\n## How it works\n", {"role-network", "how-it-works"}),
        ("# BGP: several hubs\n## A/B, c's\n", {"bgp-several-hubs", "ab-cs"}),
        ("# Keys\n## Keys\n", {"keys", "keys-1"}),
        ("# [Keys](keys.md)\n", {"keys"}),
        ("```\n# no heading\n```\n", set()),
    ],
)
def test_anchors(text, expected):
    assert anchors(text) == expected


def test_broken_links_are_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    document = tmp_path / "a.md"
    document.write_text(
        "# A b\n[1](#a-b) [2](#c) [3](b.md) [4](https://example.org) [5](../x) [6](a.md#a-b)\n```\n[7](c.md)\n```\n"
    )
    assert list(broken(document)) == ["#c: no such heading", "b.md: no such file", "../x: no such file"]
