#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``diagnosis``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnosis
short_description: Collect evidence about peers that do not answer
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A program on the host watches WireGuard's handshakes, ICMP errors, and echo inside the tunnels, while one end sends. It sees
    what leaves after the packet filter, and what arrives before it. It ends on its own.
  - Nothing is changed, so the module does the same in check mode.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  diff_mode:
    support: none
options:
  state:
    description:
      - V(started) starts the program. V(sent) sends packets to O(peers) for some seconds and returns what the host knows of them.
        V(read) returns what the program has seen. V(stopped) stops it.
    type: str
    choices: [started, sent, read, stopped]
    required: true
  interfaces:
    description: With O(state=started), the WireGuard interfaces to watch.
    type: list
    elements: str
    default: []
  seconds:
    description: With O(state=started), the program ends on its own after this many seconds.
    type: int
    default: 120
  peers:
    description: With O(state=sent), the peers to which the host sends.
    type: list
    elements: dict
    default: []
    suboptions:
      interface:
        description: Name of the interface.
        type: str
        required: true
      public_key:
        description: The peer's public key.
        type: str
        required: true
      address:
        description: The peer's address in the tunnel.
        type: str
        required: true
  nonce:
    description: With O(state=sent), a text that is new in each run. Preshared keys are compared by their digests with it.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Watch packets
  meshwork.wireguard.diagnosis:
    state: started
    interfaces: [wg0]

- name: Send to a peer
  meshwork.wireguard.diagnosis:
    state: sent
    peers: [{interface: wg0, public_key: jV5bKlIlcVmElpHiqHjHTjmMSb0FfAQrHLyBnYCqbgM=, address: 10.8.0.2}]
    nonce: 7d3f2a9c41
  register: sent

- name: Read what was seen
  meshwork.wireguard.diagnosis:
    state: read
  register: captured
"""

RETURN = r"""
time:
  description: The host's clock, in seconds since the epoch.
  returned: O(state=sent)
  type: float
filtered:
  description: How many packets the reverse path filter has dropped meanwhile.
  returned: O(state=sent)
  type: int
peers:
  description: The peers of O(peers) that the interfaces have.
  returned: O(state=sent)
  type: list
  elements: dict
  contains:
    interface:
      description: Name of the interface.
      type: str
    public_key:
      description: Public key.
      type: str
    answers:
      description: Whether the peer has answered an echo request.
      type: bool
    endpoint:
      description: The current endpoint, null if there is none.
      type: str
    name:
      description: The DNS endpoint in the interface's file, null if there is none.
      type: str
    resolved:
      description: The addresses of that name.
      type: list
      elements: str
    route:
      description: The link (C(dev)) of the route to the endpoint, and why there is none (C(error)).
      type: dict
    inner_route:
      description: The same for the peer's address in the tunnel.
      type: dict
    preshared:
      description: A digest of the preshared key, null if there is no key.
      type: str
    handshake_age:
      description: Seconds since the latest handshake, null if there was none.
      type: int
    received:
      description: Bytes.
      type: int
    sent:
      description: Bytes.
      type: int
packets:
  description:
    - Handshake messages, each with C(type), C(way) (V(in) or V(out)), C(id), which is the same on both ends, C(remote), the other
      address, and C(port), the host's own.
  returned: O(state=read)
  type: list
  elements: dict
errors:
  description: ICMP errors about UDP packets of this host, each with C(code), C(sender) and C(about), the address it sent to.
  returned: O(state=read)
  type: list
  elements: dict
inner:
  description:
    - Echo requests and replies on the interfaces, each with C(interface), C(way), C(what), C(source), C(destination) and
      C(count).
  returned: O(state=read)
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._doctor.diagnosis import Diagnosis
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import check_interface_name

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["started", "sent", "read", "stopped"], "required": True},
    "interfaces": {"type": "list", "elements": "str", "default": []},
    "seconds": {"type": "int", "default": 120},
    "peers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "interface": {"type": "str", "required": True},
            "public_key": {"type": "str", "required": True, "no_log": False},
            "address": {"type": "str", "required": True},
        },
    },
    "nonce": {"type": "str", "default": "", "no_log": False},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    result: dict[str, Any] = {}
    with failures_reported(module):
        diagnosis = Diagnosis(Host())
        if params["state"] == "started":
            diagnosis.start([check_interface_name(name) for name in params["interfaces"]], params["seconds"])
        elif params["state"] == "sent":
            result = diagnosis.send(params["peers"], params["nonce"])
        elif params["state"] == "read":
            result = diagnosis.captured()
        else:
            diagnosis.stop()
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
