# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that hosts' versions do not support, or understand differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import tools_can

from ..model.findings import Finding
from ..model.network import Network


def version_findings(networks: Iterable[Network], reports: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings that depend on versions.

    :param reports: host -> result of the module ``interface_info``; hosts without tools do not count.
    """
    for network in networks:
        yield from _hook_order(network, reports)


def _hook_order(network: Network, reports: Mapping[str, Any]) -> Iterator[Finding]:
    known = [
        (node.name, host, (reports.get(host) or {}).get("tools_version"))
        for node in network.nodes.values()
        if node.hooks.pre_up and node.managed
        for host in node.hosts
    ]
    by_host = [(name, host, tools_can("pre_up_finds_interface", version)) for name, host, version in known if version]
    before, after = ([(name, host) for name, host, able in by_host if able is wanted] for wanted in (False, True))
    if before and after:
        one, two = (", ".join(sorted(host for _name, host in some)) for some in (before, after))
        yield Finding(
            "hook-order",
            tuple(sorted({name for name, _host in (*before, *after)})),
            f"network {network.name}: PreUp runs before the interface exists on {one}, and afterwards on {two}, depending on "
            "their tools",
            "use PostUp (post_up in wireguard_hooks), or commands that work in both cases",
        )
