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
  - Does the work of M(meshwork.wireguard.install) and M(meshwork.wireguard.keypair) for all interfaces of a host, and compares
    the live state with the configurations as far as they are known, in one module run. No interface is touched.
  - If nothing differs, and the plan does not change once all keys are known, M(meshwork.wireguard.interface) need not run on the
    host.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  interfaces:
    description:
      - The interfaces of the host, as P(meshwork.wireguard.interfaces#filter) returns them. Required without O(plan_from).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the interface.
        type: str
        required: true
      forward:
        description: Whether the host forwards for others.
        type: bool
      key:
        description: Name of the interface's key. Defaults to the name of the interface. Several interfaces may share a key.
        type: str
      make_key:
        description: V(false) if a missing key must not be made, because another host has it.
        type: bool
        default: true
      renews_key:
        description: Whether this host makes the new key with O(regenerate=always), if several hosts share it.
        type: bool
        default: false
      isolation:
        description: See M(meshwork.wireguard.interface).
        type: str
      inside:
        description: C(netns) or C(container) and its name, if the interface is in one. See M(meshwork.wireguard.interface).
        type: dict
        default: {}
  render:
    description:
      - Name of the variable that renders the configuration of the interface in C(wireguard_template_interface).
    type: str
  contents:
    description:
      - Interface names, each with its configuration, as the text of a JSON mapping. Not for tasks; the action plugin renders it
        on the controller. It is a single text, so that no part of it is ever logged.
    type: str
  needs:
    description: What else the configurations need on the host. Not for tasks; it is taken from the interfaces.
    type: list
    elements: str
    choices: [dns, full_tunnel, vrrp, shared_key, bgp, firewall, resolver]
    default: []
  plan_from:
    description:
      - Name of the variable with the registered result of M(meshwork.wireguard.registry). O(interfaces), O(plan), O(make_keys)
        and O(foreign_keys) are then those of this host in the plan, and the preshared keys those of its variables. The other
        options are the variables of the role P(meshwork.wireguard.interface#role), unless they are given.
    type: str
  plan:
    description: Digest of the plan, RV(meshwork.wireguard.registry#module:digest). It is returned.
    type: str
  package_state:
    description: V(present) installs what is missing, V(latest) also updates the packages to their newest version.
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
    description: V(false) if the inventory gives the host's public key, so that a missing key is not made.
    type: bool
    default: true
  make_next_keys:
    description: Names of keys that get a next key, in a file beside, if they have none.
    type: list
    elements: str
    default: []
  foreign_keys:
    description: Public keys of other nodes. If the host has the private key of one, it makes a new key.
    type: list
    elements: str
    default: []
  metrics:
    description:
      - The settings of the host's metrics as text, as M(meshwork.wireguard.metrics) writes them. If not set, none are wanted.
    type: str
  metrics_program:
    description: SHA-256 of the program that measures, by which an older one is told.
    type: str
    default: ""
  names:
    description:
      - SHA-256 of the settings of the host's names, as M(meshwork.wireguard.names) writes them. If it is empty, none are wanted.
    type: str
    default: ""
  names_program:
    description: SHA-256 of the program that gives the names, by which an older one is told.
    type: str
    default: ""
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
    plan_from: plan
    render: my_content
  vars:
    my_content: "{{ wireguard_template_interface.config | meshwork.wireguard.to_conf }}"
  register: prepared
"""

RETURN = r"""
keys:
  description: Names of keys, each with its public key, null if the host still waits for it, or would make it in check mode.
  returned: success
  type: dict
interfaces:
  description:
    - Interface names, each with C(changes), one line each; C(peers), the live peers that a run may remove; C(preshared), the
      names of peers whose preshared key would change; and C(addresses), the live addresses that its file has, too. With
      O(plan_from), C(peers) is a JSON text, which Ansible passes on faster.
  returned: success
  type: dict
settled:
  description: Names of the interfaces on which nothing would change.
  returned: success
  type: list
  elements: str
vrrp:
  description: Interfaces for which VRRP is set up on the host, see M(meshwork.wireguard.vrrp).
  returned: success
  type: list
  elements: str
bgp:
  description: Interfaces of the networks for which BIRD is set up on the host, see M(meshwork.wireguard.bgp).
  returned: success
  type: list
  elements: str
metrics:
  description:
    - V(present) or V(absent) if M(meshwork.wireguard.metrics) would change something with that state; V(settled) if the host
      measures as it should; null if it does not, and should not.
  returned: success
  type: str
names:
  description:
    - V(present) or V(absent) if M(meshwork.wireguard.names) would change something with that state; V(settled) if the host has
      the names that it should; null if it has none, and should not.
  returned: success
  type: str
stale:
  description:
    - Former interfaces of the networks. They have one of the keys of O(interfaces), and are named after that key, possibly with
      a dash and more, but are not in O(interfaces).
  returned: success
  type: list
  elements: str
next_keys:
  description: Names of keys, each with the public key of the next key, null if there is none.
  returned: success
  type: dict
key_dates:
  description:
    - Names of keys, each with the day in UTC on which its file was written, such as V(2027-01-31), null if there is none.
  returned: success
  type: dict
routes:
  description:
    - The host's own routes of the main table, each with C(prefix), and C(connected), whether no router is between. Those of
      O(interfaces), default routes, and those of routing daemons are not among them.
  returned: success
  type: list
  elements: dict
plan:
  description: The value of O(plan).
  returned: success
  type: str
implementation:
  description: The implementation of this host's interfaces.
  returned: success
  type: str
  sample: kernel
tools_version:
  description: Version of C(wg), null if it is missing.
  returned: success
  type: str
userspace_version:
  description: Version of the implementation in userspace, null if it is missing or not used.
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
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.standing import pending
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.standing import pending as pending_names
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.preparation import Preparation
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import NEEDS
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import settings_in

ARGUMENT_SPEC = {
    "interfaces": {
        "type": "list",
        "elements": "dict",
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
    "plan_from": {"type": "str"},
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
    "make_next_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "foreign_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "metrics": {"type": "str"},
    "metrics_program": {"type": "str", "default": ""},
    "names": {"type": "str", "default": ""},
    "names_program": {"type": "str", "default": ""},
    "exclusive": {"type": "bool", "default": True},
    "backend": {"type": "str", "choices": list(BACKENDS), "default": BACKENDS[0]},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, required_one_of=[("interfaces", "plan_from")], supports_check_mode=True)
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
        for entry in params["interfaces"] or ()
    ]
    host = Host()
    preparation = Preparation(host, params["key_directory"], interfaces)
    latest = params["package_state"] == "latest"
    installed = preparation.install(params["implementation"], params["needs"], latest, check_mode)
    if installed["packages"] and not check_mode:
        return installed  # the action plugin installs them, and runs this again
    shared = "shared_key" in params["needs"]
    keys = preparation.make_keys(params["private_keys"], params["regenerate"], check_mode, shared, params["foreign_keys"])
    upcoming = preparation.next_keys(params["make_next_keys"], check_mode, params["foreign_keys"])
    seen = preparation.look(params["exclusive"], params["backend"])
    return {
        **installed,
        "changed": installed["changed"] or any(key["changed"] for key in (*keys.values(), *upcoming.values())),
        "keys": {name: key["public_key"] for name, key in keys.items()},
        "next_keys": {name: key["public_key"] for name, key in upcoming.items()},
        "key_dates": preparation.key_dates(),
        "interfaces": seen,
        "settled": [name for name, interface in seen.items() if not interface["changes"]],
        "plan": params["plan"],
        "vrrp": vrrp_here(host),
        "bgp": bgp_here(host),
        "metrics": pending(host, settings_in(params["metrics"]) if params["metrics"] else None, params["metrics_program"]),
        "names": pending_names(host, params["names"], params["names_program"]),
        "stale": preparation.stale(),
        "routes": preparation.routes(),
        "diff": {"prepared": "".join(key["diff"]["prepared"] for key in (*keys.values(), *upcoming.values()))},
    }


if __name__ == "__main__":
    main()
