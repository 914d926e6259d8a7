#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``rotation``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation
short_description: Change running interfaces to their next key
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Uses the next key that M(meshwork.wireguard.prepare) has made, once all peers know it. All peers that had a session answer
    under the new key within 30 seconds, or the old key is used again, without the controller.
  - A program of its own makes the change, so that it is completed or undone if the connection is cut.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  names:
    description: Names of the interfaces that have the key. They change together.
    type: list
    elements: str
    required: true
  private_key_file:
    description: File of the private key, required with O(state=changed). The next key is in C(.next.key) beside it.
    type: path
  state:
    description:
      - V(watched) makes the host look closely at the handshakes of peers that have a next key, so that it follows at once.
      - V(changed) changes the interface to its next key. Without a next key, nothing happens.
    type: str
    choices: [watched, changed]
    required: true
  without:
    description: Names of peers that need not answer.
    type: list
    elements: str
    default: []
  standby:
    description:
      - With O(state=changed), change only if the host is a standby one of M(meshwork.wireguard.vrrp). Nobody has a session with
        it, so it need not wait for answers, and can take over under the next key from then on.
    type: bool
    default: false
  seconds:
    description: With O(state=watched), how long.
    type: int
    default: 120
seealso:
  - module: meshwork.wireguard.prepare
"""

EXAMPLES = r"""
- name: Follow peers closely
  meshwork.wireguard.rotation:
    names: [wg0]
    state: watched

- name: Use the next key
  meshwork.wireguard.rotation:
    names: [wg0]
    private_key_file: /etc/wireguard/wg0.key
    state: changed
"""

RETURN = r"""
silent:
  description: Names, or public keys, of the peers that did not answer, because of which the old key is used again.
  returned: state is changed
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import next_key_file
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.floating import is_standby
from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.program import change, watch
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import check_interface_name

ARGUMENT_SPEC = {
    "names": {"type": "list", "elements": "str", "required": True},
    "private_key_file": {"type": "path", "no_log": False},
    "state": {"type": "str", "choices": ["watched", "changed"], "required": True},
    "without": {"type": "list", "elements": "str", "default": []},
    "standby": {"type": "bool", "default": False},
    "seconds": {"type": "int", "default": 120},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "changed", ("private_key_file",))],
        supports_check_mode=True,
    )
    with failures_reported(module):
        host, key_file = Host(), module.params["private_key_file"]
        names = [check_interface_name(name) for name in module.params["names"]]
        if module.params["state"] == "watched":
            if not module.check_mode:
                for name in names:
                    watch(host, name, module.params["seconds"])
            module.exit_json(changed=False)
        if module.check_mode:
            due = host.exists(next_key_file(key_file)) and (not module.params["standby"] or is_standby(host, names[0]))
            module.exit_json(changed=due, silent=[])
        result = change(host, names, key_file, module.params["without"], module.params["standby"])
        if result["silent"]:
            others = ", ".join(result["silent"])
            module.warn(f"{names[0]}: the old key is used again, because there was no answer under the next one from {others}")
        module.exit_json(**result)


if __name__ == "__main__":
    main()
