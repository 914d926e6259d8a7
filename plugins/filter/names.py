# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``names``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import interfaces_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.host_names import names_on

DOCUMENTATION = r"""
name: names
short_description: Return the DNS names that a host gets
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Takes network documents and returns what the role P(meshwork.wireguard.names#role) gives a host.
positional: host, way
options:
  way:
    description: See M(meshwork.wireguard.names). With V(resolver), a network needs a hub.
    type: str
    choices: [none, hosts, resolved, resolver]
    default: hosts
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
"""

EXAMPLES = r"""
- name: Show the names that this host gets
  ansible.builtin.debug:
    msg: "{{ plan.networks | meshwork.wireguard.names(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The networks, as M(meshwork.wireguard.names) takes them.
  type: dict
  sample:
    wireguard:
      domain: wireguard.internal
      interfaces: [wg0]
      hosts: {alpha.wireguard.internal: [10.8.0.1]}
      zones: []
      servers: {}
      serves: []
"""


@plain_errors
def names(network: Any, host: str, way: str = "hosts") -> dict[str, Any]:
    """Network documents, host, and the way -> the names of each network."""
    found = names_on(interfaces_in(network), str(host), str(way))
    return found["networks"] if found is not None else {}


FilterModule = filter_module(names)
