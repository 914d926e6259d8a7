# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files with sections and keys that may repeat, as systemd and NetworkManager read them."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, NamedTuple


class Line(NamedTuple):
    """A key with its value; ``number`` counts lines from 1."""

    key: str
    value: str
    number: int


class Section(NamedTuple):
    """A section by its title, without brackets."""

    title: str
    lines: list[Line]

    def all(self, key: str) -> list[str]:
        """The values of a key, in order. An empty value clears those before it, as in systemd."""
        values: list[str] = []
        for line in self.lines:
            if line.key == key:
                values = [*values, line.value] if line.value else []
        return values

    def last(self, key: str) -> str | None:
        """The last value, which counts; None if there is none."""
        return next(reversed(self.all(key)), None)


def name_of(section: Section, line: Line) -> str:
    """The name of a setting in a report. What does not look like a name may be a secret."""
    title = section.title.split(".", 1)[0]  # a key may follow
    shown = [text if re.match(r"[A-Za-z][A-Za-z0-9_-]{0,40}\Z", text) else "..." for text in (title, line.key)]
    return "[{}] {}".format(*shown)


def read_sections(text: str) -> list[Section]:
    """The sections in order. Lines that begin with ``#`` or ``;`` are comments, a ``\\`` at the end continues a line.

    :raises ValueError: with the number of a line that is neither a section, nor a key, nor a comment.
    """
    sections: list[Section] = []
    for number, line in _logical_lines(text):
        if line.startswith("[") and line.endswith("]"):
            sections.append(Section(line[1:-1].strip(), []))
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ValueError(f"line {number}: has no '='; write 'Key=value', a section or a comment")
        if not sections:
            raise ValueError(f"line {number}: a key before the first section")
        sections[-1].lines.append(Line(key.strip(), _unquoted(value.strip()), number))
    return sections


def read_unit(text: str) -> list[Section]:
    """The sections as systemd reads them: a line that is neither a section, nor a key, nor a comment has an empty key."""
    sections = [Section("", [])]
    for number, line in _logical_lines(text):
        if line.startswith("[") and line.endswith("]"):
            sections.append(Section(line[1:-1].strip(), []))
        else:
            key, equals, value = line.partition("=")
            sections[-1].lines.append(Line(key.strip() if equals else "", _unquoted(value.strip()), number))
    return [section for section in sections if section.title or section.lines]


def merged(sections: Iterable[Section], *titles: str) -> Section:
    """The lines of all sections of these titles as one: a later one adds to lists, and its other values win."""
    return Section(titles[0], [line for section in sections if section.title in titles for line in section.lines])


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    held, began = "", 0
    for number, raw in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not held):
            continue
        began = began or number
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        if held + line:
            yield began, (held + line).strip()
        held, began = "", 0
    if held.strip():
        yield began, held.strip()


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
