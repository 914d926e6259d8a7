# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many live peers a run may take away: a plan that went wrong must not empty an interface."""

from __future__ import annotations

from typing import Collection, Iterable, Sequence

from ..values.keys import short
from .model import Peer

_NAMED = 50
"""Peers that the message names."""


class TooManyRemovals(ValueError):
    """More peers would go than may; the message lists them."""


def check_removals(
    where: str, live: Sequence[Peer], wanted: Iterable[Peer], limit: int | None, ended: Collection[str] = ()
) -> None:
    """Refuse to take too many peers from an interface. A peer that comes back with another key is not taken away.

    :param where: names the interface, or the host and the interface.
    :param live: the peers that the interface has, and that a run may remove.
    :param limit: how many may go; None: a fifth of them, and at least one.
    :param ended: public keys of nodes that were taken out on purpose: they are to go, however many they are.
    :raises TooManyRemovals: more would go.
    """
    stays = list(wanted)
    live = [peer for peer in live if peer.public_key not in ended]
    keys = {peer.public_key for peer in stays}
    names = {peer.name for peer in stays if peer.name}
    gone = sorted(peer.name or short(peer.public_key) for peer in live if peer.public_key not in keys and peer.name not in names)
    may = max(1, len(live) // 5) if limit is None else limit
    if len(gone) > may:
        named = ", ".join([*gone[:_NAMED], *([f"and {len(gone) - _NAMED} more"] if len(gone) > _NAMED else [])])
        raise TooManyRemovals(
            f"{where}: {len(gone)} of {len(live)} live peers would be removed, but at most {may} may be: {named}; if that is "
            f"intended, set wireguard_max_removals (in your own task, max_removals) to {len(gone)}"
        )
