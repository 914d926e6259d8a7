#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``rebuild_registry``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rebuild_registry
short_description: Rebuild a lost registry from the running networks
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Adds to the registries of the inventory's networks the nodes that they have lost. Entries that a registry has are not changed,
    and no address is allocated.
  - A host that answered is believed about its own public key and its own addresses in the network's prefixes.
  - Of members that did not answer, and of clients, the peers of the hosts that answered are evidence. Such a node is recognised
    by the name in the hosts' files, or by the public key that the inventory gives. It is recorded only if all hosts that have it
    as a peer have the same key and addresses.
  - What two nodes claim, or what cannot be told apart, is recorded for neither; RV(refused) names it.
  - Subnets of container networks and a drawn unique local prefix are rebuilt, too. What only the registry knew of removed nodes
    is lost.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  found:
    description: Name of the variable in which M(meshwork.wireguard.conf_info) has registered its result on each host.
    type: str
    required: true
  path:
    description: Directory of the registry files, see O(meshwork.wireguard.registry#module:path).
    type: str
  network_file:
    description: See O(meshwork.wireguard.registry#module:network_file).
    type: path
"""

EXAMPLES = r"""
- name: Read the hosts' configurations
  meshwork.wireguard.conf_info:
  register: found
  ignore_unreachable: true

- name: Rebuild the registry
  meshwork.wireguard.rebuild_registry:
    found: found
  run_once: true
"""

RETURN = r"""
registry:
  description: The registry's directory or address.
  returned: success
  type: str
recorded:
  description: Network names, each with the nodes that are recorded anew.
  returned: success
  type: dict
refused:
  description: Network names, each with nodes that are not recorded, although hosts have them, and why.
  returned: success
  type: dict
strangers:
  description:
    - Network names, each with the public keys of peers that neither the inventory nor the registry has. They are not recorded.
  returned: success
  type: dict
text:
  description: The same for people, as lines.
  returned: success
  type: list
  elements: str
"""
