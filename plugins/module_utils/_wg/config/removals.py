# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit on the live peers that a run may remove, so that a wrong plan does not empty an interface."""

from __future__ import annotations

from typing import Collection, Iterable, Sequence

from ..values.keys import short
from .model import Peer

_NAMED = 50
"""How many peers the message names."""


class TooManyRemovals(ValueError):
    """Too many peers would be removed. The message lists them."""


def check_removals(
    where: str, live: Sequence[Peer], wanted: Iterable[Peer], limit: int | None, ended: Collection[str] = ()
) -> None:
    """Refuse to remove too many peers from an interface. A peer that returns with another key does not count.

    :param where: names the interface, or the host and the interface.
    :param live: the live peers that a run may remove.
    :param limit: how many may be removed; None: a fifth of them, and at least one.
    :param ended: public keys of nodes that are removed on purpose; they do not count.
    :raises TooManyRemovals: more would be removed.
    """
    kept, on_purpose = list(wanted), frozenset(ended)
    live = [peer for peer in live if peer.public_key not in on_purpose]
    keys = {peer.public_key for peer in kept}
    names = {peer.name for peer in kept if peer.name}
    gone = sorted(peer.name or short(peer.public_key) for peer in live if peer.public_key not in keys and peer.name not in names)
    allowed = max(1, len(live) // 5) if limit is None else limit
    if len(gone) > allowed:
        named = ", ".join([*gone[:_NAMED], *([f"and {len(gone) - _NAMED} more"] if len(gone) > _NAMED else [])])
        raise TooManyRemovals(
            f"{where}: {len(gone)} of {len(live)} live peers would be removed, but at most {allowed} may be: {named}; if that is "
            f"intended, set wireguard_max_removals (in your own task, max_removals) to {len(gone)}"
        )
