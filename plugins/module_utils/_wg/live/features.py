# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``wg`` and ``wg-quick`` can, by the version that came with it. Code asks for a feature, never for a version.

Source: the history of wireguard-tools; each row names the commit, and the first release that holds it.
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
    "syncconf": Feature("1.0.20191226", "bring a running interface to a file (wg syncconf)"),
    # 0788f90. It is the tools that tell the implementation to add, which all of them can. To take away with -PREFIX needs
    # the implementation's support too, and is not used.
    "incremental_allowed_ips": Feature("1.0.20250521", "add a prefix to a peer and leave its others (allowed-ips +PREFIX)"),
    # e6888dd
    "pre_up_finds_interface": Feature("1.0.20250521", "run PreUp when the interface is there, not before"),
    # 780182e, 0a81a17
    "syncconf_clears": Feature("1.0.20260223", "let syncconf clear a preshared key or a keepalive that left the file"),
    # 5150cd6
    "smallest_mtu": Feature("1.0.20260223", "guess the MTU from the smallest route to a peer, not from the largest"),
    # 0b7d982
    "up_adds": Feature("1.0.20260223", "keep what PreUp has set when the file is loaded (addconf)"),
    # 90deacd
    "hooks_with_hash": Feature("1.0.20260223", "hand a # in a hook on, and do not cut the hook there"),
}


def tools_can(feature: str, version: str | None) -> bool:
    """Whether tools of that version have a feature; what is not known to have it has it not.

    :param feature: a key of ``FEATURES``.
    :param version: as ``wg --version`` tells it, without a leading ``v``.
    """
    found = _numbers(version or "")
    return found is not None and found >= (_numbers(FEATURES[feature].since) or ())


def features_of(version: str | None) -> tuple[str, ...]:
    """The names of all features that tools of that version have, in the order of the table."""
    return tuple(name for name in FEATURES if tools_can(name, version))


def _numbers(version: str) -> tuple[int, ...] | None:
    found = re.match(r"([0-9]+)\.([0-9]+)\.([0-9]+)", version)
    return tuple(map(int, found.groups())) if found else None
