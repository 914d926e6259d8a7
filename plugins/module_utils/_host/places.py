# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection keeps what is its own on a host."""

from __future__ import annotations

UNITS = "/etc/systemd/system"
CONFIG = "/etc/meshwork-wireguard"
PROGRAMS = "/usr/local/lib/meshwork-wireguard"
RUN = "/run/meshwork-wireguard"
"""What is gone after a reboot. The programs that import nothing of the collection have it once more."""
