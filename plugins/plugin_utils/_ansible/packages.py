# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What action plugins share that install packages: a module looks, ansible.builtin.package installs, the module looks again."""

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
    """Calls the package manager only for what the host lacks. The module returns ``packages``, ``manager`` and ``hint``."""

    def installed(
        self, args: Mapping[str, Any], state: str, again: Mapping[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """The module's result, with what it had missed brought in.

        :param state: ``present``, ``latest`` or ``absent``.
        :param again: arguments with which the module is run once more, when the packages are there.
        """
        seen = self.on_host(args, task_vars)
        if seen.get("failed") or not seen.get("packages"):
            return seen
        packages = seen["packages"]
        if self._task.check_mode and state != "latest":
            return {**seen, "changed": True, "diff": _diff(packages, state, seen)}
        done = self._packages(packages, state, seen["manager"], task_vars)
        if done.get("failed"):
            verb, said = (
                "removing" if state == "absent" else "installing",
                " ".join(lines(str(done.get("msg")), "msg")).rstrip(" :"),
            )
            raise AnsibleActionFail(f"{verb} {', '.join(packages)}: {said} ({seen.get('hint') or _REMEDY})")
        changed = bool(done.get("changed") or seen["changed"])
        if self._task.check_mode or state == "absent":
            return {**seen, "changed": changed, "diff": _diff(packages if changed else [], state, seen)}
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


def _diff(packages: list[str], state: str, seen: Mapping[str, Any]) -> dict[str, str]:
    sign = "-" if state == "absent" else "+"
    own: str = seen.get("diff", {}).get("prepared", "")
    return {"prepared": "".join(f"{sign} package {name}\n" for name in packages) + own}
