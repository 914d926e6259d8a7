#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``page``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: page
short_description: Write what a run has measured as an HTML page
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Writes one HTML file with a picture and a matrix of each network, the pairs that do not answer with cause and remedy, and
    tables of nodes and peers. Nothing is loaded from elsewhere.
  - The picture needs Graphviz on the controller. Without it there is a warning, and a page without a picture.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  networks:
    description: A network document or a list of them, as mappings or as JSON texts.
    type: raw
    required: true
  reports_from:
    description: Name of the registered result of M(meshwork.wireguard.interface_info), which has sent the packets of the doctor.
    type: str
    required: true
  prepared_from:
    description: Name of the registered result of M(meshwork.wireguard.prepare) in check mode.
    type: str
    required: true
  pairs:
    description: RV(meshwork.wireguard.doctor#module:pairs) with their causes.
    type: list
    elements: dict
    required: true
    suboptions:
      network:
        description: Name of the network.
        type: str
        required: true
      nodes:
        description: The names of the two nodes.
        type: list
        elements: str
        required: true
      code:
        description: The cause for programs.
        type: str
        required: true
      cause:
        description: The cause.
        type: str
        required: true
      remedy:
        description: What to do.
        type: str
        required: true
      ruled_out:
        description: The kinds of causes that it is not.
        type: list
        elements: str
  dest:
    description:
      - File on the controller. It is replaced in one step. Its directory is made if it does not exist.
      - What Ansible parses as inventory is refused, and so are links and directories of other users.
    type: path
    required: true
  mode:
    description: Mode of the file. The page tells who reads it which hosts run which versions.
    type: str
    choices: ["0600", "0640", "0644"]
    default: "0600"
"""

EXAMPLES = r"""
- name: Write the page
  meshwork.wireguard.page:
    networks: "{{ wireguard_plan.networks }}"
    reports_from: doctor_reported
    prepared_from: wireguard_prepared
    pairs: "{{ doctor_found.pairs }}"
    dest: /srv/status/wireguard.html
    mode: "0644"
  run_once: true
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
"""
