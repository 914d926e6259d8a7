#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``prepare``: its action plugin renders the configurations and installs what is missing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: prepare
short_description: Install WireGuard, make the keys, and report what would change, in one run
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Does what M(meshwork.wireguard.install) and M(meshwork.wireguard.keypair) do, for all interfaces of a host, and compares the
    live state with the configurations as far as they are known, all in one module run. No interface is touched.
  - Where nothing differs, and the plan is still the same when all keys are known, M(meshwork.wireguard.interface) has nothing to
    do on the host and need not run.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    support: full
    platforms: linux
options:
  interfaces:
    description: The interfaces of the host. A task gives them as P(meshwork.wireguard.interfaces#filter) does.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the interface.
        type: str
        required: true
      forward:
        description: Whether the host carries packets for others.
        type: bool
      key:
        description: Name of the interface's key, the name of the interface if not set. Several interfaces may have one key.
        type: str
      make_key:
        description: V(false) where a missing key is not to be made, because another host has it.
        type: bool
        default: true
      renews_key:
        description: Whether this host makes the new key that O(regenerate=always) asks for, where several hosts have one.
        type: bool
        default: false
      isolation:
        description: As of M(meshwork.wireguard.interface).
        type: str
      inside:
        description: C(netns) or C(container) and its name, where the interface is in one; as of M(meshwork.wireguard.interface).
        type: dict
        default: {}
  render:
    description:
      - Name of the variable that renders the configuration of an interface, which is in C(wireguard_template_interface) then.
    type: str
  contents:
    description:
      - Interface names, each with its configuration, as the text of a JSON mapping. A task leaves it out; they are rendered on
        the controller. It is one text, so that it is never logged, nor any part of it.
    type: str
  needs:
    description: What the configurations need of the host besides. A task leaves it out; it comes with the interfaces.
    type: list
    elements: str
    choices: [dns, full_tunnel, vrrp, shared_key, bgp, firewall]
    default: []
  plan:
    description: What tells one plan from another, RV(meshwork.wireguard.registry#module:digest); it is given back.
    type: str
  package_state:
    description: V(present) installs what is missing, V(latest) brings the packages to their newest version as well.
    type: str
    choices: [present, latest]
    default: present
  implementation:
    description: See M(meshwork.wireguard.install).
    type: str
    choices: [auto, kernel, wireguard-go, boringtun, none]
    default: auto
  key_directory:
    description: Directory on the host in which each interface has a file C(NAME.key).
    type: path
    default: /etc/wireguard
  private_keys:
    description: Private keys from a vault, interface name to key.
    type: dict
    default: {}
  regenerate:
    description: See M(meshwork.wireguard.keypair).
    type: str
    choices: [never, if_invalid, always]
    default: if_invalid
  make_keys:
    description: V(false) where the inventory gives the host's public key, so that a missing key is not made.
    type: bool
    default: true
  foreign_keys:
    description: Public keys of others. Where the host has the private key of one, it makes another.
    type: list
    elements: str
    default: []
  exclusive:
    description: See M(meshwork.wireguard.interface).
    type: bool
    default: true
  backend:
    description: See M(meshwork.wireguard.interface).
    type: str
    choices: [wg-quick, systemd-networkd, NetworkManager]
    default: wg-quick
seealso:
  - module: meshwork.wireguard.install
  - module: meshwork.wireguard.keypair
  - module: meshwork.wireguard.interface
"""

EXAMPLES = r"""
- name: Plan the networks
  meshwork.wireguard.registry:
  run_once: true
  register: plan

- name: Prepare the host
  meshwork.wireguard.prepare:
    interfaces: "{{ plan.networks | meshwork.wireguard.interfaces(inventory_hostname) }}"
    render: my_content
  vars:
    my_content: "{{ wireguard_template_interface.config | meshwork.wireguard.to_conf }}"
  register: prepared
"""

RETURN = r"""
keys:
  description: Names of keys, each with its public key, null where it is awaited, or in check mode would be made.
  returned: success
  type: dict
interfaces:
  description: Interface names, each with C(changes), one line each, and C(peers), the live ones that a run may remove.
  returned: success
  type: dict
settled:
  description: Names of the interfaces on which nothing would change.
  returned: success
  type: list
  elements: str
vrrp:
  description: Names of the interfaces for which the host stands by, see M(meshwork.wireguard.vrrp).
  returned: success
  type: list
  elements: str
bgp:
  description: Networks that the host routes for, each by its interface, see M(meshwork.wireguard.bgp).
  returned: success
  type: list
  elements: str
stale:
  description:
    - Names of interfaces that have one of the keys of O(interfaces) and the name of that key, or one that begins with it and a
      dash, and are not among O(interfaces).
  returned: success
  type: list
  elements: str
plan:
  description: What O(plan) said.
  returned: success
  type: str
implementation:
  description: What interfaces of this host run on.
  returned: success
  type: str
  sample: kernel
tools_version:
  description: Version of C(wg), null where it is missing.
  returned: success
  type: str
userspace_version:
  description: Version of the implementation in userspace, null where it is missing or not used.
  returned: success
  type: str
packages:
  description: Packages that this run installs or updates.
  returned: success
  type: list
  elements: str
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import bgp_here, vrrp_here
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import BACKENDS
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.preparation import Preparation
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import NEEDS

ARGUMENT_SPEC = {
    "interfaces": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "forward": {"type": "bool"},
            "key": {"type": "str", "no_log": False},
            "make_key": {"type": "bool", "default": True, "no_log": False},
            "renews_key": {"type": "bool", "default": False, "no_log": False},
            "isolation": {"type": "str"},
            "inside": {"type": "dict", "default": {}},
        },
    },
    "contents": {"type": "str", "no_log": True},
    "needs": {
        "type": "list",
        "elements": "str",
        "choices": list(NEEDS),
        "default": [],
    },
    "render": {"type": "str"},
    "plan": {"type": "str"},
    "package_state": {"type": "str", "choices": ["present", "latest"], "default": "present"},
    "implementation": {
        "type": "str",
        "choices": ["auto", "kernel", "wireguard-go", "boringtun", "none"],
        "default": "auto",
    },
    "key_directory": {"type": "path", "default": "/etc/wireguard", "no_log": False},
    "private_keys": {"type": "dict", "default": {}, "no_log": True},
    "regenerate": {"type": "str", "choices": ["never", "if_invalid", "always"], "default": "if_invalid"},
    "make_keys": {"type": "bool", "default": True, "no_log": False},
    "foreign_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "exclusive": {"type": "bool", "default": True},
    "backend": {"type": "str", "choices": list(BACKENDS), "default": BACKENDS[0]},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    with failures_reported(module):
        result = _prepare(module.params, module.check_mode)
    module.exit_json(**result)


def _prepare(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    contents = json.loads(params["contents"] or "{}")
    interfaces = [
        {
            **entry,
            "key": entry["key"] or entry["name"],
            "make_key": params["make_keys"] and (entry["make_key"] or (entry["renews_key"] and params["regenerate"] == "always")),
            "content": contents.get(entry["name"], ""),
        }
        for entry in params["interfaces"]
    ]
    host = Host()
    preparation = Preparation(host, params["key_directory"], interfaces)
    latest = params["package_state"] == "latest"
    installed = preparation.install(params["implementation"], params["needs"], latest, check_mode)
    if installed["packages"] and not check_mode:
        return installed  # the action plugin installs them, and runs this again
    shared = "shared_key" in params["needs"]
    keys = preparation.make_keys(params["private_keys"], params["regenerate"], check_mode, shared, params["foreign_keys"])
    seen = preparation.look(params["exclusive"], params["backend"])
    return {
        **installed,
        "changed": installed["changed"] or any(key["changed"] for key in keys.values()),
        "keys": {name: key["public_key"] for name, key in keys.items()},
        "interfaces": seen,
        "settled": [name for name, interface in seen.items() if not interface["changes"]],
        "plan": params["plan"],
        "vrrp": vrrp_here(host),
        "bgp": bgp_here(host),
        "stale": preparation.stale(),
        "diff": {"prepared": "".join(key["diff"]["prepared"] for key in keys.values())},
    }


if __name__ == "__main__":
    main()
