# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``to_zone``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import number
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import one_network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.names.name_files import zone_text

DOCUMENTATION = r"""
name: to_zone
short_description: Return the names of a network's nodes as a DNS zone
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A zone for DNS servers such as BIND, Knot or NSD, with C(A) and C(AAAA) records of the names that
    P(meshwork.wireguard.to_hosts#filter) has, or with their C(PTR) records.
positional: zone
options:
  _input:
    description: A network document, as a mapping or as JSON text.
    type: raw
    required: true
  zone:
    description:
      - The network's domain if not set, or a reverse zone, such as V(0.8.10.in-addr.arpa).
      - There is a reverse zone for each label that the network's prefixes leave to the nodes' addresses. A wrong name is refused
        with the right ones. In a prefix that is smaller than a zone, other addresses of the zone belong to others.
    type: str
  serial:
    description: The zone's serial number. Servers that copy the zone from another one need a larger number after each change.
    type: int
    default: 1
"""

EXAMPLES = r"""
- name: Write the zone of the names, and the one of the addresses
  ansible.builtin.copy:
    content: "{{ lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.to_zone(item) }}"
    dest: /etc/bind/{{ item }}.zone
    mode: "0644"
  loop: [wireguard.internal, 0.8.10.in-addr.arpa]
"""

RETURN = r"""
_value:
  description: The zone.
  type: str
"""


@plain_errors
def to_zone(network: Any, zone: Any = None, serial: Any = 1) -> str:
    """Network document -> zone."""
    given = only_set(zone)
    return zone_text(one_network(network), None if given is None else str(given), number(0, 0xFFFFFFFF)(serial, "serial"))


FilterModule = filter_module(to_zone)
