# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site of `make docs` has every guide, and its tools are those of the other requirements."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs/docsite"
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def pages():
    """What the first page lists, without titles of its own."""
    lines = [line for block in TOCTREE.findall((SITE / "index.md").read_text(encoding="utf-8")) for line in block.splitlines()]
    return [re.sub(r".*<(.+)>", r"\1", line) for line in lines if line and not line.startswith(":")]


def pins(path):
    found = re.findall(r"^([\w-]+)==([\w.]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower(): version for name, version in found}


def test_every_guide_is_listed_once():
    listed = Counter(pages())
    guides = [str(path.relative_to(ROOT / "docs").with_suffix("")) for path in ROOT.glob("docs/**/*.md") if path.parent != SITE]
    assert guides
    assert {name: listed[name] for name in [*guides, "README", "SECURITY", "CONTRIBUTING"]} == dict.fromkeys(
        [*guides, "README", "SECURITY", "CONTRIBUTING"], 1
    )
    assert set(listed) - set(guides) == {"README", "SECURITY", "CONTRIBUTING", "CODE_OF_CONDUCT", "collection/index"}


def test_every_guide_is_linked_from_the_first_page():
    text = TOCTREE.sub("", (SITE / "index.md").read_text(encoding="utf-8"))
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)}
    assert {f"../{path.name}" for path in (ROOT / "docs").glob("*.md")} <= linked


def test_the_reference_is_written_by_the_antsibull_docs_that_sphinx_has():
    assert pins(SITE / "requirements.txt")["antsibull-docs"] == pins(ROOT / "requirements-dev.txt")["antsibull-docs"]


def test_sources(tmp_path):
    """Guides are at the top, and links between them lead there. A second run writes nothing, and removes what is gone."""
    reference, source = tmp_path / "reference", tmp_path / "source"
    reference.mkdir()
    (reference / "index.rst").write_text("Reference\n=========\n")

    def run():
        subprocess.run([shutil.which("bash"), "tests/bin/site", reference, source], cwd=ROOT, check=True)
        return {str(path.relative_to(source)): path.stat().st_mtime_ns for path in source.rglob("*") if path.is_file()}

    first = run()
    assert {f"{name}.md" for name in pages() if name != "collection/index"} <= set(first)
    assert {"index.md", "conf.py", "collection/index.rst", "pictures/page-20.png", "examples/mesh.yml"} <= set(first)
    links = {
        (path.relative_to(source).as_posix(), link)
        for path in source.rglob("*.md")
        for link in re.findall(
            r"\]\(([^)#:\s]+)[)#]", re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        )
        if not (path.parent / link).exists()
    }
    assert links == set()
    (source / "old.md").write_text("# Old\n")
    assert run() == first
