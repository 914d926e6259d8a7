# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network as files: its document, the names of its nodes, and their configurations."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..documents.document import network_to_dict
from ..failover.bgp import uses_bgp
from ..model.network import Network
from ..names.name_files import name_files
from ..topologies.topology import graph_of
from .interfaces import configs_of
from .peers import Peers
from .sections import Sections

HEAD = "# Made by meshwork.wireguard from the plan of a network.\n"
"""The first line of each configuration. Only files with this line are replaced or removed."""
NAMES = "names"
"""The directory of the files with the nodes' names."""


def files_of(network: Network) -> Iterator[tuple[str, str]]:
    """Path below the network's directory, text; one at a time.

    :raises PlanError: links that cannot be planned.
    """
    peers = Peers(graph_of(network))
    yield "network.json", json.dumps(network_to_dict(network), indent=2) + "\n"
    yield from ((f"{NAMES}/{name}", text) for name, text in name_files(network))
    sections = Sections()
    for name, node in network.nodes.items():
        for interface, config in configs_of(peers, node):
            path = f"nodes/{name}.conf" if not uses_bgp(network) else f"nodes/{name}/{interface}.conf"
            yield path, HEAD + sections.render(config)
