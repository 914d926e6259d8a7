# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``prepare``: renders the configurations of all interfaces of a host, and installs missing packages."""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.packages import PackageAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.templating import evaluate

KEYS = ("name", "key", "make_key", "renews_key", "forward", "isolation", "inside")
"""The keys of an interface that the module gets."""


class ActionModule(PackageAction):
    """A single module run if the packages are already installed."""

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Render, compare, install, compare again."""
        args = dict(self._task.args)
        missing = [name for name in ("render", "interfaces") if args.get(name) is None]
        if missing:
            raise AnsibleActionFail("missing required arguments: " + ", ".join(missing))
        variable = args.pop("render")
        described = args.pop("interfaces")
        args["needs"] = sorted({need for interface in described for need in interface.get("needs", ())})
        args["interfaces"] = [{key: entry[key] for key in KEYS if key in entry} for entry in described]
        args["contents"] = json.dumps(
            {
                entry["name"]: str(evaluate(self._templar, variable, {**task_vars, "wireguard_template_interface": entry}))
                for entry in described
            }
        )
        state = args.get("package_state", "present")
        return self.installed(args, state, {**args, "package_state": "present"}, task_vars)
