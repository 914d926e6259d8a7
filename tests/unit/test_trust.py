# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on hosts, and what runs once: only the collection's own modules, whose results are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import MODULES

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")])
CONTROL = {
    "import_role", "include_role", "import_tasks", "include_tasks", "import_playbook", "meta", "assert", "fail", "pause",
    "set_fact", "wait_for_connection",
}  # fmt: skip
"""Of ansible-core: they take nothing from a host that goes into variables."""
NOT_ONCE = {"debug", "set_fact", "include_vars"}
"""ansible-core 2.21 gives all hosts one dict of facts after these with run_once."""


def tasks_in(value):
    for entry in value if isinstance(value, list) else ():
        if "hosts" in entry or "block" in entry:
            for part in ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always"):
                yield from tasks_in(entry.get(part))
        else:
            yield entry


def module_of(task):
    return next(key for key in task if "." in key)


TASKS = [
    pytest.param(task, id=f"{path.relative_to(ROOT)}: {task['name']}")
    for path in FILES
    for task in tasks_in(yaml.safe_load(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("task", TASKS)
def test_no_module_of_others_runs_on_a_host(task):
    *_collection, name = module_of(task).split(".")
    if module_of(task).startswith("ansible.builtin."):
        on_controller = task.get("delegate_to") == "localhost" and name == "command"
        assert name in CONTROL or on_controller, task


@pytest.mark.parametrize("task", TASKS)
def test_nothing_that_may_leave_facts_runs_once(task):
    name = module_of(task)
    if task.get("run_once"):
        assert name.rpartition(".")[2] not in (*NOT_ONCE, "command"), task
        assert name.rpartition(".")[2] not in MODULES, task
