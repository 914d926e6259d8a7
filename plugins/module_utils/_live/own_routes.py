# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes that a host has by itself: its LANs, and what lies behind its other routers."""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Container, Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import split_lines

_MADE_BY = ("kernel", "dhcp", "static", "boot", "ra")
"""Protocols of routes (ip-route(8)). Those of routing daemons, which may be a million, are not asked for."""
MOST = 500
"""The most routes of each protocol that are reported."""


def own_routes(host: Host, links: Container[str]) -> list[dict[str, Any]]:
    """The routes of the main table: ``prefix``, and ``connected``, whether it needs no router. Sorted, each prefix once.

    :param links: names of links, whose routes are left out.
    """
    found: dict[str, bool] = {}
    for family in ("-4", "-6"):
        for entries in _listed(host, family):
            for entry in entries[:MOST]:
                prefix = _prefix(entry)
                if prefix is not None and entry.get("dev") not in links:
                    found[prefix] = found.get(prefix, False) or not {"gateway", "via", "nexthops"}.intersection(entry)
    order = sorted(found, key=lambda text: (":" in text, ipaddress.ip_network(text)))
    return [{"prefix": prefix, "connected": found[prefix]} for prefix in order]


def _listed(host: Host, family: str) -> Iterator[list[dict[str, Any]]]:
    """The routes of each protocol, all by one command."""
    asked = "".join(f"route show table main proto {protocol}\n" for protocol in _MADE_BY)
    done = host.run(["ip", "-j", family, "-force", "-batch", "-"], stdin=asked, check=False)
    for line in split_lines(done.out):
        try:
            entries = json.loads(line)
        except ValueError:  # tools without JSON
            continue
        yield [entry for entry in entries if entry] if isinstance(entries, list) else []


def _prefix(entry: dict[str, Any]) -> str | None:
    """The destination; None for the default route, for routes that lead nowhere, and for addresses of one link only."""
    if entry.get("dst", "default") == "default" or entry.get("type", "unicast") != "unicast":
        return None
    try:
        network = ipaddress.ip_network(entry["dst"], strict=False)
    except ValueError:
        return None
    left_out = network.prefixlen == 0 or network.is_link_local or network.is_multicast or network.is_loopback
    return None if left_out else str(network)
