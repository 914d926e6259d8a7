# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``outages``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.drills import outages as plan

DOCUMENTATION = r"""
name: outages
short_description: Format the results of drills as a table
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Takes the longest outage of each round, and returns the median and the worst for each fault.
positional: aims
options:
  _input:
    description:
      - One entry for each round and phase, C(fault), C(phase) (V(gone) or V(back)) and C(outages), a mapping from hosts to
        mappings from addresses to seconds.
    type: list
    elements: dict
    required: true
  aims:
    description:
      - C(median) and C(worst), in seconds. With any of them, the hub's return may cost no more than its loss, or than 0.3 seconds
        if that is more.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the table
  ansible.builtin.debug:
    msg: "{{ (drill_measured | meshwork.wireguard.outages).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(faults), the figures for each fault and phase; C(text), the table; C(missed), the outages that were longer than the aims.
  type: dict
  sample:
    faults: {killed: {gone: {rounds: 5, median: 0.4, worst: 0.41, between: "alpha - 10.8.0.4"}}}
    text: "..."
    missed: []
"""


@plain_errors
def outages(measured: Any, aims: Any = None) -> dict[str, Any]:
    """The table for measured rounds."""
    table = plan.outages(native(measured))
    return {**table, "missed": plan.missed(table["faults"], native(aims) or {})}


FilterModule = filter_module(outages)
