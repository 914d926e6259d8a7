#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``names``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: names
short_description: Give a host the DNS names of its WireGuard networks
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A unit, C(meshwork-names.service), gives the host the names of a network as long as one of the network's interfaces is up.
    Without it, or with the interface down, name resolution is as it was before.
  - C(/etc/resolv.conf) and search domains are never touched.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  state:
    description: Whether the host has the names.
    type: str
    choices: [present, absent]
    default: present
  way:
    description:
      - V(hosts) writes a block of lines into C(/etc/hosts), between two marks. If the file gives one of the names another
        address, the task fails, and nothing changes.
      - V(resolved) writes a file of records for systemd-resolved, which reads them from systemd 261 on (systemd.rr(5)).
      - V(resolver) lets systemd-resolved ask hubs for the names of the network's domain, and for nothing else. On a hub,
        C(meshwork-resolver@NETWORK.service), a dnsmasq, answers at the overlay addresses.
      - V(resolved) and V(resolver) need a host whose lookups go to systemd-resolved.
    type: str
    choices: [hosts, resolved, resolver]
    default: hosts
  networks:
    description:
      - For each network, its C(domain); its C(interfaces) on the host; C(hosts), the names, each with its addresses;
        C(zones), the reverse zones that belong to the network alone; C(servers), for each interface, the addresses of
        the resolvers that are asked there; and C(serves),
        the host's own addresses if it is one of them. P(meshwork.wireguard.names#filter) computes it.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Give the host the names of a network
  meshwork.wireguard.names:
    networks:
      wireguard:
        domain: wireguard.internal
        interfaces: [wg0]
        hosts:
          alpha.wireguard.internal: [10.8.0.1, "fd00:8::1"]

- name: Take the names away
  meshwork.wireguard.names:
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.installation import Names
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import HOSTS, WAYS, settings_from

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "way": {"type": "str", "choices": list(WAYS), "default": HOSTS},
    "networks": {"type": "dict", "default": {}},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    options = dict(module.params)
    with failures_reported(module):
        absent, names, check = options.pop("state") == "absent", Names(Host()), module.check_mode
        result = names.remove(check) if absent else names.bring_about(settings_from(options), check)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
