# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what is sent to hosts: a line `HOST MODULE` per module run, in the file that MODULE_RUNS names."""

from __future__ import annotations

import os

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

_execute = ActionBase._execute_module


def _counted(self, module_name=None, *args, **kwargs):
    host = (kwargs.get("task_vars") or {}).get("inventory_hostname", "?")
    with open(os.environ["MODULE_RUNS"], "a", encoding="utf-8") as stream:
        stream.write(f"{host} {module_name or self._task.action}\n")
    return _execute(self, module_name, *args, **kwargs)


class CallbackModule(CallbackBase):
    """Puts the counter in place; the workers inherit it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_runs"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        ActionBase._execute_module = _counted
