# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``to_graph``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import one_network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.pictures import draw

DOCUMENTATION = r"""
name: to_graph
short_description: Draw a network
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Draws a network's nodes and links. Sites are boxes, hubs and gateways are marked, and an arrow points at the node that can be
    dialled.
  - In a network of more than 200 links, nodes that do not forward are drawn as one if they have the same site and the same
    forwarding nodes.
  - Rings, chains, trees and the like, with no more than two links to a node, are drawn in full up to 2000 links. Mermaid itself
    draws more than 500 links only if its C(maxEdges) is raised.
positional: kind
options:
  _input:
    description: A network document, as a mapping or as JSON text.
    type: raw
    required: true
  kind:
    description: V(mermaid) and V(dot) are texts for those programs; V(svg) is made by Graphviz, whose C(dot) must be installed.
    type: str
    choices: [mermaid, dot, svg]
    default: mermaid
"""

EXAMPLES = r"""
- name: Draw the network
  ansible.builtin.copy:
    content: "{{ lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.to_graph('svg') }}"
    dest: net.svg
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The picture's text.
  type: str
"""


@plain_errors
def to_graph(network: Any, kind: str = "mermaid") -> str:
    """Network document -> picture."""
    return draw(one_network(network), str(kind))


FilterModule = filter_module(to_graph)
