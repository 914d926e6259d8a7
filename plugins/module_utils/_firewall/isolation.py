# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packets that a hub drops between its spokes, and out of the tunnel: an nftables table, loaded before the interface is up.

On hosts with systemd, a unit loads it early at boot. On others, wg-quick does: with a line ``PreUp`` in the interface's file.
If the interface is inside a namespace, the table is there, too, and the agent of the interface loads it first.
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
    """The table ``inet meshwork_isolation_NAME``. ``chains``: None if the interface has none."""

    def __init__(self, host: Host, interface: str, inside: Mapping[str, str]) -> None:
        """
        :param inside: the interface's namespace or container. While that does not exist, only the file is written.
        """
        self._host = host
        self._inside = inside
        self._name = f"isolation_{nft_table_of(interface)}"
        self._systemd = not inside and _has_systemd(host)
        self._table = NftTable(host, self._name)
        self.path = f"{CONFIG}/{self._name}.nft"

    @cached_property
    def _inner_table(self) -> NftTable | None:
        """The table in the interface's place; None while that does not exist. Cached, because looking up a container is slow."""
        target = host_at(self._host, self._inside)
        return NftTable(target, self._name) if target else None

    def hooked(self, content: str, chains: str | None) -> str:
        """The interface's file, with a line that loads the table if no unit does."""
        return content if chains is None or self._systemd else with_hook(content, "PreUp", f"nft -f {self.path}")

    def saved(self) -> str | None:
        """The chains in the file; None if there is none."""
        text = self._host.read(self.path)
        return None if text is None else self._table.chains_in(text)

    def changes(self, chains: str | None) -> list[Change]:
        """The changes that :meth:`apply` would make.

        :raises CommandFailed: the current state cannot be read.
        """
        if chains is None:
            return [HostChange("isolation", "removed")] if self._host.exists(self.path) else []
        if self._systemd:
            changes = self._table.changes(chains)
        else:
            same = self._host.read(self.path) == self._table.text(chains)
            changes = (
                [HostChange("table", "changed")] if not same else self._inner_table.differences() if self._inner_table else []
            )
        return [HostChange("isolation", change.details()["action"]) for change in changes[:1]]

    def apply(self, chains: str | None) -> None:
        """Load the table, or drop it.

        :raises CommandFailed: there is no ``nft``, or it refuses the chains; the old table stays loaded.
        """
        if not self.changes(chains):
            return
        if self._systemd:
            self._table.drop() if chains is None else self._table.apply(chains)
        elif chains is None:
            if self._inner_table:
                self._inner_table.unload()
            self._host.remove(self.path)
            self._host.remove_if_empty(CONFIG)
        else:
            if self._inner_table:
                self._inner_table.load(chains)
            self._host.write(self.path, self._table.text(chains), 0o644)

    def load(self) -> None:
        """Load the file, if there is one.

        :raises CommandFailed: ``nft`` refuses.
        """
        chains = self.saved()
        if chains is not None and self._inner_table:
            self._inner_table.load(chains)


def _has_systemd(host: Host) -> bool:
    """Whether the host runs systemd."""
    return host.which("systemctl") is not None and host.is_directory(SYSTEMD)
