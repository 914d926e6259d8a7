#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``trial``: its action plugin sees to new connections and to the other hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: trial
short_description: Make a change that is rolled back unless it is confirmed
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - M(meshwork.wireguard.interface) with O(meshwork.wireguard.interface#module:trial=true) prepares a change on the host. This
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
  platform:
    support: full
    platforms: linux
options:
  proposals:
    description:
      - For each interface with a change waiting, what M(meshwork.wireguard.interface) returned as C(trial).
      - If another run has replaced the change since, the module fails and leaves that one alone.
    type: dict
    required: true
  state:
    description:
      - V(started) arms a timer on the host that restores the previous file and live state, and then makes the change, a second
        after the module has ended.
      - V(proven) reconnects to the host and sends a packet to each remaining peer with a handshake in the previous three minutes;
        all must answer. If the host cannot be reached, it waits until the host has rolled back, and reports that.
      - V(kept) confirms the change and stops the timer.
    type: str
    choices: [started, proven, kept]
    required: true
  seconds:
    description:
      - With O(state=started), seconds after which the host rolls back. The whole batch must be verified in that time.
      - At least 30, because the peers have 20 seconds to answer.
    type: int
    default: 60
  started:
    description:
      - With O(state=proven) and O(state=kept), what the task with V(started) has registered. If one of the hosts that were
        started together is not verified, none of them confirms the change.
    type: dict
  proofs:
    description: With O(state=kept), name of the variable in which the task with V(proven) has registered its result on each host.
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
    trial: true
  register: prepared

- name: Make it
  meshwork.wireguard.trial:
    proposals:
      wg0: "{{ prepared.trial }}"
    state: started
    seconds: 60
  register: started

- name: See whether all is still there
  meshwork.wireguard.trial:
    proposals:
      wg0: "{{ prepared.trial }}"
    state: proven
    started: "{{ started }}"
  register: proof

- name: Keep it
  meshwork.wireguard.trial:
    proposals:
      wg0: "{{ prepared.trial }}"
    state: kept
    started: "{{ started }}"
    proofs: proof
"""

RETURN = r"""
trials:
  description: The interfaces whose change is on trial.
  returned: success
  type: list
  elements: str
batch:
  description: The hosts of the play's batch, with which this one goes on.
  returned: state is started
  type: list
  elements: str
until:
  description: When the host goes back, in seconds since the epoch on the controller.
  returned: state is started
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.keeper import Keeper
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.proving import NotProven, keep, prove

ARGUMENT_SPEC = {
    "proposals": {"type": "dict", "required": True},
    "state": {"type": "str", "choices": ["started", "proven", "kept"], "required": True},
    "seconds": {"type": "int", "default": 60},
    "started": {"type": "dict"},
    "proofs": {"type": "str", "default": ""},
}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC)
    params = module.params
    runner = Runner()
    trials = []
    for name, number in params["proposals"].items():
        try:
            if params["state"] == "started":
                found = Keeper(runner, name).start(number, params["seconds"])
            else:
                found = prove(runner, name, number) if params["state"] == "proven" else keep(runner, name, number)
        except (NotProven, CommandFailed, ValueError, OSError) as error:
            module.fail_json(msg=f"interface {name}: {error}")
        trials += [name] if found else []
    module.exit_json(changed=params["state"] == "started" and bool(trials), trials=trials)


if __name__ == "__main__":
    main()
