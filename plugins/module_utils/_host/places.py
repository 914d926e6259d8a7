# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection keeps what is its own on a host."""

from __future__ import annotations

UNITS = "/etc/systemd/system"
CONFIG = "/etc/meshwork-wireguard"
PROGRAMS = "/usr/local/lib/meshwork-wireguard"
RUN = "/run/meshwork-wireguard"
"""What is gone after a reboot; closed to others, because the locks are in it, and secrets for as long as a command reads them."""
