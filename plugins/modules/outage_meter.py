#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``outage_meter``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: outage_meter
short_description: Measure how long addresses do not answer
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A program on the host pings the addresses twenty times a second and records the outages, the times without an answer. It ends
    on its own.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: none
  diff_mode:
    support: none
options:
  state:
    description:
      - V(started) starts the program. V(marked) returns the host's time. V(read) returns the longest outages since then.
        V(settled) waits until all addresses answer. V(stopped) stops the program.
    type: str
    choices: [started, marked, read, settled, stopped]
    required: true
  targets:
    description: With O(state=started), the addresses to ping.
    type: list
    elements: str
    default: []
  sources:
    description: With O(state=started), the host's own source addresses, one for each IP version.
    type: list
    elements: str
    default: []
  since:
    description: With O(state=read), the value of RV(now) that O(state=marked) returned on this host.
    type: float
  seconds:
    description:
      - With O(state=started), the program ends on its own after this many seconds. With O(state=settled), all addresses must
        answer for this many seconds.
    type: int
    default: 600
  limit:
    description: With O(state=settled), the longest acceptable outage, in seconds.
    type: float
    default: 0.3
  timeout:
    description: With O(state=settled), the module fails after this many seconds and names the addresses that do not answer.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Start measuring
  meshwork.wireguard.outage_meter:
    state: started
    targets: [10.8.0.4, 10.8.0.5]
    sources: [10.8.0.3]
"""

RETURN = r"""
now:
  description: The host's monotonic clock, in seconds.
  returned: O(state=marked)
  type: float
outages:
  description: Addresses, each with its longest outage in seconds.
  returned: O(state=read)
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.outage_meter import OutageMeter, longest_outages
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["started", "marked", "read", "settled", "stopped"], "required": True},
    "targets": {"type": "list", "elements": "str", "default": []},
    "sources": {"type": "list", "elements": "str", "default": []},
    "since": {"type": "float"},
    "seconds": {"type": "int", "default": 600},
    "limit": {"type": "float", "default": 0.3},
    "timeout": {"type": "int", "default": 60},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, required_if=[("state", "read", ("since",))])
    params = module.params
    with failures_reported(module):
        meter = OutageMeter(Host())
        if params["state"] == "started":
            meter.start(params["targets"], params["sources"], params["seconds"])
            module.exit_json(changed=True)
        if params["state"] == "marked":
            module.exit_json(changed=False, now=meter.state()["now"])
        if params["state"] == "read":
            module.exit_json(changed=False, outages=longest_outages(meter.state(), params["since"]))
        if params["state"] == "stopped":
            module.exit_json(changed=meter.stop())
        silent = meter.settle(params["seconds"], params["limit"], params["timeout"])
    if silent:
        names = ", ".join(f"{name} ({outage:.1f} s)" for name, outage in sorted(silent.items()))
        module.fail_json(msg=f"no steady answers within {params['timeout']} s: outages above {params['limit']} s to {names}")
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
