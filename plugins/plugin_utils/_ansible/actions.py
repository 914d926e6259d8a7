# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base classes of all action plugins."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.module_utils.json_utils import _filter_non_json_lines
from ansible.plugins.action import ActionBase

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.facts import refuse_facts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.readers import NotBelieved
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import read_result
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

_DEFAULT_SOURCE = "/etc/ansible/hosts"
"""Without ``-i``; some packages of ansible-core bring it with comments alone."""
_LOOK = "check whether the host was tampered with, and whether its Python is supported"


class Action(ActionBase):  # type: ignore[misc]
    """An action that uses the variables of the inventory and of the play, and refuses facts that override them."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Refuse variables that are facts of the host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            refuse_facts(self._host(variables), variables)
        except PlanError as error:
            raise AnsibleActionFail(str(error)) from None
        return result

    def _host(self, variables: Mapping[str, Any]) -> str:
        """The host's name, or its address, if a fact overrides its name."""
        facts = variables.get("ansible_facts")
        own = isinstance(facts, Mapping) and "inventory_hostname" in facts
        return str(self._play_context.remote_addr if own else variables.get("inventory_hostname", ""))


class ControllerAction(Action):
    """Runs on the controller alone; nothing is sent to a host."""

    _requires_connection = False
    _variables: dict[str, Any]
    """The task's variables."""
    ARGUMENTS: Mapping[str, Any]
    """The argument spec."""
    RULES: Mapping[str, Any] = {}
    """Its rules about several arguments, as ``required_one_of``."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task. Errors that name the object and the remedy become errors of the task."""
        result = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(self.ARGUMENTS, **self.RULES)
        self._variables = task_vars or {}
        try:
            return {**result, **self.answer(args)}
        except (ValueError, TypeError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The task's result for checked arguments. Each action has its own."""
        raise NotImplementedError

    def results(self, name: str) -> dict[str, Any]:
        """Host -> its registered result of that name, of the play's hosts that have one."""
        hostvars = self._variables["hostvars"]
        found = {host: hostvars[host].get(name) for host in self._variables["ansible_play_hosts_all"]}
        return {host: native(result) for host, result in found.items() if isinstance(result, Mapping)}

    @property
    def sources(self) -> list[str]:
        """The inventory sources of the run: absolute paths, and what is none. Ansible's own default counts only with hosts."""
        given = [str(source) for source in context.CLIARGS.get("inventory") or ()]
        return [] if given == [_DEFAULT_SOURCE] and not self._variables["groups"]["all"] else given


_PATH = re.compile(r"/[A-Za-z0-9_./+-]{1,200}")
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class HostAction(Action):
    """Runs the module of the same name on the host, and keeps only the part of the result that a strict reader accepts.

    Everything else in a result, such as facts, is dropped.
    """

    _read: dict[str, Any] | None = None

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        return {**result, **self.answer(task_vars or {})}

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module with the task's arguments. Some actions override this."""
        return self.on_host(self._task.args, task_vars)

    def on_host(self, args: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """The module's result, as far as the reader accepts it.

        :raises AnsibleActionFail: it does not have the module's form.
        """
        name, self._read = self._module, None
        try:
            done = self._execute_module(module_name=f"meshwork.wireguard.{name}", module_args=dict(args), task_vars=task_vars)
            result = read_result(name, done) if self._read is None else self._read
        except (NotBelieved, RecursionError) as error:
            what = str(error) or "its result is nested too deeply"
            host = self._task.delegate_to or task_vars.get("inventory_hostname")
            raise AnsibleActionFail(f"host {host}: the module {name} returned an invalid result: {what}; {_LOOK}") from None
        if "warnings" in result and "warnings" not in done:
            del result["warnings"]  # core has printed them
        if self._discovered_interpreter_key and not self._task.delegate_to and _PATH.fullmatch(str(self._discovered_interpreter)):
            # Found by core itself, which would otherwise search again for each task.
            result["ansible_facts"] = {self._discovered_interpreter_key: self._discovered_interpreter}
        return result

    @property
    def _module(self) -> str:
        return str(self._task.action).rpartition(".")[2]

    def _parse_returned_data(self, res: dict[str, Any], *profile: Any) -> dict[str, Any]:
        """Read the host's output before core does: core extracts warnings, and prints unreadable output unfiltered."""
        shown = {key: _UNSHOWN.sub("?", value) if isinstance(value, str) else value for key, value in res.items()}
        sent = _json_in(str(res.get("stdout", "")))
        if sent is not None:
            self._read = read_result(self._module, sent)
            shown["stdout"] = json.dumps(self._read)
        parsed: dict[str, Any] = super()._parse_returned_data(shown, *profile)
        return parsed


def _json_in(text: str) -> dict[str, Any] | None:
    """The JSON object that a module prints, among lines of a login banner; None if there is none."""
    try:
        document, _warnings = _filter_non_json_lines(text, objects_only=True)
        value = json.loads(document)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
