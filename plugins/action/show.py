# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``show``: prints text unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import Writer


class ActionModule(ControllerAction):
    """Print lines, or data as JSON."""

    ARGUMENTS: Mapping[str, Any] = {
        "text": {"type": "raw"},
        "data": {"type": "raw"},
        "dest": {"type": "path"},
    }
    RULES: Mapping[str, Any] = {"required_one_of": [["text", "data"]]}

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Print, and write to the file."""
        text, data = native(args["text"]), native(args["data"])
        shown = json.dumps(data, indent=4) if text is None else text if isinstance(text, str) else "\n".join(map(str, text))
        self._display.display(shown)
        return {"changed": self._written(args["dest"], data), "msg": data if text is None else shown.split("\n")}

    def _written(self, dest: str | None, data: Any) -> bool:
        if dest is None:
            return False
        path = Path(dest)
        InventorySources(self.sources).check(path)
        return Writer(path.parent, self._task.check_mode).put(path.name, json.dumps(data, indent=4, sort_keys=True) + "\n")
