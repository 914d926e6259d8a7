# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``container_networks``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.containers import container_networks as networks_of

DOCUMENTATION = r"""
name: container_networks
short_description: Return the container networks of a host
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Takes network documents and returns what the role P(meshwork.wireguard.containers#role) creates on a host.
positional: host
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
"""

EXAMPLES = r"""
- name: Show the subnets of this host's containers
  ansible.builtin.debug:
    msg: "{{ plan.networks | meshwork.wireguard.container_networks(inventory_hostname) | map(attribute='subnets') }}"
"""

RETURN = r"""
_value:
  description:
    - One entry per network in which the host has subnets for containers, with C(name), C(subnets), C(mtu) in bytes,
      C(interfaces), and C(table) and C(chains), as M(meshwork.wireguard.nft_table) takes them.
  type: list
  elements: dict
  sample:
    - name: wireguard
      subnets: [172.30.1.0/24]
      mtu: 1420
      interfaces: [wg0]
      table: wg0_containers
      chains: "chain postrouting {}"
"""


@plain_errors
def container_networks(network: Any, host: str) -> list[dict[str, Any]]:
    """Network documents, host -> its container networks."""
    return networks_of(networks(network), str(host))


FilterModule = filter_module(container_networks)
