# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of meshes in a real browser. Each one's size, and the time until it is drawn, are printed."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.meshwork.wireguard.tests.browser import synthetic

pytestmark = pytest.mark.long
MOST_BYTES, MOST_SECONDS = 3_000_000, 10
NAMES = """
[...document.querySelector("table.sortable").tBodies[0].rows].filter(row => row.getClientRects().length)
    .map(row => row.cells[0].textContent)
"""
"""The names in the table of nodes, as far as they are shown."""


@pytest.fixture(scope="module", params=[20, 100, 500])
def page(request, tmp_path_factory):
    """What is on the page, and the file."""
    path = tmp_path_factory.mktemp("page") / "wireguard.html"
    shown = synthetic.page(request.param)
    path.write_text(synthetic.html_of(shown), encoding="utf-8")
    return shown, path


def names(rows):
    return [row.name for row in rows]


def by_number(name):
    """As people sort names: fra99 before fra100."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", name)]


def search(browser, text):
    """Type into the search of the table of nodes; return the names that are shown."""
    browser.value(f'input = document.querySelector(".search input"); input.value = {json.dumps(text)}')
    browser.value('input.dispatchEvent(new Event("input"))')
    return browser.value(NAMES)


def click(browser, heading):
    """Sort the table of nodes; return the names."""
    buttons = 'document.querySelector("table.sortable").querySelectorAll("th button")'
    browser.value(f"[...{buttons}].find(button => button.textContent === {json.dumps(heading)}).click()")
    return browser.value(NAMES)


def test_it_opens_without_requests_and_errors(browser, page):
    shown, path = page
    browser.open(path)
    print(f"{len(shown.nodes)} nodes: {path.stat().st_size / 1000:.0f} kB, drawn after {browser.seconds:.2f} s")
    assert (browser.requests, browser.complaints) == ([path.as_uri()], [])
    assert path.stat().st_size < MOST_BYTES
    assert browser.seconds < MOST_SECONDS
    assert browser.value(NAMES) == names(shown.nodes)


def test_the_search_filters(browser, page):
    shown, path = page
    browser.open(path)
    assert search(browser, "nyc  Not Asked") == names(row for row in shown.nodes if row.state == "not-asked")
    assert browser.value('document.querySelector(".search output").textContent') == f"1 of {len(shown.nodes)}"
    assert search(browser, "fra01") == [name for name in names(shown.nodes) if name.startswith("fra01")]
    assert search(browser, "nothing") == []
    assert search(browser, "") == names(shown.nodes)


def test_sorting_sorts(browser, page):
    """By the value, not by the text; what is not known is last, both ways."""
    shown, path = page
    browser.open(path)
    known = sorted((row for row in shown.nodes if row.received is not None), key=lambda row: row.received)
    unknown = names(row for row in shown.nodes if row.received is None)
    assert click(browser, "Received") == [*names(known), *unknown]
    assert click(browser, "Received") == [*names(known[::-1]), *unknown]
    assert click(browser, "Node") == sorted(names(shown.nodes), key=by_number)


def test_the_matrix_names_a_pair(browser, page):
    shown, path = page
    browser.open(path, height=1500)
    (network,) = shown.networks
    row, column, _length = network.matrix["silent"][0]
    browser.value(
        f"""
        matrix = document.querySelector("svg.matrix");
        at = new DOMPoint({column + 0.5}, {row + 0.5}).matrixTransform(matrix.getScreenCTM());
        matrix.dispatchEvent(new PointerEvent("pointermove", {{clientX: at.x, clientY: at.y}}))
        """
    )
    said = browser.value('document.querySelector("output.pair").textContent')
    assert said == f"{network.names[row]} and {network.names[column]}: silent"


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_on_the_screen(browser, page, width):
    _shown, path = page
    browser.open(path, width=width)
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_all_is_there_without_scripts(browser, page):
    shown, path = page
    browser.open(path, script=False)
    assert browser.complaints == []
    text = path.read_text(encoding="utf-8")
    assert all(f'<td data-label="Node">{row.name}</td>' in text for row in shown.nodes)


def test_hostile_names_are_text(browser, tmp_path):
    """No script of a name runs, whether the page's policy forbids it or not."""
    path = tmp_path / "hostile.html"
    text = synthetic.html_of(synthetic.hostile("<script>document.title = 'owned'</script><img src=x onerror=alert(1)>"))
    for version in (text, text.replace("Content-Security-Policy", "x")):
        path.write_text(version, encoding="utf-8")
        browser.open(path)
        assert (browser.requests, browser.complaints) == ([path.as_uri()], [])
        assert browser.value("document.title").startswith("WireGuard: ")
        assert browser.value("document.images.length") == 0


def test_the_policy_forbids_other_scripts(browser, page):
    """Also inline ones, if ever one got into a page."""
    _shown, path = page
    other = path.with_name("other.html")
    more = '<script>document.title = "owned"</script><img src="x.png">'
    text = path.read_text(encoding="utf-8").replace("<header>", "<header>" + more)
    other.write_text(text, encoding="utf-8")
    browser.open(other)
    assert browser.value("document.title").startswith("WireGuard: ")
    assert (browser.requests, len(browser.complaints)) == ([other.as_uri()], 2)
