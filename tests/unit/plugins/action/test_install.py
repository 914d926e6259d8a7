# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of looking and installing; what the module sees on a host and what the package manager says is given."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.meshwork.wireguard.plugins.action.install import ActionModule

LACKS = {"changed": False, "packages": ["wireguard-tools"], "manager": "apt", "hint": "", "tools_version": None}
HAS = {**LACKS, "packages": [], "tools_version": "1.0"}
PLUS = {"prepared": "+ package wireguard-tools\n"}


class Action(ActionModule):
    """The plugin with a host and a package manager that answer what they are told to."""

    def __init__(self, arguments, check_mode, seen, done):
        task = Task.load({"meshwork.wireguard.install": arguments})
        task.check_mode = check_mode
        loader, context = DataLoader(), PlayContext()
        connection = connection_loader.get("local", context)
        super().__init__(task, connection, context, loader, Templar(loader=loader), None)
        self.seen, self.done, self.log = list(seen), done, []

    def _execute_module(self, **_arguments):
        self.log.append("look")
        return dict(self.seen.pop(0))

    def _packages(self, names, state, manager, _task_vars):
        self.log.append((state, manager, *names))
        return self.done


@pytest.mark.parametrize(
    ("arguments", "check_mode", "seen", "done", "log", "expected"),
    [
        pytest.param({}, False, [HAS], None, ["look"], {"changed": False, "packages": []}, id="nothing missing"),
        pytest.param(
            {},
            False,
            [LACKS, HAS],
            {"changed": True},
            ["look", ("present", "apt", "wireguard-tools"), "look"],
            {"changed": True, "packages": ["wireguard-tools"], "tools_version": "1.0", "diff": PLUS},
            id="installed, looked again",
        ),
        pytest.param(
            {}, True, [LACKS], None, ["look"], {"changed": True, "packages": ["wireguard-tools"], "diff": PLUS}, id="check"
        ),
        pytest.param(
            {"state": "latest"},
            True,
            [LACKS],
            {"changed": False},
            ["look", ("latest", "apt", "wireguard-tools")],
            {"changed": False, "diff": {"prepared": ""}},
            id="check of latest asks the package manager",
        ),
        pytest.param(
            {"state": "latest"},
            False,
            [LACKS, HAS],
            {"changed": False},
            ["look", ("latest", "apt", "wireguard-tools"), "look"],
            {"changed": False, "diff": {"prepared": ""}},
            id="latest already",
        ),
        pytest.param(
            {"state": "absent"},
            False,
            [LACKS],
            {"changed": True},
            ["look", ("absent", "apt", "wireguard-tools")],
            {"changed": True, "diff": {"prepared": "- package wireguard-tools\n"}},
            id="absent",
        ),
        pytest.param(
            {}, False, [{"failed": True, "msg": "no"}], None, ["look"], {"failed": True, "msg": "no"}, id="the host cannot"
        ),
    ],
)
def test_flow(arguments, check_mode, seen, done, log, expected):
    action = Action(arguments, check_mode, seen, done)
    result = action.run(task_vars={})
    assert action.log == log
    assert {name: result.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("seen", "done", "message"),
    [
        (
            [LACKS],
            {"failed": True, "msg": "no such package: "},
            (
                "installing wireguard-tools: no such package (check that this host can reach its package sources and that no "
                "other process locks them, or do it by hand; then run again)"
            ),
        ),
        (
            [{**LACKS, "hint": "try EPEL"}],
            {"failed": True, "msg": "no such package"},
            "installing wireguard-tools: no such package (try EPEL)",
        ),
        ([LACKS, LACKS], {"changed": True}, "wireguard-tools: installed, but its programs are still not found"),
    ],
)
def test_failures(seen, done, message):
    with pytest.raises(AnsibleActionFail) as caught:
        Action({}, False, seen, done).run(task_vars={})
    assert str(caught.value) == message
