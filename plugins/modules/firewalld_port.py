#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``firewalld_port``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewalld_port
short_description: Open WireGuard's port in firewalld
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Opens a UDP port in firewalld's default zone, now and for the next boot. Without firewalld, nothing is done.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  port:
    description: UDP port.
    type: int
    required: true
  state:
    description: Whether the port should be open.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Let peers dial this host
  meshwork.wireguard.firewalld_port:
    port: 51820
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.firewalld import FirewalldPort
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "port": {"type": "int", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    with failures_reported(module, f"port {params['port']}"):
        result = FirewalldPort(Host(), params["port"]).bring_about(params["state"] == "present", module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
