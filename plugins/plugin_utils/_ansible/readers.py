# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of hosts' answers: each takes a value and a name for it, and returns a plain value or refuses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key

Reader = Callable[[Any, str], Any]

LINES, CHARACTERS = 200, 500
"""Limits of a text for people; the rest is dropped."""
ITEMS = 2**17
"""Limit of a list or a mapping: more than an interface has peers."""
_FOR_PEOPLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode's categories of characters that control a terminal or are invisible."""


class NotBelieved(ValueError):
    """A value that no honest module returns. The message names its place, but does not repeat it."""


def plain(text: str) -> str:
    """A line of text without characters that control a terminal."""
    shown = "".join("?" if unicodedata.category(c) in _FOR_PEOPLE else c for c in text[:CHARACTERS].replace("\t", " "))
    return shown + ("..." if len(text) > CHARACTERS else "")


def line(value: Any, what: str) -> str:
    """Text for people, one line."""
    if not isinstance(value, str):
        raise NotBelieved(f"{what}: is not text")
    return plain(value.strip("\n"))


def lines(value: Any, what: str) -> list[str]:
    """Text for people, by its lines; a list of texts counts as their lines."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise NotBelieved(f"{what}: is neither text nor a list of texts")
    parts = [plain(part) for text in texts for part in text[: LINES * CHARACTERS].rstrip("\n").split("\n")[: LINES + 1]]
    return [*parts[:LINES], *([f"... {len(parts) - LINES} more"] if len(parts) > LINES else [])]


def listed(value: Any, what: str) -> list[str]:
    """A list of texts for people, as lines."""
    if not isinstance(value, list):
        raise NotBelieved(f"{what}: is not a list")
    return lines(value, what)


def flag(value: Any, what: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise NotBelieved(f"{what}: is not true or false")
    return value


def whole(low: int, high: int) -> Reader:
    """A whole number between two."""

    def read(value: Any, what: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise NotBelieved(f"{what}: is not a number from {low} to {high}")
        return value

    return read


def number(value: Any, what: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e15 < value < 1e15:
        raise NotBelieved(f"{what}: is not a number")
    return value


def matching(pattern: str) -> Reader:
    """Text of a given form."""
    form = re.compile(pattern)

    def read(value: Any, what: str) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise NotBelieved(f"{what}: has the wrong form")
        return value

    return read


def one_of(choices: Iterable[str]) -> Reader:
    """One of some words."""
    known = frozenset(choices)

    def read(value: Any, what: str) -> str:
        if not isinstance(value, str) or value not in known:
            raise NotBelieved(f"{what}: is not one of {', '.join(sorted(known))}")
        return value

    return read


def read_by(parse: Callable[[str, str], str]) -> Reader:
    """Text that a reader of documents and configurations accepts."""

    def read(value: Any, what: str) -> str:
        if not isinstance(value, str) or len(value) > CHARACTERS:
            raise NotBelieved(f"{what}: is not text")
        try:
            return str(parse(value, what))
        except ValueError:
            raise NotBelieved(f"{what}: cannot be read") from None

    return read


def optional(read: Reader) -> Reader:
    """Null, or a value that a reader accepts."""
    return lambda value, what: None if value is None else read(value, what)


def list_of(read: Reader, most: int = ITEMS) -> Reader:
    """A list of values that a reader accepts, and at most that many."""

    def read_all(value: Any, what: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise NotBelieved(f"{what}: is not a list")
        return [read(item, f"{what}[{index}]") for index, item in enumerate(value)]

    return read_all


def mapping_of(read_key: Reader, read: Reader) -> Reader:
    """A mapping with keys and values that readers accept."""

    def read_all(value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, Mapping) or len(value) > ITEMS:
            raise NotBelieved(f"{what}: is not a mapping")
        return {read_key(key, f"{what}: a key"): read(item, f"{what}.{plain(str(key)[:50])}") for key, item in value.items()}

    return read_all


def keyed(readers: Mapping[str, Reader], needed: Iterable[str] | None = None) -> Reader:
    """A mapping with these keys; other keys are dropped.

    :param needed: required keys. None: all.
    """
    must = tuple(readers if needed is None else needed)

    def read_all(value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise NotBelieved(f"{what}: is not a mapping")
        missing = [key for key in must if key not in value]
        if missing:
            raise NotBelieved(f"{what}: has no {missing[0]}")
        return {key: read(value[key], f"{what}.{key}") for key, read in readers.items() if key in value}

    return read_all


def _link(text: str, what: str) -> str:
    """Existing interfaces may have names that the collection refuses."""
    return str(matching(r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,15}")(text, what))


interface_name = read_by(_link)
public_key = read_by(parse_key)
