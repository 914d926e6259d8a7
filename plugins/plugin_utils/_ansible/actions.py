# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all action plugins share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.json_utils import _filter_non_json_lines
from ansible.plugins.action import ActionBase

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.facts import refuse_facts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.readers import NotBelieved
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import read_result
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

_LOOK = "check whether the host was tampered with, and whether its Python is supported"


class Action(ActionBase):  # type: ignore[misc]
    """An action that goes by the variables of the inventory and of the play, and by no host's word for them."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Refuse variables that the host says of itself."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            refuse_facts(self._host(variables), variables)
        except PlanError as error:
            raise AnsibleActionFail(str(error)) from None
        return result

    def _host(self, variables: Mapping[str, Any]) -> str:
        """Its name, or where it is, if it has another name for itself."""
        facts = variables.get("ansible_facts")
        own = isinstance(facts, Mapping) and "inventory_hostname" in facts
        return str(self._play_context.remote_addr if own else variables.get("inventory_hostname", ""))


_PATH = re.compile(r"/[A-Za-z0-9_./+-]{1,200}")
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class HostAction(Action):
    """Runs the module of the same name on the host, and believes of its result what a reader takes.

    Anything else that a result may hold for Ansible, such as facts, does not get further than this.
    """

    _read: dict[str, Any] | None = None

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do the task."""
        result = super().run(tmp, task_vars)
        return {**result, **self.answer(task_vars or {})}

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module with the task's arguments; some actions do more."""
        return self.on_host(self._task.args, task_vars)

    def on_host(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """The module's result, as far as it is believed.

        :raises AnsibleActionFail: it has not the form that the module gives it.
        """
        name, self._read = self._module, None
        try:
            done = self._execute_module(module_name=f"meshwork.wireguard.{name}", module_args=dict(args), task_vars=task_vars)
            found = read_result(name, done) if self._read is None else self._read
        except (NotBelieved, RecursionError) as error:
            what = str(error) or "its result is nested too deeply"
            host = self._task.delegate_to or task_vars.get("inventory_hostname")
            raise AnsibleActionFail(f"host {host}: the module {name} returned an invalid result: {what}; {_LOOK}") from None
        if "warnings" in found and "warnings" not in done:
            del found["warnings"]  # core has said them
        if self._discovered_interpreter_key and _PATH.fullmatch(str(self._discovered_interpreter)):
            # Core's own finding, without which it would look again for each task.
            found["ansible_facts"] = {self._discovered_interpreter_key: self._discovered_interpreter}
        return found

    @property
    def _module(self) -> str:
        return str(self._task.action).rpartition(".")[2]

    def _parse_returned_data(self, res: dict[str, Any], *profile: Any) -> dict[str, Any]:
        """Read what the host sent before core does: it takes warnings out and shows what it cannot read, raw."""
        shown = {key: _UNSHOWN.sub("?", value) if isinstance(value, str) else value for key, value in res.items()}
        sent = _json_in(str(res.get("stdout", "")))
        if sent is not None:
            self._read = read_result(self._module, sent)
            shown["stdout"] = json.dumps(self._read)
        parsed: dict[str, Any] = super()._parse_returned_data(shown, *profile)
        return parsed


def _json_in(text: str) -> dict[str, Any] | None:
    """The one JSON object that a module prints, among lines of a login's banner; None where there is none."""
    try:
        found, _warnings = _filter_non_json_lines(text, objects_only=True)
        value = json.loads(found)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
