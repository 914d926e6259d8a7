# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live state of an interface, read with ``wg`` and ``ip``."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import parse_dump
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import sort_prefixes


def read_live(host: Host, name: str, table: str) -> Live | None:
    """The live state of the interface; None if there is no such interface.

    :param table: the configuration's routing table, whose routes into the interface are read.
    :raises CommandFailed: the interface of that name is not a WireGuard interface.
    """
    links = _json(host, ["ip", "-j", "address", "show", "dev", name], check=False)
    if not links:
        return None
    dump = host.run(["wg", "show", name, "dump"], check=False)
    if dump.status != 0:
        raise CommandFailed(f"interface {name} exists, but is not a WireGuard interface: {dump.err.strip()}")
    infos = {f"{info['local']}/{info['prefixlen']}": info for info in links[0].get("addr_info", []) if "local" in info}
    return Live(
        device=parse_dump(dump.out),
        addresses=tuple(infos),
        mtu=int(links[0]["mtu"]),
        routes=_routes(host, name, table),
        up="UP" in links[0].get("flags", ["UP"]),
        unrouted=tuple(address for address, info in infos.items() if info.get("noprefixroute")),
    )


def _routes(host: Host, name: str, table: str) -> tuple[str, ...]:
    where = ["table", "main" if table in ("auto", "off") else table, "dev", name]
    entries: list[Any] = []
    for family, everything in (("-4", "0.0.0.0/0"), ("-6", "::/0")):
        routes = _json(host, ["ip", "-j", family, "route", "show", *where], check=False)
        entries += [dict(entry, dst=everything) if entry["dst"] == "default" else entry for entry in routes]
    networks = [ipaddress.ip_network(entry["dst"]) for entry in entries]
    return sort_prefixes(str(network) for network in networks if not network.is_link_local)


def _json(host: Host, argv: list[str], check: bool = True) -> list[Any]:
    done = host.run(argv, check=check)
    if done.status != 0 or not done.out.strip():
        return []
    return [entry for entry in json.loads(done.out) if entry]


def link_kind(host: Host, name: str) -> str | None:
    """``wireguard`` for the kernel's implementation, ``tun`` for a userspace one."""
    for link in _json(host, ["ip", "-j", "-d", "link", "show", "dev", name], check=False):
        kind: str | None = link.get("linkinfo", {}).get("info_kind")
        return kind
    return None


def link_exists(host: Host, name: str) -> bool:
    """Whether the host has a link with that name."""
    return bool(_json(host, ["ip", "-j", "link", "show", "dev", name], check=False))
