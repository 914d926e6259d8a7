# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drill does: which host is broken, who probes whom meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..failover.bgp import interface_names
from ..model.findings import PlanError
from ..model.network import Network


def drill_of(networks: Iterable[Network], hub: str, targets: Iterable[str] = ()) -> dict[str, Any]:
    """The drill of one host, JSON-ready.

    ``network``, ``node``, ``interfaces`` (of the host), ``link`` (of the floating address, None where there is none) and
    ``probes``: host -> ``sources`` and ``targets``, addresses. All other nodes probe one another; where other hosts stand by
    for the broken one, they probe its node, too.

    :param targets: more addresses to probe, as those of machines behind a hub.
    :raises PlanError: the host is in no network, or nobody is left to probe.
    """
    for network in networks:
        for node in network.nodes.values():
            if hub in node.hosts:
                others = [other for other in network.nodes.values() if other.name != node.name and other.addresses]
                probed = {other.name: other.addresses[0] for other in others if other.managed and not other.hub}
                if node.shared:
                    probed[node.name] = node.addresses[0]
                probes = {
                    other.hosts[0]: {
                        "sources": list(other.addresses),
                        "targets": [*(address for name, address in probed.items() if name != other.name), *targets],
                    }
                    for other in others
                    if other.managed and not other.hub and not other.shared
                }
                if not any(probe["targets"] for probe in probes.values()):
                    raise PlanError(
                        f"network {network.name}: nobody is left to probe; a drill needs two managed nodes besides hubs"
                    )
                return {
                    "network": network.name,
                    "node": node.name,
                    "interfaces": interface_names(network, node),
                    "link": node.floating[0].interface if node.floating else None,
                    "probes": probes,
                }
    raise PlanError(f"host {hub}: no network has it; correct drill_hub")
