# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import starts from: an interface of a host."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config


@dataclass(frozen=True)
class Found:
    """An interface of a host. ``public_key``: None if its private key is not known. ``mtu`` is the live one, None if it is not
    known; ``notes`` are remarks of the reader. ``by``: the program that makes the interface, ``files``: its files on the host.
    """

    host: str
    interface: str
    public_key: str | None
    config: Config
    mtu: int | None = None
    notes: tuple[str, ...] = ()
    by: str = "wg-quick"
    files: tuple[str, ...] = ()
