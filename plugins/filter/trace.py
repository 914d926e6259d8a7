# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``trace``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.trace import trace as trace_of

DOCUMENTATION = r"""
name: trace
short_description: Show how a packet gets from one node to another, or where it is dropped
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Follows a packet, and the answer to it, hop by hop through the AllowedIPs of the nodes. At each hop, one entry of the sender
    selects the peer, and one entry of that peer must accept the source.
  - Without O(live) it uses the plan and touches no host. With it, it uses the hosts' live state and reports where that differs
    from the plan.
positional: source, destination
extends_documentation_fragment: meshwork.wireguard.networks
options:
  source:
    description: Name of a node, or an address or prefix of a node or behind one.
    type: str
    required: true
  destination:
    description: As O(source), or an address or prefix beyond the network, such as one of the Internet behind an exit.
    type: str
    required: true
  live:
    description:
      - Hosts, each with the result of M(meshwork.wireguard.interface_info) on it. All other hosts are assumed to be as planned.
    type: dict
"""

EXAMPLES = r"""
- name: Show how alpha reaches beta's LAN
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.trace('alpha', '172.20.2.9')).text }}"
"""

RETURN = r"""
_value:
  description: The path there and back, once for each IP version that both ends have.
  type: dict
  contains:
    network:
      description: Name of the network that has both ends.
      type: str
    arrives:
      description: Whether all packets arrive.
      type: bool
    text:
      description: Everything in lines for people.
      type: list
      elements: str
    traces:
      description:
        - One entry per IP version, with C(source), C(destination), C(arrives), and the paths C(there) and C(back).
        - Each of these has C(hops), each with C(node), C(peer), the AllowedIPs C(entry) that selects the peer, C(accepted_by),
          the peer's entry that accepts the source, and C(handshake), whether the two had one, null without O(live).
        - It also has C(path), the names of the nodes; C(outcome), V(delivered) to a node, V(leaves) to a prefix behind a node, or
          at an exit; V(outside) if it does not enter the tunnel, which does not count as arriving; or V(dropped).
        - C(at) is the node where it ends, and C(reason) says why.
      type: list
      elements: dict
    differences:
      description: Differences between the hosts and the plan, one line each.
      type: list
      elements: str
    pending:
      description: Nodes whose public key no run has seen yet. Without O(live), they are assumed to be up.
      type: list
      elements: str
    not_asked:
      description: With O(live), the nodes without a live state.
      type: list
      elements: str
"""


@plain_errors
def trace(network: Any, source: str, destination: str, live: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Network documents, two places -> the path there and back."""
    reports = None if live is None else native(live)
    return trace_of(networks(network), str(source), str(destination), reports)


FilterModule = filter_module(trace)
