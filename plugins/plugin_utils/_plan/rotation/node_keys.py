# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of a node: the one in use, the next one, and those before.

A host decides about its keys, and the registry follows: a next key is on the host before the registry has it, and the host
changes to it before the registry does. So any run of any controller records what has happened, and none has to be the one that
began.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

PUBLIC, NEXT, RETIRED, SINCE = "public_key", "next_public_key", "retired_public_keys", "key_since"
COMPROMISED = "compromised_public_keys"
"""The keys of the registry's entry of a node."""


@dataclass(frozen=True)
class NodeKeys:
    """Public keys. ``retired``: those that the node has used and never uses again, oldest first; they belong to it for good.
    ``since``: the day in UTC on which ``public`` replaced another one; None if that is not known. ``compromised``: those that
    others may have, so that no host is believed that reports one.
    """

    public: str | None = None
    next: str | None = None
    retired: tuple[str, ...] = ()
    since: str | None = None
    compromised: tuple[str, ...] = ()

    def given_up(self) -> NodeKeys:
        """Without any key: others may have all of them."""
        known = (*self.compromised, *self.retired, self.public, self.next)
        return NodeKeys(compromised=tuple(dict.fromkeys(key for key in known if key is not None)))

    def after(self, live: str | None, upcoming: str | None, today: str) -> NodeKeys:
        """The keys, after the host has answered.

        :param live: the public key that the host uses; None: it has not answered, so nothing is known of it.
        :param upcoming: the public key of the next key that is on the host; None if there is none.
        :param today: the day in UTC.
        """
        if live is None or live in self.compromised:
            return self
        retired = tuple(key for key in self.retired if key != live)
        if self.public is not None and live == self.next:
            retired = (*retired, self.public)
        elif self.public is not None and live in self.retired and self.public != upcoming:
            retired = (*retired, self.public)  # it went back, and has not kept the newer key
        changed = self.public is not None and live != self.public
        upcoming = None if upcoming == live or upcoming in (*retired, *self.compromised) else upcoming
        return replace(self, public=live, next=upcoming, retired=retired, since=today if changed else self.since)

    def entry(self) -> dict[str, Any]:
        """What a registry keeps of them; :func:`keys_in` reads it."""
        values = {PUBLIC: self.public, NEXT: self.next, RETIRED: list(self.retired), SINCE: self.since}
        values[COMPROMISED] = list(self.compromised)
        return {key: value for key, value in values.items() if value}


def keys_in(entry: Mapping[str, Any]) -> NodeKeys:
    """The keys in the registry's entry of a node."""
    retired, compromised = (tuple(entry.get(key, ())) for key in (RETIRED, COMPROMISED))
    return NodeKeys(entry.get(PUBLIC), entry.get(NEXT), retired, entry.get(SINCE), compromised)


def days_old(day: str, today: str) -> int | None:
    """How long ago a day was, None if it is still to come: a clock is wrong. Both as ``2027-01-31``."""
    days = (datetime.date.fromisoformat(today) - datetime.date.fromisoformat(day)).days
    return days if days >= 0 else None


def age_text(days: int) -> str:
    """``3 days old``."""
    return f"{days} {'day' if days == 1 else 'days'} old"


def every_key(entry: Mapping[str, Any]) -> list[str]:
    """All public keys in an entry, which belong to this node and to no other."""
    keys = keys_in(entry)
    return [key for key in (keys.public, keys.next, *keys.retired, *keys.compromised) if key]
