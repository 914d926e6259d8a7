# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``peers``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, config_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import one_network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import read_preshared

DOCUMENTATION = r"""
name: peers
short_description: Return the finished peers of a node
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Computes a node's peers, each with its AllowedIPs, endpoint and keepalive, from the network document.
  - Nodes whose public key is not known yet are left out.
positional: node
options:
  _input:
    description: A network document, as a mapping or as JSON text.
    type: raw
    required: true
  node:
    description: Name of the node.
    type: str
    required: true
  preshared_secret:
    description:
      - Text from which the preshared key of each pair of linked nodes is derived, always the same one. The result then holds
        secrets, as C(preshared_key).
    type: str
  preshared_keys:
    description: Preshared keys of links, each with C(nodes), a list of the two, and C(key). They win over those from the secret.
    type: list
    elements: dict
  preshared_secret_previous:
    description:
      - While the secret changes, the one before it, for pairs that have not come to O(preshared_secret) yet by the ids in the
        network document.
    type: str
"""

EXAMPLES = r"""
- name: Show the peers of this host
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.peers(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The peers, sorted by name.
  type: list
  elements: dict
  sample:
    - name: beta
      public_key: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
      allowed_ips: [10.8.0.2/32]
      endpoint: "203.0.113.2:51820"
"""


@plain_errors
def peers(
    network: Any, node: str, preshared_secret: Any = None, preshared_keys: Any = None, preshared_secret_previous: Any = None
) -> list[dict[str, Any]]:
    """Network document, node -> its finished peers."""
    document = one_network(network)
    given = (preshared_secret, preshared_keys, preshared_secret_previous)
    keys = read_preshared(f"network {document.name}", *map(only_set, given))
    found = keys.of(document, str(node), peers_of(document, str(node)))
    result: list[dict[str, Any]] = config_to_dict(Config(peers=found)).get("peers", [])
    return result


FilterModule = filter_module(peers)
