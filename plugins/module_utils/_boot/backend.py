# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps an interface over a reboot: one way of several. Live changes are made with ``wg`` and ``ip``, whichever it is."""

from __future__ import annotations

from typing import Protocol, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change


class Backend(Protocol):
    """One interface, kept by one program. ``desired`` has the private key, and endpoints that are addresses."""

    @property
    def title(self) -> str:
        """The program, as users choose it."""

    def check(self, desired: Config) -> None:
        """Refuse what cannot be kept this way, on this host.

        :raises ValueError: with the reason and the remedy.
        """

    def keeps(self) -> bool:
        """Whether the interface will be there after the next boot, because of this program."""

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """What differs from keeping it, or from not keeping it (None)."""

    def start(self, desired: Config) -> None:
        """Make the interface, which is not there.

        :raises CommandFailed: it did not come up; nothing of it is left.
        """

    def keep(self, desired: Config) -> None:
        """Make these changes, while the interface runs.

        :raises CommandFailed: the program refuses.
        """

    def adopt(self) -> None:
        """Take what runs for its own, as if it had started it; something else has.

        :raises CommandFailed: the program refuses.
        """

    def release(self, desired: Config) -> None:
        """Keep it no longer, and let it run on: something else keeps it. Nothing is done where there is nothing to do.

        :raises CommandFailed: the program refuses.
        """

    def stop(self) -> None:
        """Let go of an interface that is about to be taken away.

        :raises CommandFailed: the program refuses.
        """

    def forget(self) -> None:
        """Keep it no longer; it does not run."""
