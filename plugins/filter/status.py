# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``status``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import filter_module, plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.query import search
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.status import status as status_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.status import status_text
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.versions import versions
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.validation.version_clashes import version_findings

DOCUMENTATION = r"""
name: status
short_description: Report the state of the hosts of networks
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Combines the plan with the hosts' reports. The playbook C(meshwork.wireguard.status) shows it.
positional: reports, prepared, query
extends_documentation_fragment: meshwork.wireguard.networks
options:
  reports:
    description: Hosts, each with the result of M(meshwork.wireguard.interface_info) on it.
    type: dict
    required: true
  prepared:
    description: Hosts, each with the result of M(meshwork.wireguard.prepare) on it in check mode.
    type: dict
    default: {}
  query:
    description:
      - An expression of JMESPath. Its result on C(nodes), C(versions) and C(findings) is returned as C(found).
      - It needs the Python library jmespath on the controller.
    type: str
"""

EXAMPLES = r"""
- name: Show the status of this host
  ansible.builtin.debug:
    msg: "{{ (plan.networks | meshwork.wireguard.status({inventory_hostname: state})).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(text) for people, and C(nodes) for programs, one entry per node and interface.
    - C(handshake_age) is the age of the node's latest handshake with any other node in seconds, null if there was none.
      C(handshake_by) names the hosts that report it; a single host could have invented it.
    - C(key_age) is how many days ago the file of the private key was written, null if that is not known; C(next_key) whether a
      change of keys has begun and is not complete.
    - C(drift) lists the changes that a run would make. C(clock_ahead) compares the host's clock with the controller's, in
      seconds.
    - C(versions) groups the hosts by their versions, and C(findings) are settings that depend on these, as
      P(meshwork.wireguard.lint#filter) returns them. C(found) is the result of the query.
  type: dict
  sample:
    text: "alpha  wg0 (wireguard)  up, kernel, tools 1.0.20210914"
    nodes: [{name: alpha, network: wireguard, managed: true, handshake_age: 12, host: alpha, interface: wg0, reached: true,
             up: true, drift: [], peers: []}]
    versions: {implementation: {kernel: [alpha]}, tools: {1.0.20210914: [alpha]}, systemd: {"252": [alpha]}}
    findings: []
"""


@plain_errors
def status(
    network: Any, reports: Mapping[str, Any], prepared: Mapping[str, Any] | None = None, query: str | None = None
) -> dict[str, Any]:
    """Network documents and reports -> the status of the hosts."""
    for name, value in (("reports", reports), ("prepared", prepared)):
        if value is not None and not isinstance(value, Mapping):
            raise TypeError(f"{name}: must be a mapping from host names")
    known, reported = networks(network), native(reports)
    entries = status_of(known, reported, native(prepared or {}), time.time())
    findings = list(version_findings(known, reported))
    data = {"nodes": entries, "versions": versions(entries), "findings": [finding.to_dict() for finding in findings]}
    found = {"found": search(data, str(query))} if query else {}
    return {"text": "\n".join(filter(None, [status_text(entries), *map(str, findings)])), **data, **found}


FilterModule = filter_module(status)
