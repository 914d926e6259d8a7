#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``doctor``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: doctor
short_description: Find out which nodes do not answer each other, and why
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - The steps of the role P(meshwork.wireguard.doctor#role) that are computed on the controller.
  - Without O(reports_from), it returns who sends to whom; with it alone, the pairs that do not answer; with all options, one
    cause and one remedy for each of them.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  diff_mode:
    support: none
options:
  networks:
    description: A network document or a list of them, as mappings or as JSON texts.
    type: raw
    required: true
  reports_from:
    description: Name of the registered result of M(meshwork.wireguard.interface_info), which has sent RV(probes).
    type: str
  sent_from:
    description: Names of the registered results of M(meshwork.wireguard.diagnosis) that have sent RV(turns).
    type: list
    elements: str
  captured_from:
    description: Name of the registered result of M(meshwork.wireguard.diagnosis) that has read what was seen.
    type: str
"""

EXAMPLES = r"""
- name: Plan who sends to whom
  meshwork.wireguard.doctor:
    networks: "{{ wireguard_plan.networks }}"
  run_once: true
  register: doctor_plan
"""

RETURN = r"""
probes:
  description: Hosts, each with C(probes) and C(pings) for M(meshwork.wireguard.interface_info).
  returned: without O(reports_from)
  type: dict
pairs:
  description:
    - The names of the two nodes of each pair that does not answer. With O(sent_from), a dictionary with C(network), C(nodes),
      C(code), C(cause), C(remedy) and C(ruled_out), the kinds of causes that it is not.
    - If only one end was reached, C(code) is V(one-end-not-asked).
  returned: with O(reports_from)
  type: list
  elements: raw
interfaces:
  description: Hosts, each with the interfaces to watch.
  returned: with O(reports_from) alone
  type: dict
turns:
  description:
    - Two dictionaries of hosts, each with O(meshwork.wireguard.diagnosis#module:peers). The ends send one after the other.
  returned: with O(reports_from) alone
  type: list
  elements: dict
nonce:
  description: A random text for O(meshwork.wireguard.diagnosis#module:nonce).
  returned: with O(reports_from) alone
  type: str
count:
  description: The number of pairs that were asked.
  returned: with O(sent_from)
  type: int
text:
  description: The causes for people.
  returned: with O(sent_from)
  type: str
"""
