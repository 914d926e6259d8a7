# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes how long each task took: a line of JSON, [name, seconds], in the file that TASK_SECONDS names."""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """A task ends when the next one begins."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_seconds"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self._name, self._since = "start", time.perf_counter()

    def _next(self, name):
        now = time.perf_counter()
        with open(os.environ["TASK_SECONDS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps([self._name, round(now - self._since, 3)]) + "\n")
        self._name, self._since = name, now

    def v2_playbook_on_task_start(self, task, *_more, **_options):
        self._next(task.get_name())

    def v2_playbook_on_stats(self, *_stats):
        self._next("end")
