#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``shared_key``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_key
short_description: Share a node's private key, encrypted, between its hosts
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - The receiving host makes a one-time C(age) identity (V(asked)), the host with the key encrypts the key to the recipients
    (V(sealed)), and the receiving host decrypts it and deletes the identity (V(opened)). Only ciphertext passes through the play.
  - The controller decides to whom the key is encrypted. Whoever controls it could name their own recipient, but has root on these
    hosts anyway.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: none
options:
  path:
    description: File of the private key, mode C(0600).
    type: path
    required: true
  state:
    description: The step.
    type: str
    choices: [asked, sealed, opened]
    required: true
  recipients:
    description: With O(state=sealed), the values of RV(recipient) that O(state=asked) returned on the receiving hosts.
    type: list
    elements: str
  ciphertext:
    description: With O(state=opened), the value of RV(ciphertext) that O(state=sealed) returned.
    type: str
  public_key:
    description: With O(state=sealed) and O(state=opened), the public key that belongs to the key.
    type: str
"""

EXAMPLES = r"""
- name: Ask for the key
  meshwork.wireguard.shared_key:
    path: /etc/wireguard/wg0.key
    state: asked
  register: asked
  when: inventory_hostname == 'hub2'

- name: Encrypt the key
  meshwork.wireguard.shared_key:
    path: /etc/wireguard/wg0.key
    state: sealed
    recipients: ["{{ hostvars.hub2.asked.recipient }}"]
    public_key: "{{ public_key }}"
  register: sealed
  when: inventory_hostname == 'hub1'

- name: Decrypt the key
  meshwork.wireguard.shared_key:
    path: /etc/wireguard/wg0.key
    state: opened
    ciphertext: "{{ hostvars.hub1.sealed.ciphertext }}"
    public_key: "{{ public_key }}"
  when: inventory_hostname == 'hub2'
"""

RETURN = r"""
recipient:
  description: The age recipient to encrypt the key to.
  returned: O(state=asked)
  type: str
ciphertext:
  description: The encrypted key, armored.
  returned: O(state=sealed)
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.shared_key import SharedKey

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["asked", "sealed", "opened"], "required": True},
    "recipients": {"type": "list", "elements": "str"},
    "ciphertext": {"type": "str"},
    "public_key": {"type": "str", "no_log": False},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "sealed", ("recipients", "public_key")), ("state", "opened", ("ciphertext", "public_key"))],
    )
    params = module.params
    with failures_reported(module):
        key = SharedKey(Host(), params["path"])
        if params["state"] == "asked":
            module.exit_json(changed=False, recipient=key.ask())
        if params["state"] == "sealed":
            module.exit_json(changed=False, ciphertext=key.seal(params["recipients"], params["public_key"]))
        diff = key.open(params["ciphertext"], params["public_key"])
    module.exit_json(changed=True, diff=diff)


if __name__ == "__main__":
    main()
