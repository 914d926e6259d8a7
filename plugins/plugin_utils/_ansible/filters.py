# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all filters share: a plan's errors reach the user as errors of the filter."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


def plain_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn value and type errors, which name the object and the remedy, into errors of the filter."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (ValueError, TypeError) as error:  # not its cause too: Ansible would print the text a second time
            raise AnsibleFilterError(f"meshwork.wireguard.{function.__name__}: {error}") from None

    return wrapped


def check_documents(value: Any) -> None:
    """Refuse what is neither a network document nor a list of them, before Python's own words for it reach the user.

    :raises PlanError: such a value.
    """
    if value is None or isinstance(value, (bool, int, float)):
        raise PlanError(f"network: must be a network document, or a list of them, not {value}")
    for item in value if isinstance(value, (list, tuple)) else ():
        check_documents(item)
