# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all action plugins share."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.facts import refuse_facts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


class Action(ActionBase):  # type: ignore[misc]
    """An action that goes by the variables of the inventory and of the play, and by no host's word for them."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Refuse variables that the host says of itself."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            refuse_facts(variables.get("inventory_hostname", ""), variables)
        except PlanError as error:
            raise AnsibleActionFail(str(error)) from None
        return result
