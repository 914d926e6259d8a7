# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A separate nftables table, loaded at boot by a unit."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import WRITTEN

_TEMPLATE = "meshwork-nftables"
_NFT = "/usr/sbin/nft"
_UNIT = """\
[Unit]
Description=The nftables table meshwork_%i
# Debian's nftables.service loads a file that begins with `flush ruleset`.
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
After=nftables.service firewalld.service
# wg-quick starts after the second. They need no direct order: network.target is only started if another unit wants it.
Before=network-pre.target network-online.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
{hardening}
ExecStart={nft} -f {config}/%i.nft
ExecReload={nft} -f {config}/%i.nft
ExecStop=-{nft} delete table inet meshwork_%i

[Install]
WantedBy=multi-user.target
"""


class NftTable:
    """The table ``inet meshwork_NAME``."""

    def __init__(self, host: Host, name: str) -> None:
        if not re.match(r"[A-Za-z0-9_]{1,100}\Z", name):
            raise ValueError(f"table '{name}': a name has 1 to 100 characters of A-Z a-z 0-9 _")
        self._host = host
        self._name = name
        self._table = f"meshwork_{name}"

    def bring_about(self, chains: str, check_mode: bool) -> dict[str, Any]:
        """Load the table, now and at every boot.

        :param chains: the text between the table's braces.
        :raises CommandFailed: there is no ``nft``, or it refuses the chains; then the old table stays loaded.
        """
        changes = self.changes(chains)
        if changes and not check_mode:
            self.apply(chains)
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Unload the table, and do not load it at boot."""
        changes = self.removals()
        if changes and not check_mode:
            self.drop()
        return result_of(changes, None)

    def changes(self, chains: str) -> list[Change]:
        """The changes that :meth:`apply` would make, even if the loaded table was changed by hand.

        :raises CommandFailed: the host does not run systemd.
        """
        changes = self._services(self._host.which("nft") or _NFT, self.text(chains)).changes()
        return changes or self.differences()

    def differences(self) -> list[Change]:
        """The change if the table is missing, or differs from the one that was loaded."""
        if self._host.which("nft") is None:
            return []
        current = self._listed()
        if current is not None and current == self._host.read(self._loaded):
            return []
        return [HostChange("table", "created" if current is None else "changed")]

    def load(self, chains: str) -> None:
        """Load the table now, but not at boot.

        :raises CommandFailed: there is no ``nft``, or it refuses the chains.
        """
        if self._host.which("nft") is None:
            raise CommandFailed("nft: not found on this host; install the package nftables")
        self._host.run(["nft", "-f", "-"], stdin=self.text(chains))
        self._host.write(self._loaded, self._listed() or "", 0o644)

    def unload(self) -> None:
        """Unload the table now, and change nothing else."""
        self._host.run(["nft", "delete", "table", "inet", self._table], check=False)
        self._host.remove(self._loaded)

    def chains_in(self, text: str) -> str:
        """The chains in a text that :meth:`text` has made."""
        return text.partition(f"\ntable inet {self._table} {{\n")[2].rpartition("}\n")[0]

    def apply(self, chains: str) -> None:
        """Load the table, now and at every boot.

        :raises CommandFailed: there is no ``nft``, or it refuses the chains; then the old table stays loaded.
        """
        nft, text = self._host.which("nft"), self.text(chains)
        if nft is None:
            raise CommandFailed("nft: not found on this host; install the package nftables")
        self._host.run([nft, "-c", "-f", "-"], stdin=text)
        self._services(nft, text).apply()
        if self._listed() is None or self._listed() != self._host.read(self._loaded):
            Unit(self._host, self._name, _TEMPLATE).reload()  # as a whole, so that no packet passes meanwhile
        self._host.write(self._loaded, self._listed() or "", 0o644)

    def removals(self) -> list[Change]:
        """The changes that :meth:`drop` would make."""
        return self._services(_NFT, "").removals()

    def drop(self) -> None:
        """Unload the table, and do not load it at boot."""
        self._host.remove(self._loaded)
        self._services(_NFT, "").remove()

    def _listed(self) -> str | None:
        """The loaded table, without counters; None if it is not loaded."""
        done = self._host.run(["nft", "-s", "list", "table", "inet", self._table], check=False)
        return done.out if done.status == 0 else None

    @property
    def _loaded(self) -> str:
        """The file with the listing of the table right after it was loaded."""
        return f"{CONFIG}/{self._name}.nft.loaded"

    def text(self, chains: str) -> str:
        """The file's text. It replaces the whole table; its first line makes sure that the second one never fails."""
        head = f"{WRITTEN}\n"
        return f"{head}table inet {self._table}\ndelete table inet {self._table}\ntable inet {self._table} {{\n{chains}}}\n"

    def _services(self, nft: str, text: str) -> Services:
        limits = settings(["CAP_NET_ADMIN"], ["AF_UNIX", "AF_NETLINK"])
        unit = {f"{UNITS}/{_TEMPLATE}@.service": unit_text(_UNIT, limits, nft=nft, config=CONFIG)}
        own = {f"{CONFIG}/{self._name}.nft": text}
        return Services(self._host, self._name, [Service(_TEMPLATE, "table", own, unit, keep_on=True)])
