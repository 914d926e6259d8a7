# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all filter plugins have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def plain_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn value and type errors, which name the object and the remedy, into errors of the filter."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (ValueError, TypeError) as error:  # without the cause: Ansible would print the text twice
            raise AnsibleFilterError(f"meshwork.wireguard.{function.__name__}: {error}") from None

    return wrapped


def filter_module(function: Callable[..., Any]) -> type:
    """The class ``FilterModule`` of a plugin with one filter, which has the function's name."""

    class FilterModule:
        """Ansible's way to the filter."""

        def filters(self) -> dict[str, Callable[..., Any]]:
            """The filter by its name."""
            return {function.__name__: function}

    return FilterModule
