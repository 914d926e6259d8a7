#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``clients``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: clients
short_description: Write configurations and QR codes for phones, laptops and foreign routers
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Makes keys for nodes that Ansible does not configure and that have no public key in the inventory, records the public keys in
    the registry, and writes a configuration for each such node.
  - Private keys are stored in C(clients.vault) beside the registry, encrypted with the run's vault password. Without a vault
    password they exist only in the files written for the clients, which are readable only by their owner.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
  - meshwork.wireguard.plan.documents
attributes:
  diff_mode:
    support: none
options:
  ours:
    description: Network names, each with the clients whose keys are made here, as C(clients) of M(meshwork.wireguard.registry).
    type: dict
    required: true
  registry:
    description: Directory or address of the registry. In a directory, C(clients.vault) with the clients' keys is there, too.
    type: str
    required: true
  dest:
    description:
      - Directory for the files, C(NETWORK/NAME.conf) and so on, mode 0600.
      - Files of clients that no longer exist are removed.
      - If not set, C(.wireguard/clients) beside the first inventory source (in it, if it is a directory), or in the working
        directory if no source is a file or directory. What Ansible parses as inventory is refused.
    type: path
  formats:
    description:
      - What to write for each client. V(svg), V(png) and V(terminal) are QR codes of the configuration and need the Python
        library segno on the controller. V(terminal) is printed on the screen, and neither stored nor logged. It is refused if the
        run has no terminal, as in AWX and CI, because these store the output.
    type: list
    elements: str
    choices: [conf, svg, png, terminal]
    default: [conf, svg]
  names:
    description: Clients to write files for. If empty, all.
    type: list
    elements: str
    default: []
  rekey:
    description: Clients that get new keys. After the next run, no node accepts their old keys.
    type: list
    elements: str
    default: []
  preshared_secret:
    description: As the variable C(wireguard_preshared_secret).
    type: str
  preshared_secret_previous:
    description: As the variable C(wireguard_preshared_secret_previous).
    type: str
  preshared_keys:
    description: As the variable C(wireguard_preshared_keys).
    type: list
    elements: dict
  network_values:
    description: As the variable C(wireguard_networks), for the preshared keys of several networks.
    type: dict
"""

EXAMPLES = r"""
- name: Plan
  meshwork.wireguard.registry:
  run_once: true
  check_mode: true
  register: plan

- name: Make keys and configurations for clients
  meshwork.wireguard.clients:
    networks: "{{ plan.networks }}"
    ours: "{{ plan.clients }}"
    registry: "{{ plan.registry }}"
  run_once: true
"""

RETURN = r"""
dest:
  description: The directory of the files.
  returned: success
  type: str
made:
  description: Clients that got new keys.
  returned: success
  type: list
  elements: str
written:
  description: Files that were changed, or would be.
  returned: success
  type: list
  elements: str
removed:
  description: Files of clients that no longer exist.
  returned: success
  type: list
  elements: str
"""
