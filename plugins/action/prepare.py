# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``prepare``: renders the configurations of all interfaces of a host, and installs missing packages."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import digest
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.places import MAIN as MEASURING
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import MAIN as NAMING
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import settings_text
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.packages import PackageAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import packed
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.templating import Planned, evaluate

KEYS = ("name", "key", "make_key", "renews_key", "forward", "isolation", "inside")
"""The keys of an interface that the module gets."""
OPTIONS = ("package_state", "implementation", "key_directory", "private_keys", "regenerate", "exclusive", "backend")
"""With a plan, these are the variables ``wireguard_*`` if they are not given."""


class ActionModule(PackageAction):
    """A single module run if the packages are already installed."""

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Render, compare, install, compare again."""
        args, needs = dict(self._task.args), set()
        name = args.pop("plan_from", None)
        planned = Planned(self._templar, task_vars, str(name)) if name else None
        if planned is not None and not planned.steps["interfaces"]:
            return {"changed": False, "skipped": True, "skip_reason": "The host has no interface"}
        missing = [name for name in ("render", "interfaces") if args.get(name) is None and (name == "render" or not planned)]
        if missing:
            raise AnsibleActionFail("missing required arguments: " + ", ".join(missing))
        variable = args.pop("render")
        if planned is not None:
            rendered = list(planned.interfaces(variable))
            keys = {name: planned.steps[name] for name in ("make_keys", "make_next_keys", "foreign_keys")}
            metrics = planned.metrics()
            keys |= {"metrics": metrics, "metrics_program": digest(MEASURING) if metrics is not None else ""}
            names = planned.names()
            if names is not None:
                keys |= {"names": hashlib.sha256(settings_text(names).encode()).hexdigest(), "names_program": digest(NAMING)}
                needs |= {"resolver"} if any(network.serves for network in names.networks.values()) else set()
            args = {**planned.values(*OPTIONS), "plan": planned.plan["digest"], **keys, **args}
        else:
            rendered = [
                (entry, str(evaluate(self._templar, variable, {**task_vars, "wireguard_template_interface": entry})))
                for entry in args["interfaces"]
            ]
        args["needs"] = sorted(needs.union(*(entry.get("needs", ()) for entry, _text in rendered)))
        args["interfaces"] = [{key: entry[key] for key in KEYS if key in entry} for entry, _text in rendered]
        args["contents"] = json.dumps({entry["name"]: text for entry, text in rendered})
        state = args.get("package_state", "present")
        result = self.installed(args, state, {**args, "package_state": "present"}, task_vars)
        return packed(result) if planned is not None and result.get("interfaces") else result
