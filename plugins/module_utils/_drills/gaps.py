# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring outages on this host: the meter started, asked and ended."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills import gap_meter
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN

FOLDER = f"{RUN}/gaps"
UNIT = "meshwork-gaps"


def longest(state: Mapping[str, Any], since: float) -> dict[str, float]:
    """Target -> the longest gap that ended after ``since`` or has not ended; seconds of the host's monotonic clock."""
    found: dict[str, float] = {}
    for name, target in state["targets"].items():
        last = target["last"]
        gaps = [end - begin for begin, end in target["gaps"] if end > since]
        gaps.append(state["now"] - (since if last is None else last))
        found[name] = round(max(gaps), 3)
    return found


class Gaps:
    """The meter of this host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, targets: Sequence[str], sources: Sequence[str], seconds: int) -> None:
        """Begin anew; it ends by itself after so many seconds.

        :raises CommandFailed: systemd refuses.
        """
        self.stop()
        program = os.path.join(FOLDER, "gap_meter.pyz")
        self._host.write_bytes(program, archive(gap_meter.__name__.partition(".module_utils.")[2]))
        self._host.write(os.path.join(FOLDER, "targets.json"), json.dumps({"targets": list(targets), "sources": list(sources)}))
        words = [sys.executable, "-I", program, FOLDER, str(seconds)]
        limits = [f"--property={line}" for line in settings(["CAP_NET_RAW"], ["AF_INET", "AF_INET6"], [FOLDER])]
        self._host.run(["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", *limits, "--", *words])

    def stop(self) -> bool:
        """Whether it was running."""
        there = self._host.is_directory(FOLDER)
        self._host.remove_tree(FOLDER)
        self._host.run(["systemctl", "stop", UNIT + ".service"], check=False)
        return there

    def state(self) -> dict[str, Any]:
        """As the meter wrote it a moment ago.

        :raises CommandFailed: it does not run.
        """
        text = self._host.read(os.path.join(FOLDER, "state.json"))
        if text is None:
            raise CommandFailed("nothing is measured on this host; start it, or has its time been over?")
        state: dict[str, Any] = json.loads(text)
        return state

    def settle(self, seconds: float, limit: float, timeout: float) -> dict[str, float]:
        """Wait until all targets have answered for so many seconds without a longer gap; the targets that did not in time, and
        their gaps.
        """
        begin = time.monotonic()
        while True:
            try:
                state = self.state()
                found = longest(state, state["now"] - seconds)
                silent = {name: gap for name, gap in found.items() if gap > limit or state["targets"][name]["last"] is None}
            except CommandFailed:
                silent = {"all": 0.0}
            if not silent and time.monotonic() - begin >= seconds:
                return {}
            if time.monotonic() - begin > timeout:
                return silent
            time.sleep(0.2)
