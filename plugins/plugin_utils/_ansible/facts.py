# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of hosts that override variables: none of the collection's variables may be one.

Any module's result may contain ``ansible_facts``, and as long as ansible-core injects facts as variables, they override the
inventory, group_vars and role defaults (Ansible's documentation, "Understanding variable precedence").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible import constants

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.variable_names import NAMES
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import VARIABLES
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

_PRIVATE = "__wireguard_"
_ANSIBLES = (
    "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short",
    "cycler", "dict", "joiner", "lipsum", "lookup", "namespace", "now", "omit", "q", "query", "range", "undef",
)  # fmt: skip
"""Other names that facts could override: the identity of a host, which selects its part of the plan, and functions of templates.
"""
_OURS = {*NAMES, *VARIABLES, *_ANSIBLES}
_REMEDY = (
    "only the inventory may set it; set inject_facts_as_vars = False in ansible.cfg, or run 'meta: clear_facts' first "
    "(set_fact with cacheable also makes facts: use it without)"
)


def refuse_facts(host: str, variables: Mapping[str, Any]) -> None:
    """Stop if a variable that this collection reads is a fact of the host.

    :param variables: of the host, untemplated: those of a task, or of ``hostvars.raw_get``. Variables with precedence over facts
        (extra variables, those of plays, roles and tasks, ``set_fact``) differ from the fact, and are accepted.
    :raises PlanError: with the host, the variable and the remedy.
    """
    fact = next(_facts_among(variables), None)
    if fact is not None:
        raise PlanError(f"host {host}: sets {fact} by a fact; {_REMEDY}")


def _facts_among(variables: Mapping[str, Any]) -> Iterator[str]:
    facts = variables.get("ansible_facts")
    if not constants.INJECT_FACTS_AS_VARS or not isinstance(facts, Mapping):
        return
    for name in sorted(map(str, facts)):
        if (name in _OURS or name.startswith(_PRIVATE)) and name in variables and variables[name] == facts[name]:
            yield name
