# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._names.block import with_block, without_block
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

NAMES = {"alpha.wireguard.internal": ["10.8.0.1", "fd00:8::1"], "beta.wireguard.internal": ["10.8.0.2"]}
BLOCK = """\
# BEGIN meshwork.wireguard: names of WireGuard networks
10.8.0.1 alpha.wireguard.internal
fd00:8::1 alpha.wireguard.internal
10.8.0.2 beta.wireguard.internal
# END meshwork.wireguard
"""
OTHER = {"gamma.wireguard.internal": ["10.8.0.3"]}


@pytest.mark.parametrize("before", ["", "127.0.0.1 localhost\n", "\n\n", "a\r\n", "10.8.0.2 beta beta.wireguard.internal\n"])
def test_at_the_end(before):
    assert with_block(before, NAMES) == before + BLOCK
    assert with_block(before + BLOCK, NAMES) == before + BLOCK
    assert with_block(before + BLOCK, OTHER) == with_block(before, OTHER)
    assert with_block(before + BLOCK, {}) == without_block(before + BLOCK) == before


def test_after_a_line_without_an_end():
    block = BLOCK.replace("networks\n", "networks, after a line without an end\n")
    assert with_block("127.0.0.1 localhost", NAMES) == "127.0.0.1 localhost\n" + block
    assert without_block("127.0.0.1 localhost\n" + block) == "127.0.0.1 localhost"
    assert without_block("127.0.0.1 localhost\n" + block + "::1 other\n") == "127.0.0.1 localhost\n::1 other\n"


@given(st.text(st.sampled_from("a1. #\n\r\t\xff:"), max_size=60))
def test_any_text_comes_back(text):
    assert without_block(with_block(text, NAMES)) == text
    assert with_block(with_block(text, OTHER), NAMES) == with_block(text, NAMES)


@given(st.text(st.sampled_from("a1 #\n"), max_size=20), st.text(st.sampled_from("a1 #\n"), max_size=20))
def test_what_others_write_around_it_stays(before, after):
    assert without_block(with_block(before + "\n", NAMES) + after) == before + "\n" + after


@pytest.mark.parametrize(
    "text", [BLOCK.replace("# END", "# end"), BLOCK[10:], BLOCK + BLOCK, BLOCK.partition("\n")[0] + "\n" + BLOCK, BLOCK[:-3]]
)
def test_damaged_marks(text):
    for names in (NAMES, {}):
        assert outcome(with_block, text, names) == (
            "refused: /etc/hosts: its lines '# BEGIN meshwork.wireguard: names of WireGuard networks' and "
            "'# END meshwork.wireguard' are no pair any more; delete them and the names between them"
        )


@pytest.mark.parametrize(
    "line",
    [
        "10.0.0.9 Alpha.WireGuard.internal",
        "10.0.0.9\talpha.wireguard.internal. # mine",
        "10.0.0.9 other alpha.wireguard.internal\r",
    ],
)
def test_a_name_that_has_another_address(line):
    why = outcome(with_block, f"127.0.0.1 localhost\n{line}\n", NAMES)
    assert why == (
        "refused: /etc/hosts: line 2 gives alpha.wireguard.internal the address 10.0.0.9, and the network another one; "
        "remove that line, or set wireguard_domain to a domain of the network's own"
    )
    assert with_block(f"#{line}\n", NAMES) == f"#{line}\n{BLOCK}"
