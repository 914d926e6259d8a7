# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``lint``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import documents, native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import lint as findings_of

DOCUMENTATION = r"""
name: lint
short_description: Find mistakes in networks
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Checks network documents, each network alone, and all networks of a host together.
  - Every run of the role P(meshwork.wireguard.network#role) makes the same checks before it touches a host. It stops at errors,
    and prints warnings and notes.
  - C(docs/reference.md) of the collection lists all codes and their meanings.
positional: reports
extends_documentation_fragment: meshwork.wireguard.networks
options:
  reports:
    description:
      - Hosts, each with the result of M(meshwork.wireguard.interface_info) on it. With these, settings whose meaning depends on
        the hosts' versions are findings, too. The playbook C(meshwork.wireguard.status) shows them.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse a network that cannot work
  ansible.builtin.assert:
    that: findings | selectattr('severity', 'eq', 'error') | length == 0
    fail_msg: "{{ findings }}"
  vars:
    findings: "{{ lookup('ansible.builtin.file', 'net.json') | meshwork.wireguard.lint }}"
"""

RETURN = r"""
_value:
  description: The findings, errors first.
  type: list
  elements: dict
  contains:
    code:
      description: The kind of mistake.
      type: str
    severity:
      description: V(error), V(warning) or V(note).
      type: str
    nodes:
      description: The nodes concerned.
      type: list
      elements: str
    what:
      description: The object, and its mistake.
      type: str
    remedy:
      description: The remedy. Empty if C(what) already contains it.
      type: str
"""


@plain_errors
def lint(network: Any, reports: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Network documents -> findings."""
    if reports is not None and not isinstance(reports, Mapping):
        raise TypeError("reports: must be a mapping from host names")
    return [finding.to_dict() for finding in findings_of(documents(network), native(reports or {}))]


FilterModule = filter_module(lint)
