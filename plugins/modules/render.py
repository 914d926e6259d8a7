#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``render``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: render
short_description: Write network documents, configurations and pictures into a directory
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Writes each network's document, the configurations of all its nodes, and pictures of it. No host is touched.
  - The configurations contain no private keys.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  networks:
    description: Network documents, as mappings or as JSON texts.
    type: list
    elements: raw
    required: true
  dest:
    description:
      - Directory on the controller. It gets a directory for each network, with C(network.json), the pictures,
        C(nodes/NAME.conf), and C(names/) with the files that P(meshwork.wireguard.to_hosts#filter) and
        P(meshwork.wireguard.to_zone#filter) make.
      - Configurations of nodes that no longer exist are removed, and so are zones. Files that do not begin as
        this module's are kept.
      - No links are followed in the directory, and nothing is written into directories of other users.
      - If not set, C(.wireguard/rendered) beside the first inventory source (in it, if it is a directory), or in the working
        directory if no source is a file or directory. What Ansible parses as inventory is refused.
    type: path
  pictures:
    description: V(svg) needs Graphviz on the controller.
    type: list
    elements: str
    choices: [mermaid, dot, svg]
    default: [mermaid]
"""

EXAMPLES = r"""
- name: Plan the networks without changing the registry
  meshwork.wireguard.registry:
  check_mode: true
  run_once: true
  register: plan

- name: Write documents, configurations and pictures
  meshwork.wireguard.render:
    networks: "{{ plan.networks }}"
    dest: ~/plan
    pictures: [mermaid, svg]
  run_once: true
"""

RETURN = r"""
dest:
  description: The directory of the files.
  returned: success
  type: str
written:
  description: Files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
removed:
  description: Files that were removed, or would be in check mode.
  returned: success
  type: list
  elements: str
"""
