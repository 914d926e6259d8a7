# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``interfaces``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import interfaces_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import preshared_for

DOCUMENTATION = r"""
name: interfaces
short_description: Return the finished WireGuard interfaces of a host
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Computes the finished interfaces of a host for all its networks. The roles loop over them.
positional: host
extends_documentation_fragment: [meshwork.wireguard.networks, meshwork.wireguard.networks.host]
options:
  preshared_secret:
    description:
      - Text from which the preshared key of each pair of linked nodes is derived, always the same one. The result then holds
        secrets, as C(preshared_key) of the peers.
    type: str
  preshared_keys:
    description:
      - Preshared keys of links, each with C(nodes), a list of the two, and C(key). They win over those from the secret.
    type: list
    elements: dict
  preshared_secret_previous:
    description:
      - While the secret changes, the one before it, for pairs that have not come to O(preshared_secret) yet by the ids in the
        network document.
    type: str
  network_values:
    description:
      - For several networks, mapping from network names to values, such as the variable C(wireguard_networks). Each network in
        it has its own C(preshared_secret), C(preshared_secret_previous) and C(preshared_keys) there; other keys are not read.
    type: dict
"""

EXAMPLES = r"""
- name: Show the interfaces of this host
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.interfaces(inventory_hostname) }}"

- name: Bring this host's interfaces to the plan, with preshared keys
  ansible.builtin.import_role:
    name: meshwork.wireguard.interface
  vars:
    wireguard_interfaces: "{{ plan.networks | meshwork.wireguard.interfaces(inventory_hostname, preshared_secret=vaulted) }}"
"""

RETURN = r"""
_value:
  description:
    - One entry per interface. C(config) has the shape of the option O(meshwork.wireguard.interface#module:config).
    - C(forward) tells whether the host forwards for others. C(needs) lists what else the host must have installed, as
      O(meshwork.wireguard.install#module:needs).
  type: list
  elements: dict
  sample:
    - name: wg0
      network: wireguard
      node: alpha
      forward: false
      needs: []
      config: {addresses: [10.8.0.1/24], port: 51820, mtu: 1420, peers: []}
"""


@plain_errors
def interfaces(
    network: Any,
    host: str,
    preshared_secret: Any = None,
    preshared_keys: Any = None,
    network_values: Any = None,
    preshared_secret_previous: Any = None,
) -> list[dict[str, Any]]:
    """Network documents, host -> its interfaces."""
    found = interfaces_in(network)
    names = found.networks_of(str(host))
    given = (preshared_secret, preshared_keys, network_values, preshared_secret_previous)
    keys = preshared_for(names, *map(only_set, given))
    return found.of(str(host), keys)


FilterModule = filter_module(interfaces)
