#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``import_networks``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: import_networks
short_description: Turn existing WireGuard configurations into an inventory
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Matches nodes by their public keys, recognises the topology, determines the owner of each prefix, and writes inventory
    variables.
  - Then it compares the inventory's plan with the configurations. Where nothing differs, the interface becomes a part of a
    network. Otherwise it is adopted as it is, as an item of C(wireguard_interfaces) of its host, see
    O(meshwork.wireguard.interface#module:adopted), in the group C(wireguard_adopted).
  - A configuration that cannot be read is named in a warning, and stops no other.
  - Private keys stay on the hosts. Public keys and addresses are written to the registry beside the inventory.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  dest:
    description:
      - Directory for the inventory C(wireguard.yml) and the registry.
      - Preshared keys are written to C(group_vars) in it, encrypted with the run's vault password, or, without one, readable only
        by the owner. An existing encrypted file is not changed.
      - If not set, C(.wireguard/imported) beside the first inventory source (in it, if it is a directory), or in the working
        directory if no source is a file or directory. What Ansible parses as inventory is refused.
    type: path
  name:
    description:
      - Name of the network, or of the largest one if there are several. It is also the name of its inventory group.
      - Other networks have the name of their interface appended, and so has the largest if its name is V(wireguard), which is
        then the group around theirs.
    type: str
    default: wireguard
  found:
    description: Name of the variable in which M(meshwork.wireguard.conf_info) has registered its result on each host.
    type: str
  directory:
    description:
      - Directory on the controller with configurations as C(HOST.conf), or as C(HOST/wg0.conf), for C(wg-quick); with C(.netdev)
        and C(.network) for systemd-networkd; with C(.nmconnection) for NetworkManager.
    type: path
  csv:
    description: Database of wg-meshconf.
    type: path
  role_variables:
    description:
      - Read the variables of the role C(githubixx.ansible_role_wireguard) of the play's hosts.
    type: bool
  preshared_keys:
    description:
      - With O(directory), write the preshared keys of networks to C(group_vars). Otherwise the hosts keep those that they have.
      - With O(found), C(conf_info) has read them or not.
    type: bool
    default: false
  understand:
    description:
      - Interfaces that become parts of a network although a run would change them, or V(all). What it would change is in
        RV(differences). Other interfaces become parts of a network only where nothing would change, and are adopted otherwise.
    type: list
    elements: str
    default: []
  skip:
    description: What is left out, as C(HOST), C(INTERFACE), C(HOST/INTERFACE) or the name of a file.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read the existing configurations
  meshwork.wireguard.conf_info:
  register: found

- name: Make an inventory of them
  meshwork.wireguard.import_networks:
    found: found
  run_once: true
"""

RETURN = r"""
dest:
  description: The directory of the inventory.
  returned: success
  type: str
written:
  description: Files that were changed, or would be.
  returned: success
  type: list
  elements: str
differences:
  description: Network names, each with hosts and what a run with the inventory would change on them, one line per setting.
  returned: success
  type: dict
adopted:
  description: Adopted interfaces, C(HOST/INTERFACE), each with what stands between it and a network.
  returned: success
  type: dict
text:
  description: The same for people.
  returned: success
  type: str
"""
