# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces that the inventory describes one by one, beside those of networks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..model.findings import PlanError

INTERFACES = "wireguard_interfaces"
"""The variable with them."""


def single_interfaces(host: str, value: Any) -> list[str]:
    """The names of a host's interfaces.

    :raises PlanError: the variable is not a list of mappings with names.
    """
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in value):
        raise PlanError(f"host {host}: {INTERFACES} must be a list of interfaces, each with its name and config")
    return [str(one["name"]) for one in value]


def check_single(network: str, interfaces: Mapping[str, Iterable[str]], single: Mapping[str, Collection[str]]) -> None:
    """Refuse an interface that is described twice.

    :param interfaces: of the network, by hosts.
    :raises PlanError: one of them is described singly, too.
    """
    for host, names in interfaces.items():
        for name in names:
            if name in single.get(host, ()):
                raise PlanError(
                    f"host {host}: interface {name} is in network {network} and in {INTERFACES}; remove it from one of them"
                )
