#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``container_network``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_network
short_description: Create a Podman network with given subnets and MTU
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Podman cannot change a network. A network that differs is created again if no container uses it; otherwise the module fails
    and names the containers.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  name:
    description: Name of the network.
    type: str
    required: true
  subnets:
    description: Its subnets. Required with O(state=present).
    type: list
    elements: str
  mtu:
    description: MTU of the containers' interfaces in bytes. Required with O(state=present).
    type: int
  state:
    description: Whether the network should exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Create a network for containers
  meshwork.wireguard.container_network:
    name: wireguard
    subnets: [172.30.1.0/24]
    mtu: 1420
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._containers.container_network import ContainerNetwork
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "subnets": {"type": "list", "elements": "str"},
    "mtu": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC, supports_check_mode=True, required_if=[("state", "present", ("subnets", "mtu"))]
    )
    params = module.params
    with failures_reported(module, f"container network {params['name']}"):
        network = ContainerNetwork(Host(), params["name"])
        if params["state"] == "absent":
            result = network.remove(module.check_mode)
        else:
            result = network.bring_about(params["subnets"], params["mtu"], module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
