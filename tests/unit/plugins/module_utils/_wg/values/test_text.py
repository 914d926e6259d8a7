# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import unicodedata

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import (
    Unwritable,
    is_plain,
    made_plain,
    split_lines,
    written,
)


def test_all_that_unicode_has_of_these_kinds_is_not_plain():
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert [hex(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) in kinds and is_plain(chr(n))] == []
    assert all(is_plain(text) for text in ("a b", "\u00e4\u00a0", "\u3042", "\U0001f600", "a\\\"'#"))


def test_what_is_not_plain_is_shown_as_such():
    assert made_plain("zz\u2028AllowedIPs\u0085\x1b\u200b\t= \u00e4") == "zz?AllowedIPs??? = \u00e4"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb\r\n", ["a", "b"]), ("a\n\nb", ["a", "", "b"]),
        ("a\u2028b\u0085c\x0bd\x0ce\x1cf\rg", ["a\u2028b\u0085c\x0bd\x0ce\x1cf\rg"]),
    ],
)  # fmt: skip
def test_lines_end_at_line_feeds_alone(text, lines):
    assert split_lines(text) == lines


@pytest.mark.parametrize("value", ["a", "a b", 7, "\u00e4"])
def test_written(value):
    assert written(value, "x") == str(value)


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ("", {}, "is empty, or begins or ends with white space"),
        (" a", {}, "is empty, or begins or ends with white space"),
        ("a\u3000", {}, "is empty, or begins or ends with white space"),
        ("a\nb", {}, "has a line break or a control character"),
        ("a\u2028b", {}, "has a line break or a control character"),
        ("a\u202eb", {}, "has a line break or a control character"),
        ("a b", {"spaces": False}, "has white space"),
        ("a\u00a0b", {"spaces": False}, "has white space"),
        ('a"b', {"but": '#"'}, "has a '\"', which has another meaning in the file"),
    ],
)
def test_refused(value, options, message):
    with pytest.raises(Unwritable) as caught:
        written(value, "dns", **options)
    assert str(caught.value) == f"dns: {message}; remove it"
