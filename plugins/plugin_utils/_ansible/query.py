# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions in JMESPath. The library is the user's to install, and imported only where there is a question."""

from __future__ import annotations

import re
from typing import Any

from ansible import context


def whole(expression: str) -> str:
    """The whole expression of ``-e wireguard_query=...``, of which Ansible keeps what precedes the first space."""
    for given in context.CLIARGS.get("extra_vars") or ():
        before, _equals, value = str(given).partition("wireguard_query=")
        further = re.search(r"\s\w+=(?!=)", value[len(expression) :])  # other variables in the same text
        if not before and value.startswith(expression) and not further:
            return value
    return expression


def search(data: Any, expression: str) -> Any:
    """What the expression finds in plain values.

    :raises ValueError: an expression that cannot be read, or no library.
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
