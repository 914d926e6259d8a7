#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``guard``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guard
short_description: Refuse a plan that would remove too many peers
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Compares the hosts' live peers with the plan, and returns the hosts that would lose more than O(max_removals), with these
    peers. A host reports only its own peers, so it cannot stop other hosts.
  - Warns about pairs whose preshared key changes on one side only, because the other host is not in the run.
  - Warns about networks of a host's own, such as its LAN, that the plan would send into the tunnel.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
  - meshwork.wireguard.plan.documents
  - meshwork.wireguard.plan.ended
attributes:
  diff_mode:
    support: none
options:
  prepared:
    description: Name of the variable in which M(meshwork.wireguard.prepare) has registered its result on each host.
    type: str
    required: true
  max_removals:
    description:
      - How many live peers each interface may lose. A peer that returns with another key does not count.
      - If not set, a fifth of the live peers, and at least one.
    type: int
"""

EXAMPLES = r"""
- name: Check how many peers would be removed
  meshwork.wireguard.guard:
    networks: "{{ plan.networks }}"
    prepared: prepared
  run_once: true
  register: guarded

- name: Leave out hosts that would lose too many peers
  ansible.builtin.fail:
    msg: "{{ guarded.refused[inventory_hostname] }}"
  when: inventory_hostname in guarded.refused
"""

RETURN = r"""
refused:
  description: Hosts that would lose too many peers, each with the reason.
  returned: success
  type: dict
"""
