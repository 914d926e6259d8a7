# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain lines of text, and the check that every renderer makes for each value."""

from __future__ import annotations

import re
from typing import Collection

INVISIBLE = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""Members of a character class: Unicode's categories Cc, Cf, Cs, Zl and Zp, the same in every version of Python."""
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_SPACE = re.compile(r"\s")


class Unwritable(ValueError):
    """A value that a file cannot hold. The message names its place, but does not repeat it, because it may be a secret."""


def is_plain(text: str) -> bool:
    """Whether the text has no line breaks, control characters or invisible characters."""
    return not _INVISIBLE.search(text)


def made_plain(text: str) -> str:
    """The text with spaces for tabs, and a question mark for each other character that is not plain."""
    return _INVISIBLE.sub("?", text.replace("\t", " "))


def split_lines(text: str) -> list[str]:
    """The lines as all programs here read them: they end only at a line feed, with or without a carriage return."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]


def written(value: object, what: str, but: Collection[str] = "", spaces: bool = True) -> str:
    """The text of a value for a file, where it can only be read as that value. Every renderer calls this for each value.

    :param what: names the value in the error.
    :param but: what delimits values in the file.
    :param spaces: whether the value may have white space inside.
    :raises Unwritable: the text is empty, is not a plain line, begins or ends with white space, or contains a delimiter.
    """
    text = str(value)
    if not text or text != text.strip():
        raise Unwritable(f"{what}: is empty, or begins or ends with white space; remove it")
    if not is_plain(text):
        raise Unwritable(f"{what}: has a line break or a control character; remove it")
    if not spaces and _SPACE.search(text):
        raise Unwritable(f"{what}: has white space; remove it")
    delimiter = next((sign for sign in but if sign in text), None)
    if delimiter is not None:
        raise Unwritable(f"{what}: has a '{delimiter}', which has another meaning in the file; remove it")
    return text
