# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter ``status``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import plain_errors
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
    description: Host names, each with what M(meshwork.wireguard.interface_info) has returned there.
    type: dict
    required: true
  prepared:
    description: Host names, each with what M(meshwork.wireguard.prepare) has returned there in check mode.
    type: dict
    default: {}
  query:
    description:
      - An expression of JMESPath. Its result on C(nodes), C(versions) and C(findings) is returned as C(found).
      - It needs the Python library jmespath on the controller.
    type: str
"""

EXAMPLES = r"""
- name: Show how this host stands
  ansible.builtin.debug:
    msg: "{{ (plan.networks | meshwork.wireguard.status({inventory_hostname: state})).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(text) for people, and C(nodes) for programs, one entry per node and interface. C(handshake_age) is in seconds, of the
      node's latest handshake with any other, also by the reports of these; null where there was none. C(handshake_by) are the
      hosts that report it; one host alone may have made it up. C(drift) are the changes that a run would make. C(clock_ahead)
      is in seconds, against the controller's. C(versions) are the hosts by the version of each thing, and C(findings) what
      these do to settings, as P(meshwork.wireguard.lint#filter) tells it. C(found) is what the query finds.
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
    """Network documents and reports -> how the hosts stand."""
    for name, value in (("reports", reports), ("prepared", prepared)):
        if value is not None and not isinstance(value, Mapping):
            raise TypeError(f"{name}: must be a mapping from host names")
    known, told = networks(network), native(reports)
    entries = status_of(known, told, native(prepared or {}), time.time())
    findings = list(version_findings(known, told))
    data = {"nodes": entries, "versions": versions(entries), "findings": [finding.to_dict() for finding in findings]}
    found = {"found": search(data, str(query))} if query else {}
    return {"text": "\n".join(filter(None, [status_text(entries), *map(str, findings)])), **data, **found}


class FilterModule:
    """Ansible's way to the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"status": status}
