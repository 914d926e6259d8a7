#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``interface_info``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: interface_info
short_description: Return the live state of WireGuard interfaces
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Reads the current state from the kernel or the userspace implementation, without private and preshared keys.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  diff_mode:
    support: none
options:
  name:
    description: Name of the interface. If not set, all WireGuard interfaces of the host.
    type: str
  probes:
    description:
      - Peers that get a packet through the tunnel. For each interface, an address for each public key.
      - A peer that does not answer an echo request has 12 seconds for WireGuard's own answer.
    type: dict
    default: {}
    version_added: 0.1.0
  pings:
    description: More addresses that get an echo request. For each interface, a list.
    type: dict
    default: {}
    version_added: 0.1.0
  sizes:
    description: Find out the largest packet that each peer of O(probes) answers.
    type: bool
    default: false
    version_added: 0.1.0
  compare:
    description: Compare what runs with the host's own files.
    type: bool
    default: false
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Read the state of wg0
  meshwork.wireguard.interface_info:
    name: wg0
  register: state

- name: Find out whether a peer answers
  meshwork.wireguard.interface_info:
    name: wg0
    probes:
      wg0: {jV5bKlIlcVmElpHiqHjHTjmMSb0FfAQrHLyBnYCqbgM=: 10.8.0.2}

- name: Show the peers without a handshake for three minutes
  ansible.builtin.debug:
    msg: "{{ state.interfaces[0].peers | rejectattr('handshake_age', 'none') | selectattr('handshake_age', 'gt', 180) }}"
"""

RETURN = r"""
tools_version:
  description: Version of C(wg), null if it is missing.
  returned: success
  type: str
tools_features:
  description:
    - Features of these tools, of V(syncconf), V(incremental_allowed_ips), V(pre_up_finds_interface), V(syncconf_clears),
      V(smallest_mtu), V(up_adds), V(hooks_with_hash).
  returned: success
  type: list
  elements: str
  sample: [syncconf]
systemd_version:
  description: Release of systemd, null if the host does not have it.
  returned: success
  type: str
  sample: "252"
time:
  description: The host's clock, in seconds since the epoch.
  returned: success
  type: float
forwarding:
  description: Whether the host forwards packets.
  returned: success
  type: dict
  contains:
    ipv4:
      description: IPv4 packets.
      type: bool
    ipv6:
      description: IPv6 packets.
      type: bool
interfaces:
  description: The interfaces, sorted by name; empty if there is none (of that name).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the interface.
      type: str
    up:
      description: Whether the link is up. A link that was set down by hand has peers, but passes no packets.
      type: bool
    implementation:
      description: V(kernel), V(wireguard-go), V(boringtun), or V(userspace) for another one.
      type: str
    implementation_version:
      description: Version of the implementation in userspace, null for the kernel's.
      type: str
    public_key:
      description: The interface's own public key.
      type: str
    port:
      description: UDP port.
      type: int
    fwmark:
      description: Mark of outgoing packets, 0 for none.
      type: int
    mtu:
      description: Bytes.
      type: int
    addresses:
      description: Addresses with prefix length.
      type: list
      elements: str
    routes:
      description: Routes of the main table into the interface, without link-local ones.
      type: list
      elements: str
    drift:
      description:
        - With O(compare), the differences between what runs and the host's files, empty if there are none. Otherwise null.
      type: list
      elements: str
    pings:
      description: The addresses of O(pings), each with the seconds until its answer, null if there was none.
      type: dict
    peers:
      description: The peers, sorted by name.
      type: list
      elements: dict
      contains:
        name:
          description: The peer's name in the interface's configuration file, null if it has none.
          type: str
        public_key:
          description: Public key.
          type: str
        preshared_key:
          description: Whether the peer has a preshared key.
          type: bool
        endpoint:
          description: The peer's current endpoint, null if it is not known.
          type: str
        allowed_ips:
          description: Prefixes.
          type: list
          elements: str
        handshake_age:
          description: Seconds since the latest handshake, null if there was none.
          type: int
        received:
          description: Bytes.
          type: int
        sent:
          description: Bytes.
          type: int
        keepalive:
          description: Seconds, 0 for none.
          type: int
        probe:
          description: What a packet showed, null for a peer that is not in O(probes).
          type: dict
          contains:
            answers:
              description: Whether the peer has answered.
              type: bool
            round_trip:
              description: Seconds until the answer to an echo request, null if only WireGuard itself has answered.
              type: float
            largest:
              description: With O(sizes), bytes of the largest packet that was answered. Otherwise null.
              type: int
            source:
              description: The address from which the host's system sends to the peer, null if it has no route.
              type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.report import report

ARGUMENT_SPEC = {
    "name": {"type": "str"},
    "probes": {"type": "dict", "default": {}},
    "pings": {"type": "dict", "default": {}},
    "sizes": {"type": "bool", "default": False},
    "compare": {"type": "bool", "default": False},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    with failures_reported(module):
        params = module.params
        result = report(Host(), params["name"], params["probes"], params["pings"], params["compare"], params["sizes"])
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
