# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``summary``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import interfaces_in

DOCUMENTATION = r"""
name: summary
short_description: Describe networks in a few words
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Returns the topology and the number of nodes of each network.
  - Ansible evaluates the name of a task in its main process. The role P(meshwork.wireguard.network#role) has this filter in one,
    so that large networks are read there, and not again for each host.
extends_documentation_fragment: [meshwork.wireguard.networks]
"""

EXAMPLES = r"""
- name: Show what was planned
  ansible.builtin.debug:
    msg: "{{ wireguard_plan.networks | meshwork.wireguard.summary }}"
"""

RETURN = r"""
_value:
  description: One line.
  type: str
  sample: "wireguard (mesh, 12 nodes), office (star, 3 nodes)"
"""


@plain_errors
def summary(network: Any) -> str:
    """Network documents -> one line."""
    found = interfaces_in(network)
    found.compute_common()
    return ", ".join(f"{one.name} ({one.topology}, {_nodes(len(one.nodes))})" for one in found.networks)


def _nodes(count: int) -> str:
    return "1 node" if count == 1 else f"{count} nodes"


FilterModule = filter_module(summary)
