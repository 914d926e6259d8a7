# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``metrics``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import interfaces_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.metrics.measured import measured

DOCUMENTATION = r"""
name: metrics
short_description: Return what a host measures for Prometheus
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Takes network documents and returns what the role P(meshwork.wireguard.metrics#role) measures on a host.
positional: host, peers
options:
  peers:
    description: Which peers get a packet. Unmanaged ones, such as phones, would be woken by it.
    type: str
    choices: [managed, all, none]
    default: managed
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
"""

EXAMPLES = r"""
- name: Show what this host measures
  ansible.builtin.debug:
    msg: "{{ plan.networks | meshwork.wireguard.metrics(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: For each interface, what M(meshwork.wireguard.metrics) takes.
  type: dict
  sample:
    wg0:
      network: wireguard
      node: alpha
      key: wg0
      inside: false
      peers: {beta: {keys: [jV5bKlIlcVmElpHiqHjHTjmMSb0FfAQrHLyBnYCqbgM=], address: 10.8.0.2}}
"""


@plain_errors
def metrics(network: Any, host: str, peers: str = "managed") -> dict[str, dict[str, Any]]:
    """Network documents, host, and which peers get a packet -> interface -> what the host measures."""
    return measured(interfaces_in(network), str(host), str(peers))


FilterModule = filter_module(metrics)
