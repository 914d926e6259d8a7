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
options:
  only_single:
    description: Only check that no interface in C(wireguard_interfaces) of a host is in a network, too.
    type: bool
    default: false
  path:
    description:
      - Directory of the registry files, one C(<network name>.json) each, or address of a store, such as
        C(postgresql://db.example.com/ops#fleet).
      - If not set, C(.wireguard) beside the inventory.
      - An empty string disables the registry. Every node then needs its addresses in the inventory, and its public key there or
        its host in the play.
    type: str
  lineages:
    description:
      - RV(lineages) of an earlier result in this run. A registry with another one was replaced meanwhile, which stops the run.
    type: dict
    default: {}
  network_file:
    description:
      - File on the controller with a network document in JSON, or a list of them, as M(meshwork.wireguard.render) writes it. It
        replaces the C(wireguard_*) variables of the inventory; hosts and their connections still come from the inventory.
      - C(docs/network.schema.json) of the collection is its JSON Schema.
    type: path
  prune:
    description:
      - Names of nodes to remove that are in the registry, but no longer in the inventory; as a list, or a text with commas. Other
        such nodes stay peers. Addresses of removed nodes are not allocated again.
      - V(true) lists these nodes and stops, because no run can tell a part of an inventory from the whole.
    type: raw
    default: false
  only_recorded:
    description:
      - Write nothing, and leave out hosts whose public keys are not those of the registry. The role's C(apply_recorded) uses it.
    type: bool
    default: false
  sliced:
    description:
      - The inventory shows only a part of the hosts, as in a slice of a job. Nodes that only the registry has are one note, and
        are never taken for remains of an old registry.
    type: bool
    default: false
  partial:
    description:
      - Other jobs have to record nodes yet. A network that cannot be planned without them is recorded all the same; its document
        has no links then.
    type: bool
    default: false
  guarded:
    description:
      - With O(keys_from), refuse hosts that would lose more than O(max_removals) of their peers, and warn of preshared keys that
        change on one side only and of networks of a host's own that would go into the tunnel.
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
    description:
      - How many nodes O(prune) may remove, and with O(guarded) how many peers any interface may lose. If not set, a fifth of
        the nodes in the registry or half of the peers, and at least one.
    type: int
  compromised:
    description:
      - Names of nodes whose private keys others may have, as a list or a text with commas. They lose their keys in the registry,
        and so are nobody's peers until their hosts have made new ones. No host is believed that reports one of the former keys.
    type: raw
    default: []
  expire_all:
    description: Let all nodes with an expiry day expire in one run.
    type: bool
    default: false
  regenerate:
    description: With V(always), the first host of a node on several hosts may have a new key.
    type: str
    default: if_invalid
  rollback:
    description:
      - See the role P(meshwork.wireguard.network#role). With it, a node that forwards for others is removed only if it is
        revoked.
    type: int
    default: 0
  renumber:
    description:
      - Let hosts get other addresses than they have, if the registry does not know those that they have. Otherwise the registry
        takes over the addresses of hosts that it does not know, or the run stops.
    type: bool
    default: false
  other:
    description: One of the hosts in RV(others). The network must not be running there.
    type: str
    default: ''
  other_from:
    description: Name of the variable with the registered result of M(meshwork.wireguard.interface_info) on O(other).
    type: str
    default: ''
  rotate:
    description: Plan a rotation of keys, and return RV(rotation). The playbook C(rotate) uses it.
    type: dict
    suboptions:
      nodes:
        description: Names of nodes, as a list or a text with commas. If empty, all nodes of the hosts of the play.
        type: raw
        default: []
      max_age:
        description: Only nodes whose keys have been in use for at least that many days.
        type: int
      without:
        description: Names of nodes for which the others do not wait.
        type: raw
        default: []
      clients:
        description: Do not wait for nodes that Ansible does not configure either.
        type: bool
        default: false
  interface_state:
    description: See the role P(meshwork.wireguard.network#role). Unless it is V(present), no interface counts as settled.
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
others:
  description:
    - Hosts outside this run or batch whose nodes the registry does not know, before any host has answered. They may have
      addresses.
  returned: success
  type: list
  elements: str
lineages:
  description: The lineage of each network's registry, a random text that it keeps for good.
  returned: success
  type: dict
digest:
  description: Digest of the networks. Equal networks have equal digests.
  returned: success
  type: str
hosts:
  description: The hosts of the play and of the networks, each with what tasks must do on it.
  returned: success
  type: dict
  contains:
    interfaces:
      description: Names of its interfaces.
      type: list
      elements: str
    unsettled:
      description: Interfaces that differ from the plan, or that were not compared with it.
      type: list
      elements: str
    failover:
      description: Kinds of failover, V(vrrp) or V(bgp), that its nodes use or used before.
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
    metrics:
      description: The state that M(meshwork.wireguard.metrics) brings about, null if the host's metrics stay as they are.
      type: str
    stale:
      description: Interfaces that no longer belong to any network.
      type: list
      elements: str
    settled:
      description: Whether there is nothing to do.
      type: bool
    left:
      description:
        - What to remove from a host of a removed node, C(interfaces), C(key_names), C(vrrp) and C(bgp), lists of names. Otherwise
          empty.
      type: dict
    make_keys:
      description: Whether the host makes its keys. V(false) if the inventory gives its public key.
      type: bool
    make_next_keys:
      description: Names of the keys that get a next one.
      type: list
      elements: str
    foreign_keys:
      description:
        - Public keys of nodes on several hosts that do not include this one. A host that has such a key was once among them, and
          makes a new key.
      type: list
      elements: str
    refused:
      description:
        - Why a task must leave it out, or null. If its answers are rejected, the plan is made as if the host had not been
          reached; with O(guarded), it may also be that it would lose too many peers.
      type: str
rotation:
  description:
    - What comes next in a rotation. C(ages), C(blocked) and C(cut_off) are lines to show, C(nodes) the nodes that can have a new
      key, C(makes) whether next keys are to be made, C(without) the nodes that are left behind.
    - C(rounds) is what changes at the same time, each round with C(title), and C(hosts), each with a list of
      C(key) and C(names), its interfaces.
  returned: with O(rotate)
  type: dict
settled:
  description: Whether all hosts of the play have answered, and none has anything to do. V(false) in a run that removes nodes.
  returned: success
  type: bool
exceptions:
  description: Hosts with C(refused), and those in RV(awaited).
  returned: success
  type: list
  elements: str
awaited:
  description:
    - Hosts that lack the key of a node on several hosts, each with a list of the keys. C(key) is its name, C(public_key) is null
      while the node has none, and C(source) is the host that has the key or must make it.
  returned: success
  type: dict
ended:
  description:
    - Public keys of the nodes that were removed on purpose, now or in an earlier run. Those that O(prune) removes now are not
      among them.
  returned: success
  type: list
  elements: str
clients:
  description: Network names, each with the nodes that Ansible does not configure and that have no public key in the inventory.
  returned: success
  type: dict
registry:
  description: The registry's directory or address, without a password; null if there is none.
  returned: success
  type: str
pending:
  description: Nodes whose public key no run has seen yet.
  returned: success
  type: list
  elements: str
notes:
  description: Findings with severity V(note), one line each.
  returned: success
  type: list
  elements: str
"""
