#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``registry``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: registry
short_description: Combine inventory, registry and public keys into complete network documents
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Combines the inventory, the registry file and the public keys seen in this run, and returns the network documents of all
    networks that the play's hosts are members of.
  - The registry contains only public data, one node per line. Keep it in git beside the inventory.
  - Addresses that are not in the inventory are allocated from the network's prefixes and stay with their node.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    support: full
    platforms: linux
options:
  path:
    description:
      - Directory of the registry files, one C(<network name>.json) each.
      - If not set, C(.wireguard) beside the inventory.
      - An empty string disables the registry. Every node then needs its addresses in the inventory, and its public key there or
        its host in the play.
    type: str
  network_file:
    description:
      - File on the controller with a network document in JSON, or a list of them, as M(meshwork.wireguard.render) writes it. It
        replaces the C(wireguard_*) variables of the inventory; hosts and their connections still come from the inventory.
      - C(docs/network.schema.json) of the collection is its JSON Schema.
    type: path
  prune:
    description:
      - Nodes in the registry that are no longer in the inventory stay peers unless this is true. It removes them; their addresses
        are not allocated again.
    type: bool
    default: false
  keys_from:
    description:
      - Name of the variable in which M(meshwork.wireguard.prepare) has registered its result on each host.
    type: str
    default: ''
  remove:
    description:
      - Names of nodes to remove, even if they are still in the inventory. Delete them from the inventory afterwards, or the next
        run adds them again.
    type: list
    elements: str
    default: []
  remove_network:
    description: Name of a network whose nodes are all removed.
    type: str
  max_removals:
    description: How many nodes O(prune) may remove. If not set, a fifth of the nodes in the registry, and at least one.
    type: int
  expire_all:
    description: Let all nodes with an expiry day expire in one run.
    type: bool
    default: false
  regenerate:
    description: With V(always), the first host of a node on several hosts may come with another key.
    type: str
    default: if_invalid
  rollback:
    description:
      - As for the role P(meshwork.wireguard.network#role). With it, a node that forwards for others is removed only if it is
        revoked.
    type: int
    default: 0
  interface_state:
    description: As of the role P(meshwork.wireguard.network#role). Unless it is V(present), no interface counts as settled.
    type: str
    default: present
"""

EXAMPLES = r"""
- name: Plan the networks
  meshwork.wireguard.registry:
    keys_from: prepared
  run_once: true
  register: plan

- name: Show the interfaces of this host
  ansible.builtin.debug:
    msg: "{{ plan.networks | meshwork.wireguard.interfaces(inventory_hostname) }}"
"""

RETURN = r"""
networks:
  description: The network documents as JSON texts.
  returned: success
  type: list
  elements: str
digest:
  description: The same where the networks are the same.
  returned: success
  type: str
hosts:
  description: The hosts of the play and of the networks, each with what tasks have to do there.
  returned: success
  type: dict
  contains:
    interfaces:
      description: Names of its interfaces.
      type: list
      elements: str
    unsettled:
      description: Those on which something differs from the plan, or that nobody has looked at.
      type: list
      elements: str
    failover:
      description: The ways, V(vrrp) or V(bgp), in which nodes that it is part of fail over, or did.
      type: list
      elements: str
    vrrp:
      description: As M(meshwork.wireguard.prepare) returned it.
      type: list
      elements: str
    bgp:
      description: As M(meshwork.wireguard.prepare) returned it.
      type: list
      elements: str
    stale:
      description: Interfaces that no network has any longer.
      type: list
      elements: str
    settled:
      description: Whether nothing has to be done.
      type: bool
    left:
      description:
        - What it had for nodes that are removed, C(interfaces), C(key_names), C(vrrp) and C(bgp), lists of names.
          Empty where no such node was on it.
      type: dict
    make_keys:
      description: Whether it makes its keys. The inventory gives those of other hosts.
      type: bool
    foreign_keys:
      description:
        - Public keys of nodes on several hosts that it is not part of. A host that has one was part of them, and makes a new key.
      type: list
      elements: str
    refused:
      description:
        - Why it is not believed; null if it is. Its answers count for nothing, as if it had not been reached, and a task has to
          leave it out.
      type: str
awaited:
  description:
    - Hosts that lack the key of a node that other hosts are, too, each with a list of the keys, C(key) its name,
      C(public_key), null while the node has none, and C(source), the host that has it or is to make it.
  returned: success
  type: dict
ended:
  description:
    - Public keys of the nodes that were taken out on purpose, now or in an earlier run. Those that O(prune) takes out now are not
      among them.
  returned: success
  type: list
  elements: str
clients:
  description: Network names, each with the nodes that Ansible does not configure and that have no public key in the inventory.
  returned: success
  type: dict
directory:
  description: The registry's directory, null where there is none.
  returned: success
  type: str
pending:
  description: Nodes whose public key no run has seen yet.
  returned: success
  type: list
  elements: str
notes:
  description: What is worth knowing of the networks, one line each.
  returned: success
  type: list
  elements: str
"""
