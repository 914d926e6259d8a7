#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``fault``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fault
short_description: Break a host on purpose for a limited time
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - For drills. A timer on the host ends the fault, even if the controller can no longer reach the host.
  - The fault begins a second after the module has answered.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: none
  diff_mode:
    support: none
options:
  state:
    description: V(present) injects the fault, V(absent) ends it.
    type: str
    choices: [present, absent]
    required: true
  fault:
    description:
      - The fault. V(link_down) sets the underlay's network interface down, V(wireguard_stopped) stops the units of the WireGuard
        interfaces, V(not_forwarding) switches forwarding off in the kernel, V(killed) restarts the host without shutting it down.
    type: str
    choices: [link_down, wireguard_stopped, not_forwarding, killed]
  interfaces:
    description: Names of the WireGuard interfaces.
    type: list
    elements: str
    default: []
  link:
    description: Name of the underlay's network interface. Defaults to the one that leads to the first peer.
    type: str
  seconds:
    description: The fault ends on its own after this many seconds.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Set the link down for 20 seconds
  meshwork.wireguard.fault:
    state: present
    fault: link_down
    interfaces: [wg0]
    seconds: 20
"""

RETURN = r"""
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.fault import FAULTS, Fault
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "required": True},
    "fault": {"type": "str", "choices": list(FAULTS)},
    "interfaces": {"type": "list", "elements": "str", "default": []},
    "link": {"type": "str"},
    "seconds": {"type": "int", "default": 60},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, required_if=[("state", "present", ("fault",))])
    params = module.params
    with failures_reported(module):
        fault = Fault(Host())
        if params["state"] == "absent":
            changed = fault.clear()
        else:
            changed = fault.inject(params["fault"], params["interfaces"], params["link"], params["seconds"])
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
