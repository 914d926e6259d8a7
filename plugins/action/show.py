# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``show``: prints text unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


class ActionModule(Action):
    """Print lines, or data as JSON."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller; nothing is sent to a host."""
        result = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(
            {
                "text": {"type": "raw"},
                "data": {"type": "raw"},
                "dest": {"type": "path"},
            },
            required_one_of=[["text", "data"]],
        )
        text, data = native(args["text"]), native(args["data"])
        shown = json.dumps(data, indent=4) if text is None else text if isinstance(text, str) else "\n".join(map(str, text))
        self._display.display(shown)
        return {**result, "changed": self._written(args["dest"], data), "msg": data if text is None else shown.split("\n")}

    def _written(self, dest: str | None, data: Any) -> bool:
        if dest is None:
            return False
        path = Path(dest)
        try:
            return Writer(path.parent, self._task.check_mode).put(path.name, json.dumps(data, indent=4, sort_keys=True) + "\n")
        except PlanError as error:
            raise AnsibleActionFail(str(error)) from error
