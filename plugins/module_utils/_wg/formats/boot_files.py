# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs that make interfaces by themselves can have of a configuration, and how their files say it.

systemd-networkd and NetworkManager create the device through the kernel, and know neither hooks nor wg-quick's way to send all
packets through a tunnel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Iterator

from ..config.model import NO_HOOKS, Config, Peer
from ..values.text import written

_CONTINUES = "\\"
"""At the end of a line it joins the next one, for some readers in comments, too."""
_REMEDY = "remove it, or use the backend wg-quick"


@dataclass(frozen=True)
class BootFile:
    """A file in the program's directory. ``secret``: it holds keys."""

    name: str
    text: str = field(repr=False)
    secret: bool


def check_kept_by(title: str, config: Config) -> None:
    """Refuse what the program has no word for.

    :raises ValueError: with what it is and the remedy.
    """
    if config.hooks != NO_HOOKS:
        raise ValueError(f"hooks: {title} runs no commands; {_REMEDY}")
    if config.dns:
        raise ValueError(f"dns: {title} would set DNS servers only from the next boot on; {_REMEDY}")
    if config.full_tunnel:
        raise ValueError(f"AllowedIPs of length 0: {title} does not support full tunnels; {_REMEDY}")
    if config.table not in ("auto", "off") and not config.table.isdigit():
        raise ValueError(f"table {config.table}: {title} accepts only table numbers; give the number")


def table_of(config: Config) -> str | None:
    """The number of the table for the routes; None for the main one."""
    return None if config.table in ("auto", "off") else config.table


def lines_of(pairs: Iterable[tuple[str, str | int | None]]) -> Iterator[str]:
    """``KEY=VALUE`` of those that have a value; 0 means the same as none everywhere here."""
    for key, value in pairs:
        if value:
            yield f"{key}={value}"


def heading(path: str) -> str:
    """The first line of such a file.

    :param path: of the file of the interface that it is made from.
    """
    return f"# Made by Ansible (meshwork.wireguard) from {written(path, 'source', _CONTINUES)}; local changes are overwritten."


def name_comment(peer: Peer) -> list[str]:
    """The line that names a peer; none where it has no name."""
    return [] if peer.name is None else [f"# {written(peer.name, 'Name', _CONTINUES)}"]
