# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``interface``: takes an interface from a plan, runs the module and reads its result strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict
from ansible_collections.meshwork.wireguard.plugins.modules.interface import ARGUMENT_SPEC
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import HostAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.templating import Planned


class ActionModule(HostAction):
    """Run the module on the host."""

    def answer(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Send the configuration as text."""
        args = {key: value for key, value in self._task.args.items() if key not in ("plan_from", "render")}
        if self._task.args.get("plan_from"):
            planned = Planned(self._templar, task_vars, str(self._task.args["plan_from"]))
            args = {**_planned(planned, str(args.get("name")), str(self._task.args.get("render"))), **args}
        return self.on_host(with_content(args), task_vars)


def _planned(planned: Planned, name: str, render: str) -> dict[str, Any]:
    """The arguments for one of the host's interfaces."""
    entry, content = next((one for one in planned.interfaces(render) if one[0]["name"] == name), ({}, ""))
    if not entry:
        raise AnsibleActionFail(f"interface {name}: the plan has no such interface for this host")
    values = planned.values("interface_state", "key_directory", "backup", "exclusive", "backend", "max_removals")
    state, directory = values.pop("interface_state", "present"), values.pop("key_directory", "/etc/wireguard")
    return {
        **values,
        "state": state,
        "content": content,
        "private_key_file": f"{directory}/{entry['key']}.key",
        "forward": entry["forward"],
        "ended": native(planned.plan["ended"]),
        **entry.get("inside", {}),
        **{key: entry[key] for key in ("isolation",) if key in entry},
    }


def with_content(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with ``content`` in place of ``config``.

    ansible-core looks for each secret in each text of the result: with 50,000 preshared keys that takes a quarter of an hour, but
    one text that contains them all is one secret. What is wrong stays as it is, and the module says so.
    """
    if not isinstance(args.get("config"), Mapping) or "content" in args:
        return dict(args)
    checked = ArgumentSpecValidator({"config": ARGUMENT_SPEC["config"]}).validate({"config": native(args["config"])})
    if checked.error_messages:
        return dict(args)
    try:
        content = render_conf(config_from_dict(checked.validated_parameters["config"]))
    except ValueError:
        return dict(args)
    return {**{name: value for name, value in args.items() if name != "config"}, "content": content}
