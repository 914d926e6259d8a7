# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``drill``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.drills.drill import drill_of

DOCUMENTATION = r"""
name: drill
short_description: Return what a drill breaks and who probes whom
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - All nodes except hubs probe each other while a hub's host is broken. If it has standby hosts, its node is probed too.
positional: hub, targets
extends_documentation_fragment: meshwork.wireguard.networks
options:
  hub:
    description: Inventory name of the host to break.
    type: str
    required: true
  targets:
    description: Additional addresses to probe.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show who probes whom
  ansible.builtin.debug:
    msg: "{{ plan.networks | meshwork.wireguard.drill('hub1') }}"
"""

RETURN = r"""
_value:
  description: The drill.
  type: dict
  sample:
    network: wireguard
    node: hub1
    interfaces: [wg0]
    link: null
    probes: {alpha: {sources: [10.8.0.3], targets: [10.8.0.4]}, beta: {sources: [10.8.0.4], targets: [10.8.0.3]}}
"""


@plain_errors
def drill(network: Any, hub: str, targets: Any = ()) -> dict[str, Any]:
    """Network documents, host -> its drill."""
    return drill_of(networks(network), str(hub), native(targets))


FilterModule = filter_module(drill)
