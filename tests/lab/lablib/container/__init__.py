# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers: what lab.py asks of them."""

from lablib.container.hosts import check_made, cut, down, join, kill, start, status, stop, up
from lablib.container.images import ensure_images
from lablib.container.podman import at_work

__all__ = ["at_work", "check_made", "cut", "down", "ensure_images", "join", "kill", "start", "status", "stop", "up"]
