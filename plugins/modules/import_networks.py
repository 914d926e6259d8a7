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
  - Matches nodes by their public keys, recognises the topology, finds out whose each prefix is, and writes inventory variables.
  - The inventory's plan is then held against what was found. What differs is told host by host, setting by setting; where nothing
    differs, a run changes nothing.
  - Private keys stay where they are. Public keys and addresses go into the registry beside the inventory.
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
  dest:
    description:
      - Directory for the inventory C(wireguard.yml) and the registry.
      - Preshared keys go into C(group_vars) there, encrypted with the vault password of the run, or for nobody else to read,
        where the run has none. Such a file that is encrypted already is left alone.
    type: path
    required: true
  name:
    description: Name of the network, or of the largest one, where there are several. It is the name of its inventory group.
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
"""

EXAMPLES = r"""
- name: Read what is there
  meshwork.wireguard.conf_info:
  register: found

- name: Make an inventory of it
  meshwork.wireguard.import_networks:
    found: found
    dest: "{{ inventory_dir }}/imported"
  run_once: true
"""

RETURN = r"""
written:
  description: Files that differ from what was there before.
  returned: success
  type: list
  elements: str
differences:
  description: Network names, each with hosts and what a run of the inventory would change there, one line per setting.
  returned: success
  type: dict
text:
  description: The same for people.
  returned: success
  type: str
"""
