#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``breakage``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: breakage
short_description: Break a host on purpose for a limited time
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - For drills. The fault undoes itself after a while, by a timer on the host, even if the controller can no longer reach the
    host.
  - The fault begins a second after the module has answered.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: none
  diff_mode:
    support: none
  platform:
    support: full
    platforms: linux
options:
  state:
    description: V(broken) begins the fault, V(mended) undoes it.
    type: str
    choices: [broken, mended]
    required: true
  way:
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
    description: Name of the underlay's network interface. If not set, the one that leads to the first peer.
    type: str
  seconds:
    description: After how many seconds the fault undoes itself.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Set the link down for 20 seconds
  meshwork.wireguard.breakage:
    state: broken
    way: link_down
    interfaces: [wg0]
    seconds: 20
"""

RETURN = r"""
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.breakage import WAYS, Breakage
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["broken", "mended"], "required": True},
    "way": {"type": "str", "choices": list(WAYS)},
    "interfaces": {"type": "list", "elements": "str", "default": []},
    "link": {"type": "str"},
    "seconds": {"type": "int", "default": 60},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, required_if=[("state", "broken", ("way",))])
    params = module.params
    with failures_reported(module):
        breakage = Breakage(Host())
        if params["state"] == "mended":
            changed = breakage.mend()
        else:
            changed = breakage.break_it(params["way"], params["interfaces"], params["link"], params["seconds"])
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
