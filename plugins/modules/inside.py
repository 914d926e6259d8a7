#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``inside``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: inside
short_description: Maintain a WireGuard interface inside a network namespace or container
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - The UDP socket stays in the host's namespace, and the device is moved. What is inside has the tunnel, and nothing else that it
    did not have before.
  - The unit C(meshwork-inside@NAME) keeps it there, also when the container or the host starts again, and resolves names of
    endpoints outside.
  - A change leaves the tunnels of other peers alone.
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
  name:
    description: Name of the interface.
    type: str
    required: true
  netns:
    description: Name of the namespace. It is made where it is missing.
    type: str
  container:
    description: Name of a container of Podman or Docker. It may be stopped; the interface comes with its start.
    type: str
  content:
    description:
      - The configuration as C(wg-quick) reads it. Hooks, DNS servers and another table do nothing inside and are refused.
      - Needed with O(state=present).
    type: str
  private_key_file:
    description: File of the private key, where the content has none.
    type: path
  max_removals:
    description: As of M(meshwork.wireguard.interface).
    type: int
  ended:
    description: As of M(meshwork.wireguard.interface).
    type: list
    elements: str
    default: []
  isolation:
    description: As of M(meshwork.wireguard.interface); the table is in the namespace.
    type: str
  state:
    description: Whether the interface is to be there.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Give a container the tunnel as its only way out
  meshwork.wireguard.inside:
    name: wg0
    container: web
    private_key_file: /etc/wireguard/wg0.key
    content: "{{ lookup('ansible.builtin.template', 'wg0.conf.j2') }}"
"""

RETURN = r"""
changes:
  description: The changes, as of M(meshwork.wireguard.interface).
  returned: success
  type: list
  elements: dict
public_key:
  description: The interface's public key; null where there is no private key yet.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._containers.inside import Inside
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Runner

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "netns": {"type": "str"},
    "container": {"type": "str"},
    "content": {"type": "str", "no_log": True},
    "private_key_file": {"type": "path", "no_log": False},
    "max_removals": {"type": "int"},
    "ended": {"type": "list", "elements": "str", "default": []},
    "isolation": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        mutually_exclusive=[("netns", "container")],
        required_if=[
            ("state", "present", ("netns", "container"), True),
            ("state", "present", ("content", "private_key_file")),
        ],
    )
    params = module.params
    try:
        interface = Inside(Runner(), params["name"])
        if params["state"] == "absent":
            result = interface.remove(module.check_mode)
        else:
            where = {key: params[key] for key in ("netns", "container") if params[key]}
            result = interface.bring_about(
                params["content"],
                params["private_key_file"],
                where,
                module.check_mode,
                params["max_removals"],
                params["ended"],
                params["isolation"],
            )
    except (CommandFailed, ValueError, OSError) as error:
        module.fail_json(msg=f"interface {params['name']}: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
