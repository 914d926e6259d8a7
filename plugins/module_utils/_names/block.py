# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block of names in the text of ``/etc/hosts``, between two marks. All other lines remain as they are.

Source: hosts(5).
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

Names = Mapping[str, Sequence[str]]
"""Name -> addresses."""
_BEGIN = "# BEGIN meshwork.wireguard: names of WireGuard networks"
_OPEN = ", after a line without an end"
"""Follows the first mark if the text before it did not end with a line feed."""
_END = "# END meshwork.wireguard"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}({re.escape(_OPEN)})?\n(?:(?!# BEGIN ).*\n)*?{re.escape(_END)}(?:\n|\Z)", re.MULTILINE)
_MARK = re.compile(rf"^(?:{re.escape(_BEGIN)}|{re.escape(_END)})", re.MULTILINE)


class NamesRefused(ValueError):
    """The names cannot be given to the host. The message has the reason and the remedy."""


def with_block(text: str, names: Names) -> str:
    """The text with these names, and no others of an earlier block.

    :raises NamesRefused: it gives one of the names another address, or its marks are damaged.
    """
    rest = without_block(text)
    if not names:
        return rest
    _refuse_others(_BLOCK.sub(lambda block: "\n" * block.group().count("\n"), text), names)
    is_open = bool(rest) and not rest.endswith("\n")
    lines = [f"{address} {name}" for name, addresses in names.items() for address in addresses]
    return rest + "\n" * is_open + "\n".join([_BEGIN + _OPEN * is_open, *lines, _END]) + "\n"


def without_block(text: str) -> str:
    """The text as it was before.

    :raises NamesRefused: its marks are damaged.
    """
    found = _BLOCK.search(text)
    rest = text if found is None else _cut(text, found)
    if _MARK.search(rest):
        raise NamesRefused(
            f"/etc/hosts: its lines '{_BEGIN}' and '{_END}' are no pair any more; delete them and the names between them"
        )
    return rest


def _cut(text: str, found: re.Match[str]) -> str:
    before, after = text[: found.start()], text[found.end() :]
    return before[:-1] if found.group(1) and not after and before.endswith("\n") else before + after


def _refuse_others(text: str, names: Names) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        address, *others = line.partition("#")[0].split() or [""]
        for name in (other.lower().rstrip(".") for other in others):
            if address not in names.get(name, (address,)):
                raise NamesRefused(
                    f"/etc/hosts: line {number} gives {name} the address {address}, and the network another one; remove that "
                    "line, or set wireguard_domain to a domain of the network's own"
                )
