# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version that a format carries in its files."""

from __future__ import annotations

from typing import Any

from ..model.findings import PlanError

VERSION = "version"
"""The key, in network documents and in registries."""


def is_version(value: Any, newest: int) -> bool:
    """Whether a value is a version up to the newest one that is known. JSON's ``true`` and ``1.0`` are none."""
    return _is_number(value) and 1 <= value <= newest


def refuse_newer(value: Any, newest: int, where: str) -> None:
    """Refuse what only a later release can read.

    :param where: names the file in the error.
    :raises PlanError: the version is newer. What is no version at all passes.
    """
    if _is_number(value) and value > newest:
        raise PlanError(f"{where}: has version {value}, but this collection knows versions up to {newest}; update the collection")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
