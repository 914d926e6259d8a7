# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluating variables in action plugins, and what a plan has for a host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.template import Templar

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host import metrics, names
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import WRITTEN
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import only_set
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import interfaces_in, native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.host_names import NONE, names_on
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.metrics.measured import measured
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import preshared_for

try:
    from ansible.template import trust_as_template

    _LOOKUPS_STAY = False
except ImportError:  # before ansible-core 2.19 all text is a template, and lookups in a copy use the original's variables
    _LOOKUPS_STAY = True

    def trust_as_template(value: str) -> str:
        """The text unchanged."""
        return value


def evaluate(templar: Templar, variable: str, variables: Mapping[str, Any]) -> Any:
    """The value of a variable, with the given values of other variables.

    :raises AnsibleError: it is not a variable name, but an expression, or it cannot be evaluated.
    """
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", variable):
        raise AnsibleActionFail(f"'{variable:.100}' is not a variable name; put the expression into a variable")
    text = trust_as_template("{{ " + variable + " }}")
    if _LOOKUPS_STAY:
        with templar.set_temporary_context(available_variables=dict(variables)):
            return templar.template(text)
    return templar.copy_with_new_env(available_variables=dict(variables)).template(text)


_SECRETS = ("preshared_secret", "preshared_keys", "networks", "preshared_secret_previous")
"""Variables, in the order in which :func:`preshared_for` takes them."""
TEMPLATE = "wireguard.conf.j2"
"""The template of the role ``interface``. It has nothing but the line ``WRITTEN`` and the configuration."""


class Planned:
    """What the registered result of ``registry``, in the variable ``name``, has for the host of a task.

    The task's arguments could be templates, but for large networks, evaluating these takes longer than all else that the
    controller does for a host.

    :raises AnsibleActionFail: the variable has no such result, or no plan for this host.
    """

    def __init__(self, templar: Templar, task_vars: Mapping[str, Any], name: str) -> None:
        self._templar, self._variables = templar, task_vars
        self._host = str(task_vars["inventory_hostname"])
        plan = task_vars.get(name)
        if not isinstance(plan, Mapping) or self._host not in plan.get("hosts", ()):
            raise AnsibleActionFail(f"plan_from: the variable {name} has no plan for host {self._host}; run registry before")
        self.plan: Mapping[str, Any] = plan

    @cached_property
    def steps(self) -> dict[str, Any]:
        """The host's entry in ``hosts``."""
        found: dict[str, Any] = native(self.plan["hosts"][self._host])
        return found

    def values(self, *names: str) -> dict[str, Any]:
        """The variables ``wireguard_NAME`` that are set, by name."""
        found = {name: self._value(f"wireguard_{name}") for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def interfaces(self, render: str) -> Iterator[tuple[dict[str, Any], str]]:
        """The interfaces, as the filter of this name gives them or without ``config``, each with its configuration.

        :param render: name of the variable that renders ``wireguard_template_interface`` with another template than the role's.
        """
        found = interfaces_in(self.plan["networks"])
        try:
            given = (self._value(f"wireguard_{name}") for name in _SECRETS)
            preshared = preshared_for(found.networks_of(self._host), *given)
            if self._variables.get("wireguard_template") == TEMPLATE:
                yield from ((entry, f"{WRITTEN}\n{text}") for entry, text in found.rendered(self._host, preshared))
                return
            entries = found.of(self._host, preshared)
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from None
        for entry in entries:
            values = {**self._variables, "wireguard_template_interface": entry}
            yield entry, str(evaluate(self._templar, render, values))

    def metrics(self) -> str | None:
        """The settings of the host's metrics as text, by the variables of the role ``metrics``; None if they are off."""
        given = native(self.values("metrics", "metrics_peers", "metrics_directory", "metrics_interval", "key_directory"))
        options = {name.replace("metrics_", ""): value for name, value in given.items()}
        try:
            if not boolean(options.pop("metrics", False)):
                return None
            found = measured(interfaces_in(self.plan["networks"]), self._host, options.pop("peers", metrics.PROBED[0]))
            return metrics.settings_text(metrics.settings_from({**options, "interfaces": found}))
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from None

    def names(self) -> names.NamesSettings | None:
        """The names that the host gets, by the variable ``wireguard_names``; None if it gets none."""
        way = str(self._value("wireguard_names") or NONE)
        try:
            found = names_on(interfaces_in(self.plan["networks"]), self._host, way)
            return None if found is None else names.settings_from(found)
        except (ValueError, TypeError) as error:
            raise AnsibleActionFail(str(error)) from None

    def _value(self, name: str) -> Any:
        return only_set(self._templar.template(self._variables[name])) if self._variables.get(name) is not None else None
