# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of ``wg`` and ``wg-quick``, by version. Code asks for a feature, never for a version.

Source: the history of wireguard-tools. Each row names the commit and the first release with it.
"""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple


class Feature(NamedTuple):
    """``since``: the first release that has it; ``meaning`` completes "the tools ..."."""

    since: str
    meaning: str


FEATURES: Mapping[str, Feature] = {
    # ae37412
    "syncconf": Feature("1.0.20191226", "apply a file to a running interface (wg syncconf)"),
    # 0788f90. Only the tools matter, because all implementations can add a prefix. Removing with -PREFIX would also need the
    # implementation's support, and is not used.
    "incremental_allowed_ips": Feature("1.0.20250521", "add a prefix to a peer without replacing others (allowed-ips +PREFIX)"),
    # e6888dd
    "pre_up_finds_interface": Feature("1.0.20250521", "run PreUp after the interface exists, not before"),
    # 780182e, 0a81a17
    "syncconf_clears": Feature("1.0.20260223", "clear preshared keys and keepalives that left the file (syncconf)"),
    # 5150cd6
    "smallest_mtu": Feature("1.0.20260223", "derive the MTU from the smallest route to a peer, not the largest"),
    # 0b7d982
    "up_adds": Feature("1.0.20260223", "keep settings made by PreUp when the file is loaded (addconf)"),
    # 90deacd
    "hooks_with_hash": Feature("1.0.20260223", "pass a # in a hook on instead of cutting the hook there"),
}


def tools_can(feature: str, version: str | None) -> bool:
    """Whether tools of that version have a feature. An unknown version has none.

    :param feature: a key of ``FEATURES``.
    :param version: as in ``wg --version``, without a leading ``v``.
    """
    numbers = _numbers(version or "")
    return numbers is not None and numbers >= (_numbers(FEATURES[feature].since) or ())


def features_of(version: str | None) -> tuple[str, ...]:
    """The names of all features that tools of that version have, in the order of the table."""
    return tuple(name for name in FEATURES if tools_can(name, version))


def _numbers(version: str) -> tuple[int, ...] | None:
    match = re.match(r"([0-9]+)\.([0-9]+)\.([0-9]+)", version)
    return tuple(map(int, match.groups())) if match else None
