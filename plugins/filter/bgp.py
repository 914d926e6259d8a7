# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``bgp``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.bird import bird_of

DOCUMENTATION = r"""
name: bgp
short_description: Return BIRD's settings for a host of a network with several hubs
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - One entry for each network with C(failover) V(bgp) that the host is in.
positional: host
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
"""

EXAMPLES = r"""
- name: Set up BIRD
  ansible.builtin.import_role:
    name: meshwork.wireguard.bgp
  vars:
    wireguard_bgp: "{{ plan.networks | meshwork.wireguard.bgp(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: Entries with options of M(meshwork.wireguard.bgp).
  type: list
  elements: dict
  sample:
    - interface: wg0
      interfaces: [wg0-hub1, wg0-hub2]
      table: 1828767340
      number: 4212345678
      link_local: "fe80::1c2b:3a49:5867:7685"
      sources: [10.8.0.3]
      own: [10.8.0.3/32]
      forwards: []
      sessions:
        - name: hub1
          interface: wg0-hub1
          neighbor: "fe80::90ab:cdef:1234:5678"
          number: 4287654321
          preference: 200
          accepts: [10.8.0.1/32]
          announces: []
"""


@plain_errors
def bgp(network: Any, host: str) -> list[dict[str, Any]]:
    """Network documents, host -> its settings for BIRD."""
    return bird_of(networks(network), str(host))


FilterModule = filter_module(bgp)
