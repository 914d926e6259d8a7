#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``rollback``: its action plugin sees to new connections and to the other hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Make a change, and roll it back unless it is confirmed
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - M(meshwork.wireguard.interface) with O(meshwork.wireguard.interface#module:pending=true) prepares a change on the host. This
    module makes it in three steps, each a task of its own, so that all hosts of a batch are at the same step.
  - If the third step is never reached, because the change cut the connection, a peer stopped answering, the controller stopped or
    the network failed, the host reverts on its own.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: none
    details: In check mode M(meshwork.wireguard.interface) leaves no change on the host.
  diff_mode:
    support: none
options:
  pending:
    description:
      - For each interface with a change waiting, what M(meshwork.wireguard.interface) returned as C(pending).
      - If another run has replaced the change since, the module fails and leaves that one alone.
    type: dict
    required: true
  state:
    description:
      - V(armed) arms a timer on the host that restores the previous file and live state, and then makes the change, a second
        after the module has ended.
      - V(verified) reconnects to the host and sends a packet to each remaining peer with a handshake in the previous three
        minutes; all must answer. If the host cannot be reached, it waits until the host has rolled back, and reports that.
      - V(confirmed) confirms the change and stops the timer.
    type: str
    choices: [armed, verified, confirmed]
    required: true
  seconds:
    description:
      - With O(state=armed), seconds after which the host rolls back. The whole batch must be verified in that time.
      - At least 30, because the peers have 20 seconds to answer.
    type: int
    default: 60
  armed:
    description:
      - With O(state=verified) and O(state=confirmed), the registered result of the task with V(armed). If one host of the batch
        is not verified, none of them confirms the change.
    type: dict
  verified:
    description:
      - With O(state=confirmed), name of the variable in which the task with V(verified) has registered its result on each host.
    type: str
    default: ''
seealso:
  - module: meshwork.wireguard.interface
"""

EXAMPLES = r"""
- name: Prepare a change
  meshwork.wireguard.interface:
    name: wg0
    private_key_file: /etc/wireguard/wg0.key
    content: "{{ lookup('ansible.builtin.template', 'wg0.conf.j2') }}"
    pending: true
  register: prepared

- name: Arm and make the change
  meshwork.wireguard.rollback:
    pending:
      wg0: "{{ prepared.pending }}"
    state: armed
    seconds: 60
  register: armed

- name: Verify the change
  meshwork.wireguard.rollback:
    pending:
      wg0: "{{ prepared.pending }}"
    state: verified
    armed: "{{ armed }}"
  register: verified

- name: Confirm the change
  meshwork.wireguard.rollback:
    pending:
      wg0: "{{ prepared.pending }}"
    state: confirmed
    armed: "{{ armed }}"
    verified: verified
"""

RETURN = r"""
interfaces:
  description: The interfaces whose change is pending.
  returned: success
  type: list
  elements: str
batch:
  description: The hosts of the play's batch, which confirm the change only together.
  returned: state is armed
  type: list
  elements: str
until:
  description: When the host rolls back, in seconds since the epoch on the controller.
  returned: state is armed
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.timer import Timer
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.verifying import NotVerified, confirm, verify

ARGUMENT_SPEC = {
    "pending": {"type": "dict", "required": True},
    "state": {"type": "str", "choices": ["armed", "verified", "confirmed"], "required": True},
    "seconds": {"type": "int", "default": 60},
    "armed": {"type": "dict"},
    "verified": {"type": "str", "default": ""},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC)
    params = module.params
    host = Host()
    interfaces = []
    for name, number in params["pending"].items():
        try:
            if params["state"] == "armed":
                found = Timer(host, name).arm(number, params["seconds"])
            else:
                found = verify(host, name, number) if params["state"] == "verified" else confirm(host, name, number)
        except (NotVerified, CommandFailed, ValueError, OSError) as error:
            module.fail_json(msg=f"interface {name}: {error}")
        interfaces += [name] if found else []
    module.exit_json(changed=params["state"] == "armed" and bool(interfaces), interfaces=interfaces)


if __name__ == "__main__":
    main()
