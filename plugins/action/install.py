# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``install``: the module checks, ansible.builtin.package installs, the module checks again."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.packages import PackageAction


class ActionModule(PackageAction):
    """Call the package manager only for missing packages."""

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Check, install, check again."""
        state = self._task.args.get("state", "present")
        return self.installed(self._task.args, state, {**self._task.args, "state": "present"}, task_vars)
