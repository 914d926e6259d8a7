# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down what each run of the module `interface` gave: a line of JSON per run, in the file that INTERFACE_CHANGES names."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """The role runs the module in a loop, so each result is an item's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "interface_changes"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_item_on_ok(self, result):
        if "changes" in result._result:
            line = json.dumps([result._host.get_name(), result._result["changes"]])
            with open(os.environ["INTERFACE_CHANGES"], "a", encoding="utf-8") as stream:
                stream.write(line + "\n")
