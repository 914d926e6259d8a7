# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host of a node on several hosts is active: the one that has the floating address."""

from __future__ import annotations

import json

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG


def has_address(host: Host, link: str, address: str) -> bool:
    """Whether a link of the host has an address, without prefix length."""
    shown = host.run(["ip", "-o", "address", "show", "dev", link], check=False, timeout=20).out
    return any(f" {address}/" in line for line in shown.split("\n"))


def is_standby(host: Host, interface: str) -> bool:
    """Whether the host takes part in failover for the interface, and is not the active one: nobody has a session with it.

    :raises CommandFailed: the settings of failover are damaged.
    """
    path = f"{CONFIG}/{interface}.vrrp.json"
    text = host.read(path)
    if text is None:
        return False
    try:
        first = json.loads(text)["floating"][0]
        link, address = str(first["interface"]), str(first["address"])
    except (ValueError, LookupError, TypeError):
        raise CommandFailed(f"{path} is damaged; run the playbook mesh, which writes it") from None
    return not has_address(host, link, address.partition("/")[0])
