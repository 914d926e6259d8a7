# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that action plugins evaluate themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.template import Templar

try:
    from ansible.template import trust_as_template

    _LOOKUPS_STAY = False
except ImportError:  # before ansible-core 2.19 all text is a template, and lookups in a copy see the variables of the original
    _LOOKUPS_STAY = True

    def trust_as_template(value: str) -> str:
        """The text as it is."""
        return value


def evaluate(templar: Templar, variable: str, variables: Mapping[str, Any]) -> Any:
    """The value of a variable where other variables have the values given here.

    :raises AnsibleError: it is no variable's name, which would be an expression then, or it cannot be evaluated.
    """
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", variable):
        raise AnsibleActionFail(f"'{variable:.100}' is not a variable name; put the expression into a variable")
    text = trust_as_template("{{ " + variable + " }}")
    if _LOOKUPS_STAY:
        with templar.set_temporary_context(available_variables=dict(variables)):
            return templar.template(text)
    return templar.copy_with_new_env(available_variables=dict(variables)).template(text)
