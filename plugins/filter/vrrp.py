# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``vrrp``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.vrrp import vrrp_of

DOCUMENTATION = r"""
name: vrrp
short_description: Return the failover settings of a host that shares its node with others
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - One entry for each network in which the host shares its node with others.
positional: host
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
"""

EXAMPLES = r"""
- name: Set up VRRP
  ansible.builtin.import_role:
    name: meshwork.wireguard.vrrp
  vars:
    wireguard_vrrp: "{{ plan.networks | meshwork.wireguard.vrrp(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: Entries with options of M(meshwork.wireguard.vrrp).
  type: list
  elements: dict
  sample:
    - interface: wg0
      address: 203.0.113.11
      peers: [203.0.113.12]
      floating: [{address: 203.0.113.10/24, interface: eth0}]
      mark: 1828767340
      port: 41820
      forwards: [4]
      priority: 150
"""


@plain_errors
def vrrp(network: Any, host: str) -> list[dict[str, Any]]:
    """Network documents, host -> its settings for VRRP."""
    return vrrp_of(networks(network), str(host))


FilterModule = filter_module(vrrp)
