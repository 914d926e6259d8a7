# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of nftables tables: sets of interfaces, sets of prefixes, and chains."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import written


def quoted_links(interfaces: Iterable[str]) -> str:
    """A set of interfaces, in quotes. nft knows no escapes in them, and ``*`` matches any characters."""
    return "{ " + ", ".join('"' + written(name, "interface", '"*\\', spaces=False) + '"' for name in interfaces) + " }"


def by_version(prefixes: Iterable[str]) -> list[tuple[str, str]]:
    """``ip`` and ``ip6``, each with its prefixes as an nftables set, if there are any. No prefix in a set contains another."""
    networks = [ipaddress.ip_network(prefix) for prefix in prefixes]
    sets = []
    for version, word in ((4, "ip"), (6, "ip6")):
        some: list[Any] = [network for network in networks if network.version == version]
        whole = [str(network).removesuffix(f"/{network.max_prefixlen}") for network in ipaddress.collapse_addresses(some)]
        sets += [(word, "{ " + ", ".join(whole) + " }")] if whole else []
    return sets


def chain(name: str, kind: str, rules: Iterable[str]) -> str:
    """A chain of nftables."""
    lines = "".join(f"    {rule}\n" for rule in rules)
    return f"  chain {name} {{\n    type {kind}; policy accept;\n{lines}  }}\n"
