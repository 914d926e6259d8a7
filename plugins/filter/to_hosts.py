# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``to_hosts``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import one_network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.names.name_files import hosts_text

DOCUMENTATION = r"""
name: to_hosts
short_description: Return the names of a network's nodes as lines of /etc/hosts
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A line for each address of each node, with the name C(NODE.NETWORK.internal). The network's C(domain) replaces
    C(NETWORK.internal).
  - C(NODE) is the node's name up to its first dot. Nodes that have none that DNS allows, or the same one, are left out; the
    filter P(meshwork.wireguard.lint#filter) names them if the network has a C(domain).
options:
  _input:
    description: A network document, as a mapping or as JSON text.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Let a file of the DNS server dnsmasq have the names
  ansible.builtin.copy:
    content: "{{ lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.to_hosts }}"
    dest: /etc/dnsmasq-hosts/wireguard
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The lines.
  type: str
  sample: "10.8.0.1 alpha.wireguard.internal\n"
"""


@plain_errors
def to_hosts(network: Any) -> str:
    """Network document -> lines of ``/etc/hosts``."""
    return hosts_text(one_network(network))


FilterModule = filter_module(to_hosts)
