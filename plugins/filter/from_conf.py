# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``from_conf``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors

DOCUMENTATION = r"""
name: from_conf
short_description: Parse a configuration of wg or wg-quick
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Turns the text of a C(wg0.conf), or of C(wg showconf), into a structured configuration.
  - Keys in any case, repeated keys and sections, comments, a byte order mark and CRLF line ends are parsed as the tools do.
  - Errors include the line number.
  - The result contains the private key if the text does.
options:
  _input:
    description: The text.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read a configuration
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'wg0.conf') | meshwork.wireguard.from_conf).peers }}"
"""

RETURN = r"""
_value:
  description: The configuration in the shape of the option O(meshwork.wireguard.interface#module:config).
  type: dict
  sample:
    addresses: [10.8.0.1/24]
    port: 51820
    peers:
      - name: beta
        public_key: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
        allowed_ips: [10.8.0.2/32]
"""


@plain_errors
def from_conf(text: str) -> dict[str, Any]:
    """Text -> structured configuration."""
    return config_to_dict(parse_conf(str(text)))


FilterModule = filter_module(from_conf)
