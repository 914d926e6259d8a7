#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``keypair``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keypair
short_description: Manage the private key of a host's interface
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Makes the private key on the host, where it stays, and returns the public key.
  - An existing key, in its file or in an existing C(wg-quick) configuration, is kept.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    details: Predicts the change and makes no key; the public key of a key that would be made is null.
options:
  path:
    description: File of the private key, mode C(0600). A missing directory is created with mode C(0700).
    type: path
    required: true
  adopt_from:
    description: A C(wg-quick) configuration whose private key is adopted if O(path) does not exist.
    type: path
  private_key:
    description: The private key, for keys that are stored in a vault. It replaces another key in O(path).
    type: str
  regenerate:
    description:
      - V(never) fails if the file holds no valid key.
      - V(if_invalid) makes a new key in that case.
      - V(always) makes a new key in each run.
    type: str
    choices: [never, if_invalid, always]
    default: if_invalid
  state:
    description: V(absent) destroys the key, and the backups and replaced files of other programs that contain it.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Make the key of wg0, unless it exists
  meshwork.wireguard.keypair:
    path: /etc/wireguard/wg0.key
    adopt_from: /etc/wireguard/wg0.conf
  register: key
"""

RETURN = r"""
public_key:
  description: The public key. Null in check mode if the private key would be made.
  returned: O(state=present)
  type: str
  sample: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
source:
  description: Where the private key comes from (V(kept), V(adopted), V(given), V(generated)).
  returned: O(state=present)
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import KeyFile

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "adopt_from": {"type": "path"},
    "private_key": {"type": "str", "no_log": True},
    "regenerate": {"type": "str", "choices": ["never", "if_invalid", "always"], "default": "if_invalid"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    with failures_reported(module):
        key_file = KeyFile(Host(), params["path"])
        if params["state"] == "absent":
            result = key_file.destroy(module.check_mode)
        else:
            result = key_file.bring_about(params["private_key"], params["adopt_from"], params["regenerate"], module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
