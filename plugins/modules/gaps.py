#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``gaps``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gaps
short_description: Measure how long addresses do not answer
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - A program on the host pings the addresses twenty times a second and records the gaps between answers. It ends on its own.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: none
  diff_mode:
    support: none
  platform:
    support: full
    platforms: linux
options:
  state:
    description:
      - V(started) starts the program, V(marked) returns the host's time, V(read) returns the longest gaps since then, V(settled)
        waits until all addresses answer, V(stopped) stops the program.
    type: str
    choices: [started, marked, read, settled, stopped]
    required: true
  targets:
    description: With O(state=started), the addresses.
    type: list
    elements: str
    default: []
  sources:
    description: With O(state=started), the host's addresses from which it pings, one of each IP version.
    type: list
    elements: str
    default: []
  since:
    description: With O(state=read), what O(state=marked) has returned as RV(now) on this host.
    type: float
  seconds:
    description:
      - With O(state=started), after how many seconds it ends on its own; with O(state=settled), for how long all addresses must
        answer.
    type: int
    default: 600
  limit:
    description: With O(state=settled), the longest acceptable gap, in seconds.
    type: float
    default: 0.3
  timeout:
    description: With O(state=settled), after how many seconds the module fails and names the addresses that do not answer.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Begin
  meshwork.wireguard.gaps:
    state: started
    targets: [10.8.0.4, 10.8.0.5]
    sources: [10.8.0.3]
"""

RETURN = r"""
now:
  description: The host's monotonic clock, in seconds.
  returned: O(state=marked)
  type: float
gaps:
  description: Addresses, each with its longest gap in seconds.
  returned: O(state=read)
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.gaps import Gaps, longest
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
        gaps = Gaps(Host())
        if params["state"] == "started":
            gaps.start(params["targets"], params["sources"], params["seconds"])
            module.exit_json(changed=True)
        if params["state"] == "marked":
            module.exit_json(changed=False, now=gaps.state()["now"])
        if params["state"] == "read":
            module.exit_json(changed=False, gaps=longest(gaps.state(), params["since"]))
        if params["state"] == "stopped":
            module.exit_json(changed=gaps.stop())
        silent = gaps.settle(params["seconds"], params["limit"], params["timeout"])
    if silent:
        said = ", ".join(f"{name} ({gap:.1f} s)" for name, gap in sorted(silent.items()))
        module.fail_json(msg=f"do not answer without gaps above {params['limit']} s: {said}")
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
