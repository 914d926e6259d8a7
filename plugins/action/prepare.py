# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``prepare``: renders the configurations of all interfaces of a host, and installs missing packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import WRITTEN
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import interfaces_in, native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.packages import PackageAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import packed
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.templating import evaluate
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import preshared_for

KEYS = ("name", "key", "make_key", "renews_key", "forward", "isolation", "inside")
"""The keys of an interface that the module gets."""
TEMPLATE = "wireguard.conf.j2"
"""The template of the role ``interface``."""
OPTIONS = ("package_state", "implementation", "key_directory", "private_keys", "regenerate", "exclusive", "backend")
"""With a plan, these are the variables ``wireguard_*`` if they are not given. Evaluating a template for each of them would take
longer than all else that the controller does for a host.
"""


class ActionModule(PackageAction):
    """A single module run if the packages are already installed."""

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Render, compare, install, compare again."""
        args = dict(self._task.args)
        args.pop("contents", None)
        planned = bool(args.get("plan_from"))
        if planned:
            args = {**self._planned(str(args.pop("plan_from")), task_vars), **args}
            if not args["interfaces"]:
                return {"changed": False, "skipped": True, "skip_reason": "The host has no interface"}
        missing = [name for name in ("render", "interfaces") if args.get(name) is None]
        if missing:
            raise AnsibleActionFail("missing required arguments: " + ", ".join(missing))
        variable = args.pop("render")
        described = args.pop("interfaces")
        args["needs"] = sorted({need for interface in described for need in interface.get("needs", ())})
        args["interfaces"] = [{key: entry[key] for key in KEYS if key in entry} for entry in described]
        if "contents" not in args:
            args["contents"] = json.dumps(
                {
                    entry["name"]: str(evaluate(self._templar, variable, {**task_vars, "wireguard_template_interface": entry}))
                    for entry in described
                }
            )
        state = args.get("package_state", "present")
        result = self.installed(args, state, {**args, "package_state": "present"}, task_vars)
        return packed(result) if planned and result.get("interfaces") else result

    def _planned(self, variable: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for this host from the registered result of the module ``registry``."""
        plan, host = task_vars.get(variable), task_vars["inventory_hostname"]
        if not isinstance(plan, Mapping) or host not in plan.get("hosts", ()):
            raise AnsibleActionFail(f"plan_from: the variable {variable} has no plan for host {host}; run registry before")
        steps = native(plan["hosts"][host])
        if not steps["interfaces"]:
            return {"interfaces": []}
        values = {name: self._value(task_vars, f"wireguard_{name}") for name in OPTIONS}
        return {
            **{name: value for name, value in values.items() if value is not None},
            **self._interfaces(plan, host, task_vars),
            "plan": native(plan["digest"]),
            "make_keys": steps["make_keys"],
            "foreign_keys": steps["foreign_keys"],
        }

    def _interfaces(self, plan: Mapping[str, Any], host: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """The interfaces and, with the role's own template, their configurations: it has nothing but the first line and these."""
        found = interfaces_in(plan["networks"])
        names = ("preshared_secret", "preshared_keys", "networks")
        try:
            given = (self._value(task_vars, f"wireguard_{name}") for name in names)
            preshared = preshared_for(found.networks_of(host), *given)
            if task_vars.get("wireguard_template") != TEMPLATE:
                return {"interfaces": found.of(host, preshared)}
            rendered = found.rendered(host, preshared)
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from None
        contents = {entry["name"]: f"{WRITTEN}\n{text}" for entry, text in rendered}
        return {"interfaces": [entry for entry, _text in rendered], "contents": json.dumps(contents)}

    def _value(self, task_vars: Mapping[str, Any], name: str) -> Any:
        """A variable's value, None if it is not set."""
        return only_set(self._templar.template(task_vars[name])) if task_vars.get(name) is not None else None
