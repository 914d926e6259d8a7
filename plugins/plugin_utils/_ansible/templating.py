# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluating variables in action plugins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.template import Templar

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
