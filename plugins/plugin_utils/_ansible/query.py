# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JMESPath queries. The user installs the library, which is imported only for a query."""

from __future__ import annotations

import re
from typing import Any

from ansible import context


def whole(expression: str) -> str:
    """The whole expression in ``-e wireguard_query=...``. Ansible keeps only the part before the first space."""
    for given in context.CLIARGS.get("extra_vars") or ():
        before, _equals, value = str(given).partition("wireguard_query=")
        further = re.search(r"\s\w+=(?!=)", value[len(expression) :])  # other variables in the same text
        if not before and value.startswith(expression) and not further:
            return value
    return expression


def search(data: Any, expression: str) -> Any:
    """The result of the expression on plain values.

    :raises ValueError: the expression cannot be read, or the library is missing.
    """
    try:
        import jmespath
    except ImportError:
        raise ValueError(
            "a query needs the Python library jmespath on the controller; install it, or use wireguard_format=json"
        ) from None
    expression = whole(expression)
    try:
        return jmespath.search(expression, data)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"query '{expression}': {error}") from None
