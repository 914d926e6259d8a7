# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with a kernel of their own: what lab.py asks of them."""

from lablib.kernel.hosts import at_work, check_made, cut, down, join, kill, start, status, stop, up
from lablib.kernel.images import ensure_images

__all__ = ["at_work", "check_made", "cut", "down", "ensure_images", "join", "kill", "start", "status", "stop", "up"]
