# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers' names in comments of people and programs, right above a section or at its top.

``# Name = beta`` and ``# Name: beta``, ``### Client beta``, ``# Client: beta (id)``, ``### begin beta ###``,
``# BEGIN_PEER beta``, and a comment that is one word.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator

from ..values.text import made_plain, split_lines

_PEER = re.compile(r"\[\s*peer\s*\]", re.IGNORECASE)
_KEY = re.compile(r"publickey\s*=\s*([A-Za-z0-9+/]{43}=)", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?:friendly_name|name#?|client|peer|user|host|begin|begin_peer)(?:\s*[:=]\s*|\s+)([^\s=:#(]+)", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*\Z")


def names_in(text: str) -> dict[str, str]:
    """Public key -> name, for the peers that comments name."""
    lines = [line.strip() for line in split_lines(text.lstrip("\ufeff"))]
    names: dict[str, str] = {}
    for at, line in enumerate(lines):
        if _PEER.match(line):
            keys = (_KEY.match(later) for later in _until_section(lines[at + 1 :]))
            key = next((match.group(1) for match in keys if match), None)
            name = _name([*_comments(lines[at + 1 :]), *_comments(reversed(lines[:at]))])
            if key and name:
                names[key] = name
    return names


def _until_section(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("["):
            return
        yield line


def _comments(lines: Iterable[str]) -> Iterator[str]:
    """The comments at the start of the lines, without ``#``."""
    for line in lines:
        if not line.startswith("#"):
            return
        yield made_plain(line.strip("# \t"))


def _name(comments: list[str]) -> str | None:
    labelled = [match.group(1) for match in map(_LABELLED.match, comments) if match]
    words = [comment for comment in comments if _WORD.match(comment)]
    return next(iter([*labelled, *words]), None)
