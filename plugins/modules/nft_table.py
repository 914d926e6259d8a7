#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``nft_table``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nft_table
short_description: Maintain an nftables table of its own
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Loads the table C(inet meshwork_NAME) now and at every boot, by the unit C(meshwork-nftables@NAME) from the file
    C(/etc/meshwork-wireguard/NAME.nft). No other table is touched.
  - C(nft list table inet meshwork_NAME) shows it. It cannot accept what another table drops.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  name:
    description: Name of the table, without C(meshwork_).
    type: str
    required: true
  chains:
    description: The table's chains and sets. Required with O(state=present).
    type: str
  state:
    description: Whether the table should exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Keep the source addresses of packets that enter the tunnel
  meshwork.wireguard.nft_table:
    name: containers
    chains: |
      chain postrouting {
        type nat hook postrouting priority srcnat - 10; policy accept;
        ip saddr 172.30.1.0/24 oifname "wg0" snat ip to ip saddr
      }
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.nft_table import NftTable
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "chains": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True, required_if=[("state", "present", ("chains",))])
    params = module.params
    with failures_reported(module, f"table {params['name']}"):
        table, absent = NftTable(Host(), params["name"]), params["state"] == "absent"
        result = table.remove(module.check_mode) if absent else table.bring_about(params["chains"], module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
