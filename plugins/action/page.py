# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``page``: writes what a run has measured as an HTML file on the controller."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._page.page import page_html
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.links import Cause
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.page import page_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import note_of

MODES = ("0600", "0640", "0644")
MOST_IN_DIFF = 100_000
"""Bytes; a larger file is named in a diff, but not shown, as in those of ansible-core."""
_TEXT = {"type": "str", "required": True}
_CAUSE = {
    "network": _TEXT,
    "nodes": {"type": "list", "elements": "str", "required": True},
    "code": _TEXT,
    "cause": _TEXT,
    "remedy": _TEXT,
    "ruled_out": {"type": "list", "elements": "str"},
}


class ActionModule(ControllerAction):
    """Write the page of a run."""

    _supports_diff = True
    ARGUMENTS: Mapping[str, Any] = {
        "networks": {"type": "raw", "required": True},
        "reports_from": {"type": "str", "required": True},
        "prepared_from": {"type": "str", "required": True},
        "pairs": {"type": "list", "elements": "dict", "required": True, "options": _CAUSE},
        "dest": {"type": "path", "required": True},
        "mode": {"type": "str", "choices": [*MODES], "default": MODES[0]},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Compute the page, and write it."""
        path = Path(args["dest"])
        if path.is_dir():
            raise PlanError(f"{path}: is a directory; name a file in it, such as {path / 'wireguard.html'}")
        InventorySources(self.sources).check(path)
        note = note_of("", self._variables)
        causes = [_cause(pair) for pair in args["pairs"]]
        reports, prepared = self.results(args["reports_from"]), self.results(args["prepared_from"])
        page = page_of(networks(args["networks"]), reports, prepared, causes, (time.time(), note.who, note.run))
        text, warnings = page_html(page)
        writer = Writer(path.parent, self._task.check_mode)
        before = writer.read(path.name)
        changed = writer.put(path.name, text, int(args["mode"], 8))
        diff = [_diff(path, before, text.encode())] if self._task.diff and changed else []
        return {"changed": changed, "dest": str(path), "diff": diff, "warnings": warnings}


def _cause(pair: Mapping[str, Any]) -> Cause:
    a, b = pair["nodes"]
    return Cause(pair["network"], (a, b), pair["code"], pair["cause"], pair["remedy"])


def _diff(path: Path, before: bytes | None, after: bytes) -> dict[str, Any]:
    old = before or b""
    found: dict[str, Any] = {"before_header": str(path), "after_header": str(path)}
    if len(old) > MOST_IN_DIFF:
        found["dst_larger"] = MOST_IN_DIFF
    if len(after) > MOST_IN_DIFF:
        found["src_larger"] = MOST_IN_DIFF
    if max(len(old), len(after)) > MOST_IN_DIFF:
        return found
    return {**found, "before": old.decode("utf-8", "replace"), "after": after.decode("utf-8", "replace")}
