# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a network says on disk: its document, the configurations of its nodes, and its picture as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.conf import render_interface, render_peer

from .document import network_to_dict
from .drawing import dot, mermaid
from .interfaces import config_of
from .network import Network
from .peers import Peers
from .picture import picture_of
from .topology import graph_of

PICTURES = {"mermaid": ("mmd", mermaid), "dot": ("dot", dot)}


def files_of(network: Network, pictures: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path below the network's directory, text; one at a time.

    :param pictures: kinds of pictures, keys of ``PICTURES``.
    :raises PlanError: links that cannot be planned.
    """
    graph = graph_of(network)
    yield "network.json", json.dumps(network_to_dict(network), indent=2) + "\n"
    for kind in pictures:
        ending, draw = PICTURES[kind]
        yield f"network.{ending}", draw(picture_of(graph))
    peers = Peers(graph)
    section = cache(render_peer)  # most nodes have the same section for a peer
    for name, node in network.nodes.items():
        config = config_of(peers, node)
        yield f"nodes/{name}.conf", "\n".join([render_interface(config), *map(section, config.peers)])
