# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Common parts of the programs that run on a host on their own, each sent as an ``archive``."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Any


def say(text: str) -> None:
    """Write a line to the unit's journal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def ready() -> None:
    """Notify systemd that the unit has started, if it waits for that (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"READY=1", "\0" + path[1:] if path.startswith("@") else path)


class Signals:
    """Requests of systemd: ``ended`` when the unit stops, ``stale`` when its files have changed, and at the start."""

    def __init__(self) -> None:
        self.ended, self.stale = False, True

    def heed(self) -> None:
        """Handle the signals from now on."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGHUP, self._reload)

    def _end(self, _signal: int, _frame: Any) -> None:
        self.ended = True

    def _reload(self, _signal: int, _frame: Any) -> None:
        self.stale = True
