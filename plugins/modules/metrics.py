#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``metrics``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metrics
short_description: Measure WireGuard interfaces for Prometheus
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A systemd timer, C(meshwork-metrics.timer), writes C(meshwork_wireguard.prom) for the textfile collector of node_exporter.
      Each peer with an address gets a packet through the tunnel.
  - Nothing listens on the network.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  state:
    description: Whether the host measures.
    type: str
    choices: [present, absent]
    default: present
  interfaces:
    description:
      - What is measured. For each interface, C(network), C(node), C(key) (the name of the file of its private key, without
        C(.key)), C(inside) (whether it is in a namespace or a container) and C(peers). For each peer's name, C(keys), its public
        key and possibly its next one, and C(address), which gets a packet; null for none.
        P(meshwork.wireguard.metrics#filter) computes it.
    type: dict
    default: {}
  directory:
    description: Directory on the host that the textfile collector reads.
    type: path
    default: /var/lib/prometheus/node-exporter
  interval:
    description: Seconds between two measurements, V(10) to V(3600).
    type: int
    default: 60
  key_directory:
    description: Directory on the host with the private keys. Only the ages of their files are looked at.
    type: path
    default: /etc/wireguard
"""

EXAMPLES = r"""
- name: Measure an interface
  meshwork.wireguard.metrics:
    interfaces:
      wg0:
        network: wireguard
        node: alpha
        key: wg0
        peers:
          beta: {keys: [jV5bKlIlcVmElpHiqHjHTjmMSb0FfAQrHLyBnYCqbgM=], address: 10.8.0.2}

- name: Measure nothing
  meshwork.wireguard.metrics:
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.installation import Metrics
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    DIRECTORY,
    INTERVAL,
    KEY_DIRECTORY,
    settings_from,
)

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "interfaces": {"type": "dict", "default": {}},
    "directory": {"type": "path", "default": DIRECTORY},
    "interval": {"type": "int", "default": INTERVAL},
    "key_directory": {"type": "path", "default": KEY_DIRECTORY, "no_log": False},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    options = dict(module.params)
    with failures_reported(module):
        absent, metrics, check = options.pop("state") == "absent", Metrics(Host()), module.check_mode
        result = metrics.remove(check) if absent else metrics.bring_about(settings_from(options), check)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
