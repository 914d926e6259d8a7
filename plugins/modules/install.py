#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``install``: looks at the host; its action plugin installs what is missing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: install
short_description: Install WireGuard
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Checks the host in one run and installs, through M(ansible.builtin.package), only what is missing.
  - A userspace implementation is installed only if the host's kernel cannot create a WireGuard interface. No installed package
    pulls in a kernel.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  state:
    description:
      - V(present) installs what is missing.
      - V(latest) also updates the packages to their newest version.
      - V(absent) removes the tools and the userspace implementation. It is refused while an interface is up.
    type: str
    choices: [present, latest, absent]
    default: present
  implementation:
    description:
      - V(auto) uses the kernel's if the host has it, and otherwise a userspace implementation.
      - V(kernel) fails if the kernel has none; V(wireguard-go) and V(boringtun) fail if it has one, because C(wg-quick) uses the
        kernel's whenever it can.
      - V(boringtun) must already be installed.
      - V(none) installs only the tools.
    type: str
    choices: [auto, kernel, wireguard-go, boringtun, none]
    default: auto
  needs:
    description:
      - What else the host's configuration needs. V(dns) is a C(resolvconf), V(full_tunnel) is nftables or iptables, V(firewall)
        is nftables, V(vrrp) is keepalived, V(bgp) is BIRD, V(shared_key) is age, V(resolver) is dnsmasq.
    type: list
    elements: str
    choices: [dns, full_tunnel, vrrp, shared_key, bgp, firewall, resolver]
    default: []
seealso:
  - module: ansible.builtin.package
"""

EXAMPLES = r"""
- name: Install WireGuard
  meshwork.wireguard.install:

- name: Install WireGuard, and a resolvconf for DNS settings of interfaces
  meshwork.wireguard.install:
    needs: [dns]
"""

RETURN = r"""
implementation:
  description: The implementation of this host's interfaces (V(kernel), V(wireguard-go), V(boringtun), V(none)).
  returned: state is not absent
  type: str
  sample: kernel
kernel:
  description: Whether the host can create WireGuard links in its kernel.
  returned: always
  type: bool
tools_version:
  description: Version of C(wg), null if it is missing.
  returned: always
  type: str
  sample: "1.0.20210914"
userspace_version:
  description: Version of the implementation in userspace, null if it is missing or not used.
  returned: always
  type: str
  sample: "0.0.20220316"
packages:
  description: Packages that this run installs, updates or removes.
  returned: always
  type: list
  elements: str
  sample: [wireguard-tools]
manager:
  description: The module that installs packages on this host, null on an unknown platform.
  returned: always
  type: str
  sample: apt
hint:
  description: What to do if a package is not found.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._install.installation import Installation
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import NEEDS

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "latest", "absent"], "default": "present"},
    "implementation": {
        "type": "str",
        "choices": ["auto", "kernel", "wireguard-go", "boringtun", "none"],
        "default": "auto",
    },
    "needs": {"type": "list", "elements": "str", "choices": list(NEEDS), "default": []},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    with failures_reported(module):
        installation = Installation(Host())
        if params["state"] == "absent":
            result = installation.removal(module.check_mode)
        else:
            result = installation.presence(
                params["implementation"], params["needs"], params["state"] == "latest", module.check_mode
            )
    module.exit_json(**result)


if __name__ == "__main__":
    main()
