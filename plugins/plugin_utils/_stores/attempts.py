# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the text of a network while others change it, too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note, Store

ATTEMPTS = 20
_SHORTEST, _LONGEST = 0.02, 5.0
"""Seconds that the first wait is up to at least, and any wait at most."""


def until_written(
    store: Store, network: str, change: Callable[[str], str | None], note: Note | Callable[[str, str], Note]
) -> str | None:
    """Read, change and write, again each time another run was faster; return the text that was written, or None.

    There is no lock that could be left behind. Who was overtaken waits for a random time, up to as long as an attempt takes, and
    a little longer each time.

    :param change: text -> new text; None if nothing is to be written. It is called for each attempt, so it has no effect but its
        result.
    :param note: for the history; or a function of the text before and after.
    :raises PlanError: overtaken too often, or what the store or ``change`` raises.
    """
    for attempt in range(1, ATTEMPTS + 1):
        begin = time.monotonic()
        before, revision = store.read(network)
        after = change(before)
        if after is None:
            return None
        if store.write(network, after, revision, note if isinstance(note, Note) else note(before, after)):
            return after
        if attempt < ATTEMPTS:
            took = max(time.monotonic() - begin, _SHORTEST)
            time.sleep(random.uniform(0, min(took * attempt, _LONGEST)))  # noqa: S311 - no secret
    raise store.error(
        f"other runs changed network {network} during each of {ATTEMPTS} attempts", "start again when fewer runs are under way"
    )
