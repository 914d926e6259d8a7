# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base class for actions that install packages: a module checks, ansible.builtin.package installs, the module checks again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import HostAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.readers import lines

_REMEDY = (
    "check that this host can reach its package sources and that no other process locks them, or do it by hand; then run again"
)


class PackageAction(HostAction):
    """Calls the package manager only for missing packages. The module returns ``packages``, ``manager`` and ``hint``."""

    def installed(
        self, args: Mapping[str, Any], state: str, again: Mapping[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Run the module, install the packages that it misses, and run it again.

        :param state: ``present``, ``latest`` or ``absent``.
        :param again: arguments for the second run.
        """
        before = self.on_host(args, task_vars)
        if before.get("failed") or not before.get("packages"):
            return before
        packages = before["packages"]
        if self._task.check_mode and state != "latest":
            return {**before, "changed": True, "diff": _diff(packages, state, before)}
        done = self._packages(packages, state, before["manager"], task_vars)
        if done.get("failed"):
            verb = "removing" if state == "absent" else "installing"
            cause = " ".join(lines(str(done.get("msg")), "msg")).rstrip(" :")
            raise AnsibleActionFail(f"{verb} {', '.join(packages)}: {cause} ({before.get('hint') or _REMEDY})")
        changed = bool(done.get("changed") or before["changed"])
        if self._task.check_mode or state == "absent":
            return {**before, "changed": changed, "diff": _diff(packages if changed else [], state, before)}
        after = self.on_host(again, task_vars)
        if after.get("failed"):
            return after
        if after["packages"]:
            raise AnsibleActionFail(f"{', '.join(after['packages'])}: installed, but its programs are still not found")
        changed = changed or after["changed"]
        return {**after, "changed": changed, "packages": packages, "diff": _diff(packages if changed else [], state, after)}

    def _packages(self, names: list[str], state: str, manager: str, task_vars: Any) -> dict[str, Any]:
        args: dict[str, Any] = {"name": names, "state": state, "use": manager}
        if manager == "apt":
            args["install_recommends"] = False
            args["update_cache"] = state != "absent"  # even if the lists are recent: in an image they may be recent and empty
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


def _diff(packages: list[str], state: str, result: Mapping[str, Any]) -> dict[str, str]:
    sign = "-" if state == "absent" else "+"
    own: str = result.get("diff", {}).get("prepared", "")
    return {"prepared": "".join(f"{sign} package {name}\n" for name in packages) + own}
