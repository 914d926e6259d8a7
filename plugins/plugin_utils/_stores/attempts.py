# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the texts of networks while others change them, too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note, Store

ATTEMPTS = 20
_SHORTEST, _LONGEST = 0.02, 60.0
"""Seconds: what an attempt is taken to need at least, and the longest wait."""
_GROWTH = 1.5
"""With it, a hundred runs that begin at once all come to their turn within the attempts, where an attempt takes a second."""

Texts = Mapping[str, str]
"""Network -> its text; empty if there is none."""


def read_all(store: Store, networks: Iterable[str]) -> dict[str, str]:
    """The texts of networks."""
    return {network: store.read(network)[0] for network in networks}


def until_all_written(
    store: Store, networks: Iterable[str], change: Callable[[Texts], Texts], note: Callable[[str, str], Note]
) -> dict[str, tuple[str, str]]:
    """Read, change and write, again each time another run was faster.

    Each network is written alone, so one may be written and another one overtaken. There is no lock that could be left behind.
    Who was overtaken waits for a random time, up to a little longer than an attempt takes, and longer each time, so that the more
    runs there are, the fewer try at the same moment.

    :param change: texts of all networks -> new texts of those that change. It is called for each attempt, so it has no effect but
        its result.
    :param note: text before and after -> for the history.
    :returns: network -> text before and after, of those that were written.
    :raises PlanError: overtaken too often, or what the store or ``change`` raises.
    """
    stale = list(networks)
    texts: dict[str, str] = {}
    revisions: dict[str, str | None] = {}
    written: dict[str, tuple[str, str]] = {}
    for attempt in range(1, ATTEMPTS + 1):
        begin = time.monotonic()
        for network in stale:
            texts[network], revisions[network] = store.read(network)
        stale = []
        for network, after in change(texts).items():
            before = texts[network]
            if store.write(network, after, revisions[network], note(before, after)):
                written[network] = (written.get(network, (before, ""))[0], after)
            else:
                stale.append(network)
        if not stale:
            return written
        for network in written:
            if network not in stale:  # its revision is another one now
                stale.append(network)
        if attempt < ATTEMPTS:
            took = max(time.monotonic() - begin, _SHORTEST)
            time.sleep(random.uniform(0, min(took * _GROWTH**attempt, _LONGEST)))  # noqa: S311 - no secret
    raise store.error(
        f"other runs changed network {stale[0]} during each of {ATTEMPTS} attempts", "start again when fewer runs are under way"
    )


def until_written(
    store: Store, network: str, change: Callable[[str], str | None], note: Note | Callable[[str, str], Note]
) -> str | None:
    """The same for one network; return the text that was written, or None.

    :param change: text -> new text; None to write nothing.
    """

    def changed(texts: Texts) -> dict[str, str]:
        after = change(texts[network])
        return {} if after is None else {network: after}

    written = until_all_written(store, [network], changed, (lambda _before, _after: note) if isinstance(note, Note) else note)
    return written[network][1] if network in written else None
