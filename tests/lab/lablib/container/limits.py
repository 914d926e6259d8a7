# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine's kernel grants root, and a few systemd hosts use up."""

from __future__ import annotations

from pathlib import Path

# systemd, its bus, logind and wireguard-go take eight of these on each host. With Linux's own limit, 128 for all of root's
# processes, systemd on about the sixteenth host waits for ever.
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
INSTANCES = 2048


def raise_limits() -> None:
    """Until the machine starts anew; other labs need it too, so it is not put back."""
    now = int(INOTIFY.read_text(encoding="ascii"))
    if now >= INSTANCES:
        return
    try:
        INOTIFY.write_text(str(INSTANCES), encoding="ascii")
    except OSError as error:
        print(f"fs.inotify.max_user_instances stays at {now}, which is enough for {now // 8} hosts: {error.strerror}", flush=True)
    else:
        print(f"fs.inotify.max_user_instances was {now} and is {INSTANCES} now", flush=True)
