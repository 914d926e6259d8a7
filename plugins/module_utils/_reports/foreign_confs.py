# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WireGuard interfaces of this host, from configurations of any program, for imports. No private key leaves the host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.found import Found, found_interfaces, unused
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, config_to_dict


def look(host: Host, preshared_keys: bool) -> list[dict[str, Any]]:
    """One entry per interface that runs or starts at boot, sorted by name, JSON-ready.

    ``name``, ``public_key``, ``config`` (without the private key; preshared keys are ``kept`` unless they are requested), ``mtu``
    (in bytes, of the running interface), ``adopted`` (``by`` and ``files``), ``notes`` (settings that an import does not take
    over, and where the files differ from what runs) and ``error`` (why its files cannot be read).

    :raises CommandFailed: there is no ``wg``, or the live state cannot be read.
    """
    idle = [f"{path}: has no [Interface], so it is no interface" for path in unused(host)]
    return [_entry(host, one, preshared_keys, idle if one.by == "wg-quick" else []) for one in found_interfaces(host)]


def _entry(host: Host, found: Found, preshared_keys: bool, idle: list[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": found.name,
        "public_key": found.live.device.public_key if found.live else None,
        "config": {},
        "mtu": found.live.mtu if found.live else None,
        "adopted": {"by": found.by, "files": [file for file in found.files if file not in found.shared]},
        "notes": [*found.notes, *idle],
        "error": found.error,
    }
    config = found.config
    if config is not None:
        if config.private_key is not None:
            entry["public_key"] = public_key_of(host, config.private_key)
        peers = [replace(peer, next_preshared_key=None) for peer in config.peers]
        shown = [peer if preshared_keys or peer.preshared_key is None else replace(peer, preshared_key=KEPT) for peer in peers]
        entry["config"] = config_to_dict(replace(config, private_key=None, peers=tuple(shown)))
    return entry
