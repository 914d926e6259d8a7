# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``rollback``: verifies hosts over new connections, and confirms a batch only as a whole."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import HostAction

AGAIN = 3
"""Seconds between tries to reach a host."""
LEAST = 30
"""Least seconds until the rollback: the peers have 20 to answer, and each step takes its time on the network."""
GRACE = 60
"""Seconds after its rollback in which a host must be reachable again."""
MARGIN = 3
"""Seconds to confirm the change on as many hosts as Ansible has forks."""
SILENCE = "-o ServerAliveInterval=5 -o ServerAliveCountMax=2"
"""A connection that the change cuts ends, instead of waiting forever."""


class ActionModule(HostAction):
    """Run the module, and check the rest of the batch."""

    _supports_check_mode = False

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Dispatch on the state."""
        state = self._task.args.get("state")
        if state == "verified":
            return self._verify(task_vars)
        if state == "confirmed":
            self._refuse_if_unverified(task_vars)
        if state == "armed":
            self._refuse_if_short()
        began = time.time()  # the host's own time begins a little later
        result = self._run_module(task_vars)
        if state == "armed" and not result.get("failed"):
            result["batch"] = list(task_vars["ansible_play_batch"])
            result["until"] = began + self._seconds
        return result

    @property
    def _seconds(self) -> int:
        return int(self._task.args.get("seconds", 60))

    def _refuse_if_short(self) -> None:
        if self._seconds < LEAST:
            message = f"nothing was changed: {self._seconds} seconds are too short to verify a change; set wireguard_rollback to"
            raise AnsibleActionFail(f"{message} {LEAST} or more, or to 0")

    @property
    def _armed(self) -> Mapping[str, Any]:
        """The registered result of the first step."""
        armed = self._task.args.get("armed")
        if not isinstance(armed, Mapping) or "until" not in armed:
            raise AnsibleActionFail("armed: must be the registered result of the task with state=armed")
        return armed

    def _run_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        args = {name: self._task.args[name] for name in ("pending", "state", "seconds") if name in self._task.args}
        done = self.on_host(args, task_vars)
        lost = [] if done.get("failed") else sorted(set(args["pending"]) - set(done["interfaces"]))
        if lost:
            message = f"interface {lost[0]}: its pending change is gone; the host was restarted, or another run replaced it"
            return {**done, "failed": True, "msg": message}
        return done

    def _verify(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        until = float(self._armed["until"])
        self._bound_silence()
        while True:
            try:
                self._connect_anew()
                return self._run_module(task_vars)
            except AnsibleConnectionFailure as failure:
                if time.time() > until + GRACE:
                    message = (
                        f"the host cannot be reached after the change, and not {GRACE} s after its rollback either: {failure}"
                    )
                    raise AnsibleConnectionFailure(message) from None
                self._display.warning(
                    f"{task_vars['inventory_hostname']}: cannot be reached after the change, trying again: {failure}"
                )
                time.sleep(AGAIN)

    def _bound_silence(self) -> None:
        if self._connection.transport == "ssh":
            extra = self._connection.get_option("ssh_extra_args") or ""
            self._connection.set_option("ssh_extra_args", f"{extra} {SILENCE}".strip())

    def _connect_anew(self) -> None:
        """Open a new connection. A shared one would only show that an old connection still works."""
        if type(self._connection).reset is not ConnectionBase.reset:  # others open a new one for each task anyway
            self._connection.reset()

    def _turns_left(self, task_vars: Mapping[str, Any]) -> int:
        """How many rounds of forks are left, from this host on: if the first hosts confirm, the last ones must have time to."""
        batch: list[str] = self._armed["batch"]
        forks = int(task_vars["ansible_forks"])
        return (len(batch) - 1) // forks - batch.index(task_vars["inventory_hostname"]) // forks + 1

    def _refuse_if_unverified(self, task_vars: Mapping[str, Any]) -> None:
        variable = self._task.args.get("verified") or ""
        for host in self._armed["batch"]:
            verified = task_vars["hostvars"][host].get(variable) or {}
            gone = host not in task_vars["ansible_play_hosts"]  # it did not start, or was lost during the run
            if gone or verified.get("failed") or verified.get("unreachable"):
                raise AnsibleActionFail(
                    f"the change is not confirmed, because {host} is not verified; this host will be rolled back"
                )
        if time.time() > float(self._armed["until"]) - MARGIN * self._turns_left(task_vars):
            raise AnsibleActionFail("the verification took too long, so the hosts will be rolled back; raise wireguard_rollback")
