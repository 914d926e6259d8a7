# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hub drops between its spokes, and out of the tunnel: a table of nftables that is there before the interface is up.

Where systemd runs, a unit loads it early at boot. Elsewhere, wg-quick does so itself: a line ``PreUp`` of the interface's file.
Where the interface is inside a namespace, so is the table, and the agent that keeps the interface there loads it first.
"""

from __future__ import annotations

from functools import cached_property
from typing import Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.nft_table import NftTable
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import with_hook
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import nft_table_of


class Isolation:
    """The table ``inet meshwork_isolation_NAME``. ``chains``: None where the interface has none."""

    def __init__(self, host: Host, interface: str, inside: Mapping[str, str]) -> None:
        """
        :param inside: where the interface is. As long as there is no such place, only the file is made.
        """
        self._host = host
        self._inside = inside
        self._name = f"isolation_{nft_table_of(interface)}"
        self._systemd = not inside and _has_systemd(host)
        self._table = NftTable(host, self._name)
        self.path = f"{CONFIG}/{self._name}.nft"

    @cached_property
    def _there(self) -> NftTable | None:
        """The table where the interface is; None as long as there is no such place. Asking for a container takes a while."""
        there = host_at(self._host, self._inside)
        return NftTable(there, self._name) if there else None

    def hooked(self, content: str, chains: str | None) -> str:
        """The interface's file with the line that loads the table, where no unit does."""
        return content if chains is None or self._systemd else with_hook(content, "PreUp", f"nft -f {self.path}")

    def saved(self) -> str | None:
        """The chains that are to be loaded; None where there are none."""
        text = self._host.read(self.path)
        return None if text is None else self._table.chains_in(text)

    def changes(self, chains: str | None) -> list[Change]:
        """What differs.

        :raises CommandFailed: the host cannot be asked.
        """
        if chains is None:
            return [HostChange("isolation", "removed")] if self._host.exists(self.path) else []
        if self._systemd:
            found = self._table.changes(chains)
        else:
            same = self._host.read(self.path) == self._table.text(chains)
            found = [HostChange("table", "changed")] if not same else self._there.differences() if self._there else []
        return [HostChange("isolation", change.details()["action"]) for change in found[:1]]

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
                self._there.unload()
            self._host.remove(self.path)
            self._host.remove_if_empty(CONFIG)
        else:
            if self._there:
                self._there.load(chains)
            self._host.write(self.path, self._table.text(chains), 0o644)

    def load(self) -> None:
        """Load what the file says, if there is one.

        :raises CommandFailed: ``nft`` refuses.
        """
        chains = self.saved()
        if chains is not None and self._there:
            self._there.load(chains)


def _has_systemd(host: Host) -> bool:
    """Whether units can be had on this host."""
    return host.which("systemctl") is not None and host.is_directory(SYSTEMD)
