# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that brings an interface up at boot. Live changes are made with ``wg`` and ``ip``, whichever backend it is."""

from __future__ import annotations

from typing import Collection, Protocol, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change


class Backend(Protocol):
    """One program, for one interface. ``desired`` has the private key, and endpoints that are addresses."""

    @property
    def title(self) -> str:
        """The program, as users choose it."""

    def check(self, desired: Config, replaced: Collection[str] = ()) -> None:
        """Refuse a configuration that the program cannot bring up on this host.

        :param replaced: files of others that go away.
        :raises ValueError: with the reason and the remedy.
        """

    def enabled(self) -> bool:
        """Whether the program brings the interface up at the next boot."""

    def changes(self, desired: Config | None) -> Sequence[Change]:
        """The changes that enable it, or disable it (None)."""

    def start(self, desired: Config) -> None:
        """Make the interface, which does not exist.

        :raises CommandFailed: it did not come up; nothing of it remains.
        """

    def enable(self, desired: Config) -> None:
        """Have the program bring the interface up at boot; the interface runs already.

        :raises CommandFailed: the program refuses.
        """

    def adopt(self) -> None:
        """Treat the running interface as started by this program, although another one started it.

        :raises CommandFailed: the program refuses.
        """

    def release(self, desired: Config) -> None:
        """Disable it and leave the interface running: another backend is enabled. Do nothing if it is not enabled.

        :raises CommandFailed: the program refuses.
        """

    def stop(self) -> None:
        """Prepare for the removal of the interface.

        :raises CommandFailed: the program refuses.
        """

    def forget(self) -> None:
        """Disable it; the interface does not run."""
