# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``to_conf``."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native

DOCUMENTATION = r"""
name: to_conf
short_description: Write a configuration in the format of wg-quick
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Turns a structured configuration into the text of a C(wg0.conf).
  - The filter P(meshwork.wireguard.from_conf#filter) reads it back to the same value.
options:
  _input:
    description:
      - A configuration in the shape of the option O(meshwork.wireguard.interface#module:config); it may also contain
        C(private_key) and C(save_config).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a configuration
  ansible.builtin.debug:
    msg: "{{ {'addresses': ['10.8.0.1/24'], 'port': 51820} | meshwork.wireguard.to_conf }}"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
  sample: |
    [Interface]
    Address = 10.8.0.1/24
    ListenPort = 51820
"""


@plain_errors
def to_conf(config: Any) -> str:
    """Structured configuration -> text."""
    return render_conf(config_from_dict(native(config)))


FilterModule = filter_module(to_conf)
