# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a run in which one host is down, and another says what would be elements of the page."""

from __future__ import annotations

import json
import re

from ansible_collections.meshwork.wireguard.tests.hostile.lies import IGNORED, Lie

SCRIPT = "<script>alert(1)</script>"
LIAR = Lie(
    "liar",
    "interface_info",
    IGNORED,
    values={
        "interfaces.0.peers.0.name": SCRIPT,
        "interfaces.0.peers.0.public_key": "A" * 42 + "o=",
        "interfaces.0.drift": [SCRIPT],
    },
)
STATUS = ("meshwork.wireguard.status", "-e", "wireguard_output=out/page.html")


def cells(text):
    """The words in the cells of each row of the table of nodes."""
    table = text[text.index("<h2>Nodes</h2>") :].partition("</table>")[0]
    for row in table.split("<tr>\n")[1:]:
        yield [re.sub("<[^>]*>", "", cell) for cell in re.findall("<td.*?</td>", row, re.DOTALL)]


def test_the_page_of_a_run(make_world):
    world = make_world([LIAR, Lie("away", "prepare", IGNORED)])
    world.be()
    assert world.run().status == 0
    world.be([LIAR], unreachable=["away"])
    predicted = world.run(*STATUS, "--check")
    assert "out/page.html" not in predicted.files
    run = world.run(*STATUS, "-e", "wireguard_format=json")
    assert (predicted.status, run.status) == (0, 0), run.output
    text = run.files["out/page.html"]
    states = {"alpha": "running", "away": "not asked", "beta": "running", "liar": "running"}
    assert {name: state for name, state, *_more in cells(text)} == states
    assert SCRIPT not in text
    assert "differs from its file: &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert ">away was not reached, so one end is not asked; alpha has the endpoint" in text
    shown = json.JSONDecoder().raw_decode(run.output[run.output.index('{\n    "nodes"') :])[0]
    assert [node["name"] for node in shown["nodes"]] == ["alpha", "away", "beta", "liar"]
    assert {host: numbers["changed"] for host, numbers in run.recap.items()} == {"alpha": 1, "away": 0, "beta": 0, "liar": 0}
