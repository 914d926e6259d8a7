# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WireGuard interfaces of this host, from configurations of any program, for imports. No private key leaves the host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.file_backend import STEM
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import NETWORK_MANAGER, NETWORKD, WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_to_dict
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign, read_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import Described, described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live

PLACES = {
    "wg-quick": WIREGUARD,
    "systemd-networkd": NETWORKD,
    "NetworkManager": NETWORK_MANAGER,
}
_ENDINGS = (".conf", ".netdev", ".network", ".nmconnection")


class ForeignConfs:
    """The configurations on this host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def look(self, preshared_keys: bool) -> list[dict[str, Any]]:
        """One entry per interface that runs or starts at boot, sorted by name, JSON-ready.

        ``name``, ``public_key``, ``config`` (without the private key, and without preshared keys unless requested), ``mtu`` (in
        bytes, of the running interface) and ``notes``: settings that an import does not take over.

        :raises Unreadable: the file of an interface cannot be read.
        :raises CommandFailed: there is no ``wg``, or the live state cannot be read.
        """
        files = {file.foreign.interface or file.stem: file for file in self._described()}
        live = set(self._host.run(["wg", "show", "interfaces"]).out.split())
        quick = {name: QuickUnit(self._host, name, f"{WIREGUARD}/{name}.conf") for name in files if files[name].by == "wg-quick"}
        enabled = {name for name, unit in quick.items() if unit.state().enabled}
        return [self._entry(name, files.get(name), preshared_keys) for name in sorted(live | enabled)]

    def _described(self) -> list[Described]:
        files = []
        for by, directory in PLACES.items():
            names = self._host.names(directory)
            others = [name for name in names if name.endswith(_ENDINGS) and not name.startswith(STEM)]
            texts = {name: self._host.read(f"{directory}/{name}") or "" for name in others}
            files += [one for one in described(texts) if one.by == by]
        return files

    def _entry(self, name: str, file: Described | None, preshared_keys: bool) -> dict[str, Any]:
        live = read_live(self._host, name, "auto")
        foreign = file.foreign if file else self._made_by_hand(name, live)
        config = foreign.config
        key = config.private_key
        public = self._host.run(["wg", "pubkey"], stdin=key + "\n").out.strip() if key else live and live.device.public_key
        peers = config.peers if preshared_keys else tuple(replace(peer, preshared_key=None) for peer in config.peers)
        notes = [f"setting {line}: is left out" for line in foreign.left_out]
        if file is None:
            notes.append("file: the interface was made by hand and has none; one is written")
        elif file.by != "wg-quick":
            notes.append(
                f"{file.by}: has a file for the interface; remove it, or two programs make the interface at the next boot"
            )
        if not preshared_keys and any(peer.preshared_key for peer in config.peers):
            notes.append("preshared keys: are not read; import them, too (import_preshared_keys)")
        return {
            "name": name,
            "public_key": public,
            "config": config_to_dict(replace(config, private_key=None, peers=peers)),
            "mtu": live.mtu if live else None,
            "notes": notes,
        }

    def _made_by_hand(self, name: str, live: Live | None) -> Foreign:
        shown = read_conf(self._host.run(["wg", "showconf", name]).out)
        return replace(shown, config=replace(shown.config, addresses=live.addresses if live else ()))
