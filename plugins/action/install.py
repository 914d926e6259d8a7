# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``install``: the module looks, ansible.builtin.package installs, the module looks again."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

MODULE = "meshwork.wireguard.install"


class ActionModule(ActionBase):
    """Call the package manager only for what the host lacks."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Look, install, look again."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        state = self._task.args.get("state", "present")
        seen = self._execute_module(module_name=MODULE, module_args=self._task.args, task_vars=task_vars)
        if seen.get("failed") or not seen.get("packages"):
            return {**result, **seen}
        packages = seen["packages"]
        if self._task.check_mode and state != "latest":
            return {**result, **seen, "changed": True, "diff": _diff(packages, state)}
        done = self._packages(packages, state, seen["manager"], task_vars)
        if done.get("failed"):
            hint = seen.get("hint")
            raise AnsibleActionFail(f"installing {', '.join(packages)}: {done.get('msg')}" + (f" ({hint})" if hint else ""))
        changed = bool(done.get("changed") or seen["changed"])
        if self._task.check_mode or state == "absent":
            return {**result, **seen, "changed": changed, "diff": _diff(packages if changed else [], state)}
        after = self._execute_module(module_name=MODULE, module_args=self._task.args, task_vars=task_vars)
        if not after.get("failed") and state == "present" and after["packages"]:
            raise AnsibleActionFail(f"{', '.join(after['packages'])}: installed, and its programs are still not found")
        return {**result, **after, "changed": changed, "packages": packages, "diff": _diff(packages if changed else [], state)}

    def _packages(self, names: list[str], state: str, manager: str, task_vars: Any) -> dict[str, Any]:
        args: dict[str, Any] = {"name": names, "state": state, "use": manager}
        if manager == "apt":
            args["install_recommends"] = False
            args["update_cache"] = state != "absent"  # also where lists are young: in an image they may be young and empty
        task = self._task.copy()
        task.args = args
        action = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.package",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        done: dict[str, Any] = action.run(task_vars=task_vars)
        return done


def _diff(packages: list[str], state: str) -> dict[str, str]:
    sign = "-" if state == "absent" else "+"
    return {"prepared": "".join(f"{sign} package {name}\n" for name in packages)}
