# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``network``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge, parse_registry

DOCUMENTATION = r"""
name: network
short_description: Make a network document from the inventory
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Reads the C(wireguard_*) variables of a network's members and returns the network document that all other filters take.
  - Members are the hosts of the inventory group, whether or not they are in the play.
positional: network, registry
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  network:
    description: Name of the network. Without C(wireguard_networks) that is the name of its inventory group.
    type: str
    default: wireguard
  registry:
    description:
      - Text of the network's registry file. With it, public keys and addresses are taken from there, and missing addresses are
        allocated as in a run.
      - Without it, the document contains only what is in the inventory.
    type: str
"""

EXAMPLES = r"""
- name: Show the network document
  ansible.builtin.debug:
    msg: "{{ hostvars | meshwork.wireguard.network('wireguard') }}"
"""

RETURN = r"""
_value:
  description: The network document. Keys that have their default are left out.
  type: dict
  sample:
    name: wireguard
    interface: wg0
    topology: mesh
    prefixes: [10.8.0.0/24]
    nodes: {alpha: {addresses: [10.8.0.1], endpoint: "203.0.113.1:51820"}}
"""


@plain_errors
def network(hostvars: Mapping[str, Any], network: str = "wireguard", registry: str | None = None) -> dict[str, Any]:  # pylint: disable=redefined-outer-name
    """Inventory variables -> network document."""
    first = next(iter(hostvars), None)
    found = documents(inventory(hostvars, hostvars[first]["groups"]), hostvars) if first else {}
    if network not in found:
        raise PlanError(f"the inventory has no network '{network}'; it has {', '.join(found) or 'none'}")
    result = network_from_dict(found[network])
    if registry is not None:
        known = parse_registry(registry, network) if registry else Registry()
        result = merge(result, known, {}, prune=False, remember=True).network
    return network_to_dict(result)


FilterModule = filter_module(network)
