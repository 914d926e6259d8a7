#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``conf_info``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: conf_info
short_description: Read the configurations of existing WireGuard interfaces
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Reads the files of C(wg-quick), systemd-networkd and NetworkManager for interfaces that are up or start at boot, and completes
    them by what runs. Endpoints are the exception; a running interface learns them, so only those of files count.
  - Private keys stay on the host; public keys are derived there.
  - M(meshwork.wireguard.import_networks) turns the results of several hosts into an inventory.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  diff_mode:
    support: none
options:
  preshared_keys:
    description:
      - Whether the result contains preshared keys, instead of V(kept). They are secret; set C(no_log) on such a task.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read the existing configurations
  meshwork.wireguard.conf_info:
  register: found
"""

RETURN = r"""
interfaces:
  description: The interfaces, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the interface.
      type: str
    public_key:
      description: Its public key, null if it has none.
      type: str
    config:
      description: Its configuration in the shape of the option O(meshwork.wireguard.interface#module:config).
      type: dict
    mtu:
      description: MTU in bytes of the running interface, null if it does not run.
      type: int
    adopted:
      description: The program that makes the interface, and its files, as for O(meshwork.wireguard.interface#module:adopted).
      type: dict
    notes:
      description: Settings that an import does not take over, and where the files differ from what runs, one line each.
      type: list
      elements: str
    error:
      description: Why its files cannot be read, with file and line; null if they can.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.foreign_confs import look


def main() -> None:
    """Run as a module."""
    arguments = {"preshared_keys": {"type": "bool", "default": False, "no_log": False}}
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    with failures_reported(module):
        interfaces = look(Host(), module.params["preshared_keys"])
    module.exit_json(changed=False, interfaces=interfaces)


if __name__ == "__main__":
    main()
