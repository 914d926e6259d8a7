#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``bgp``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp
short_description: Choose among the hubs of a WireGuard network with BGP
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Runs its own BIRD, C(meshwork-bird@INTERFACE), beside any other, with BGP and BFD over the network's interfaces and its own
    routing table. C(meshwork-bird-watch@INTERFACE) makes a hub withdraw the prefixes of others if its kernel does not forward.
  - The configuration is validated before it is installed, and a running BIRD reloads it without losing a session.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  interface:
    description: Name of the network's interface; units and files are named after it.
    type: str
    required: true
  state:
    description: Whether BIRD should run for this network.
    type: str
    choices: [present, absent]
    default: present
  interfaces:
    description: Names of the network's interfaces on this host.
    type: list
    elements: str
  table:
    description: Number of the routing table.
    type: int
  number:
    description: Number of the host's autonomous system.
    type: int
  link_local:
    description: The host's address on the interfaces, over which it speaks BGP.
    type: str
  sources:
    description: The host's overlay addresses.
    type: list
    elements: str
    default: []
  own:
    description: Prefixes that the host announces as its own.
    type: list
    elements: str
    default: []
  forwards:
    description: IP versions that the host forwards for others.
    type: list
    elements: int
    default: []
  sessions:
    description: The host's BGP neighbours.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the node.
        type: str
        required: true
      interface:
        description: The interface that leads to it.
        type: str
        required: true
      neighbor:
        description: The neighbour's link-local address.
        type: str
        required: true
      number:
        description: Number of the neighbour's autonomous system.
        type: int
        required: true
      preference:
        description: Preference of routes over this neighbour.
        type: int
        default: 100
      accepts:
        description: Prefixes accepted from this neighbour.
        type: list
        elements: str
        default: []
      announces:
        description: Prefixes announced to it in addition to the host's own.
        type: list
        elements: str
        default: []
"""

EXAMPLES = r"""
- name: Set up BIRD
  meshwork.wireguard.bgp:
    interface: wg0
    interfaces: [wg0-hub1]
    table: 1828768364
    number: 4224301926
    link_local: "fe80::fac7:559a:c61a:a095"
    sources: [10.8.0.3]
    own: [10.8.0.3/32]
    sessions:
      - name: hub1
        interface: wg0-hub1
        neighbor: "fe80::72a:9269:12b:f72e"
        number: 4282859002
        accepts: [10.8.0.1/32, 10.8.0.4/32]
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.bgp import Bgp
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

SESSION = {
    "name": {"type": "str", "required": True},
    "interface": {"type": "str", "required": True},
    "neighbor": {"type": "str", "required": True},
    "number": {"type": "int", "required": True},
    "preference": {"type": "int", "default": 100},
    "accepts": {"type": "list", "elements": "str", "default": []},
    "announces": {"type": "list", "elements": "str", "default": []},
}
ARGUMENT_SPEC = {
    "interface": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "interfaces": {"type": "list", "elements": "str"},
    "table": {"type": "int"},
    "number": {"type": "int"},
    "link_local": {"type": "str"},
    "sources": {"type": "list", "elements": "str", "default": []},
    "own": {"type": "list", "elements": "str", "default": []},
    "forwards": {"type": "list", "elements": "int", "default": []},
    "sessions": {"type": "list", "elements": "dict", "default": [], "options": SESSION},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_if=[("state", "present", ("interfaces", "table", "number", "link_local"))],
    )
    params = module.params
    with failures_reported(module, f"interface {params['interface']}"):
        bgp, absent = Bgp(Host(), params["interface"]), params["state"] == "absent"
        result = bgp.remove(module.check_mode) if absent else bgp.bring_about(params, module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
