#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``vrrp``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vrrp
short_description: Fail over between hosts that are one WireGuard node
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - The hosts of a node share its key and addresses. The active host holds the floating addresses, by VRRP. C(keepalived) runs as
    C(meshwork-vrrp@INTERFACE) with its own configuration, beside any other.
  - C(meshwork-vrrp-agent@INTERFACE) makes WireGuard's packets leave only from the floating address, sends the peers'
    latest endpoints to the other hosts, marks a host as faulted that does not forward or whose configuration is older than
    another's, and starts new sessions with all peers when the host becomes active.
  - The interface must exist, with the mark that P(meshwork.wireguard.vrrp#filter) returns.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  interface:
    description: Name of the WireGuard interface.
    type: str
    required: true
  state:
    description: Whether the host takes part in failover for this interface.
    type: str
    choices: [present, absent]
    default: present
  address:
    description: The host's own underlay address, where the other hosts can reach it.
    type: str
  peers:
    description: The other hosts' own underlay addresses.
    type: list
    elements: str
    default: []
  floating:
    description: The addresses that the active host holds. VRRP runs on the first one's network interface.
    type: list
    elements: dict
    suboptions:
      address:
        description: With prefix length.
        type: str
        required: true
      interface:
        description: Name of the link.
        type: str
        required: true
  mark:
    description: Mark of WireGuard's packets, and number of the routing table they use.
    type: int
  port:
    description: UDP port for messages between the hosts.
    type: int
  private_key_file:
    description:
      - File of the private key, which authenticates the messages. The next key is in C(.next.key) beside it.
      - Defaults to C(/etc/wireguard/NAME.key), with the name of the interface.
    type: path
  forwards:
    description: IP versions that the host must forward to be healthy.
    type: list
    elements: int
    default: []
  priority:
    description: The host's VRRP priority, 1 to 254. The host with the highest one becomes active first.
    type: int
    default: 100
  id:
    description:
      - VRRP's virtual router identifier, 1 to 255, the same on all hosts of the node and unique in their network segment.
    type: int
    default: 51
  interval:
    description:
      - Milliseconds between two advertisements, 10 or more. The standby host becomes active after about three missing ones.
    type: int
    default: 100
  unicast:
    description:
      - Whether advertisements go to the other hosts' addresses, or to VRRP's multicast address.
      - With unicast, C(keepalived) accepts advertisements only from O(peers), and, from version 2.1.0 on, only packets that no
        router has forwarded. With older versions the module warns.
      - With multicast, it accepts advertisements from every machine on the link, whatever its address.
    type: bool
    default: true
  preempt:
    description: Whether the host with the highest priority becomes active again when it is back, after a second.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Set up VRRP
  meshwork.wireguard.vrrp:
    interface: wg0
    address: 203.0.113.11
    peers: [203.0.113.12]
    floating: [{address: 203.0.113.10/24, interface: eth0}]
    mark: 1828767340
    port: 41820
    forwards: [4]
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.vrrp import Vrrp
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "interface": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "address": {"type": "str"},
    "peers": {"type": "list", "elements": "str", "default": []},
    "floating": {
        "type": "list",
        "elements": "dict",
        "options": {"address": {"type": "str", "required": True}, "interface": {"type": "str", "required": True}},
    },
    "mark": {"type": "int"},
    "port": {"type": "int"},
    "private_key_file": {"type": "path", "no_log": False},
    "forwards": {"type": "list", "elements": "int", "default": []},
    "priority": {"type": "int", "default": 100},
    "id": {"type": "int", "default": 51},
    "interval": {"type": "int", "default": 100},
    "unicast": {"type": "bool", "default": True},
    "preempt": {"type": "bool", "default": False},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_if=[("state", "present", ("address", "floating", "mark", "port"))],
    )
    params = module.params
    params["private_key_file"] = params["private_key_file"] or f"{WIREGUARD}/{params['interface']}.key"
    with failures_reported(module, f"interface {params['interface']}"):
        vrrp, absent = Vrrp(Host(), params["interface"]), params["state"] == "absent"
        result = vrrp.remove(module.check_mode) if absent else vrrp.bring_about(params, module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
