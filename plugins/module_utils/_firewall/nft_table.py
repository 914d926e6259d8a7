# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of nftables of its own, which a unit loads at boot, and which anybody can read and delete."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, Host

_TEMPLATE = "meshwork-nftables"
_UNIT = """\
[Unit]
Description=The nftables table meshwork_%i
# What Debian's nftables.service loads begins with `flush ruleset`.
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
After=nftables.service firewalld.service
Before=network-pre.target
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

    def __init__(self, runner: Runner, name: str) -> None:
        if not re.match(r"[A-Za-z0-9_]{1,40}\Z", name):
            raise ValueError(f"table '{name}': a name has 1 to 40 characters of A-Z a-z 0-9 _")
        self._runner = runner
        self._name = name
        self._table = f"meshwork_{name}"

    def bring_about(self, chains: str, check_mode: bool) -> dict[str, Any]:
        """Loaded, now and at every boot.

        :param chains: what stands between the table's braces.
        :raises CommandFailed: there is no ``nft``, or it refuses the chains; then what was loaded before is loaded still.
        """
        nft = self._runner.which("nft")
        if nft is None and not check_mode:
            raise CommandFailed("nft: not found on this host; install the package nftables")
        text = self._text(chains)
        services = self._services(nft or "/usr/sbin/nft", text)
        changes: list[Change] = services.changes()
        if nft and not changes and not self._there():
            changes.append(Host("table", "created"))
        if changes and not check_mode:
            self._runner.run([str(nft), "-c", "-f", "-"], stdin=text)
            services.apply()
            if not self._there():
                Unit(self._runner, self._name, _TEMPLATE).start()
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Neither loaded nor kept."""
        services = self._services("/usr/sbin/nft", "")
        changes = services.removals()
        if changes and not check_mode:
            services.remove()
        return result_of(changes, None)

    def _there(self) -> bool:
        return self._runner.run(["nft", "list", "table", "inet", self._table], check=False).status == 0

    def _text(self, chains: str) -> str:
        """Replaced as a whole: the first line is there so that the second one never fails."""
        head = "# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run.\n"
        return f"{head}table inet {self._table}\ndelete table inet {self._table}\ntable inet {self._table} {{\n{chains}}}\n"

    def _services(self, nft: str, text: str) -> Services:
        limits = "\n".join(settings(["CAP_NET_ADMIN"], ["AF_UNIX", "AF_NETLINK"]))
        unit = {f"{UNITS}/{_TEMPLATE}@.service": _UNIT.format(nft=nft, config=CONFIG, hardening=limits)}
        return Services(self._runner, self._name, [Service(_TEMPLATE, "table", {f"{CONFIG}/{self._name}.nft": text}, unit)])
