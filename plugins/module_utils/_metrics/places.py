# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host keeps what measures it, and what was measured."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, STATE

SETTINGS = f"{CONFIG}/metrics.json"
MAIN = "_metrics.measuring"
"""The module of which the program is an archive."""
PROGRAM = f"{PROGRAMS}/measuring.pyz"
MEMORY = f"{STATE}/metrics.json"
FILE = "meshwork_wireguard.prom"
"""In the directory of the settings."""
UNIT = "meshwork-metrics"
