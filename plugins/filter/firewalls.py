# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``firewalls``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.firewall import firewalls as firewalls_of

DOCUMENTATION = r"""
name: firewalls
short_description: Return the nftables tables that a host's networks need
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Takes network documents and returns what the role P(meshwork.wireguard.firewall#role) loads on a host.
  - Only packets to and from the node's routes pass between the tunnel and the host's other links. A node that is the exit of
    others also passes and masquerades their traffic.
positional: host
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
"""

EXAMPLES = r"""
- name: Show the tables of this host
  ansible.builtin.debug:
    msg: "{{ plan.networks | meshwork.wireguard.firewalls(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description:
    - One entry per network of the host, with C(table) and C(chains), as M(meshwork.wireguard.nft_table) takes them, and C(ports),
      the UDP ports at which other nodes dial the host.
  type: list
  elements: dict
  sample:
    - table: wg0
      chains: "chain forward {}"
      ports: [51820]
"""


@plain_errors
def firewalls(network: Any, host: str) -> list[dict[str, Any]]:
    """Network documents, host -> its tables."""
    return firewalls_of(networks(network), str(host))


FilterModule = filter_module(firewalls)
