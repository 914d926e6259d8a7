# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hub drops between its spokes, and out of the tunnel: a table of nftables that is there before the interface is up.

Where systemd runs, a unit loads it early at boot. Elsewhere, wg-quick does so itself: a line ``PreUp`` of the interface's file.
Where the interface is inside a namespace, so is the table, and the agent that keeps the interface there loads it first.
"""

from __future__ import annotations

import os

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.nft_table import NftTable
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import with_hook
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import nft_table_of


class Isolation:
    """The table ``inet meshwork_isolation_NAME``. ``chains``: None where the interface has none."""

    def __init__(self, runner: Runner, interface: str, systemd: bool, there: bool = True) -> None:
        """
        :param runner: of where the interface is.
        :param systemd: whether a unit of the host loads it; otherwise whatever brings the interface up has to.
        :param there: False for a place that is not there yet: then only the file is made.
        """
        self._runner = runner
        self._name = f"isolation_{nft_table_of(interface)}"
        self._systemd = systemd
        self._there = there
        self._table = NftTable(runner, self._name)
        self.path = f"{CONFIG}/{self._name}.nft"

    def hooked(self, content: str, chains: str | None) -> str:
        """The interface's file with the line that loads the table, where no unit does."""
        return content if chains is None or self._systemd else with_hook(content, "PreUp", f"nft -f {self.path}")

    def saved(self) -> str | None:
        """The chains that are to be loaded; None where there are none."""
        text = io.read_text(self.path)
        return None if text is None else self._table.chains_in(text)

    def changes(self, chains: str | None) -> list[Change]:
        """What differs.

        :raises CommandFailed: the host cannot be asked.
        """
        if chains is None:
            return [Host("isolation", "removed")] if os.path.exists(self.path) else []
        if self._systemd:
            found = self._table.changes(chains)
        else:
            same = io.read_text(self.path) == self._table.text(chains)
            found = [Host("table", "changed")] if not same else self._table.differences() if self._there else []
        return [Host("isolation", change.details()["action"]) for change in found[:1]]

    def apply(self, chains: str | None) -> None:
        """Load the table, or drop it.

        :raises CommandFailed: there is no ``nft``, or it refuses the chains; what was loaded before is loaded still.
        """
        if not self.changes(chains):
            return
        if self._systemd:
            self._table.drop() if chains is None else self._table.apply(chains)
        elif chains is None:
            if self._there:
                self._table.unload()
            io.remove(self.path)
            io.remove_if_empty(CONFIG)
        else:
            if self._there:
                self._table.load(chains)
            io.write_text(self.path, self._table.text(chains), 0o644)

    def load(self) -> None:
        """Load what the file says, if there is one.

        :raises CommandFailed: ``nft`` refuses.
        """
        chains = self.saved()
        if chains is not None:
            self._table.load(chains)


def has_systemd(runner: Runner) -> bool:
    """Whether units can be had on this host."""
    try:
        return runner.which("systemctl") is not None and os.path.isdir("/run/systemd/system")
    except CommandFailed:
        return False
