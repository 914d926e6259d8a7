# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring outages on this host: the prober is started, its results are read, and it is stopped."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills import prober
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN

FOLDER = f"{RUN}/outages"
UNIT = "meshwork-outage-meter"


def longest_outages(state: Mapping[str, Any], since: float) -> dict[str, float]:
    """Target -> the longest outage that ended after ``since`` or has not ended; seconds of the host's monotonic clock."""
    longest: dict[str, float] = {}
    for name, target in state["targets"].items():
        last = target["last"]
        outages = [end - begin for begin, end in target["outages"] if end > since]
        outages.append(state["now"] - (since if last is None else last))
        longest[name] = round(max(outages), 3)
    return longest


class OutageMeter:
    """The prober of this host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, targets: Sequence[str], sources: Sequence[str], seconds: int) -> None:
        """Start the prober, with no outages yet; it ends on its own after so many seconds.

        :raises CommandFailed: systemd refuses.
        """
        self.stop()
        program = os.path.join(FOLDER, "prober.pyz")
        self._host.write_bytes(program, archive(prober.__name__.partition(".module_utils.")[2]))
        self._host.write(os.path.join(FOLDER, "targets.json"), json.dumps({"targets": list(targets), "sources": list(sources)}))
        words = [sys.executable, "-I", program, FOLDER, str(seconds)]
        limits = [f"--property={line}" for line in settings(["CAP_NET_RAW"], ["AF_INET", "AF_INET6"], [FOLDER])]
        self._host.run(["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", *limits, "--", *words])

    def stop(self) -> bool:
        """Stop the prober; return whether it was running."""
        running = self._host.is_directory(FOLDER)
        self._host.remove_tree(FOLDER)
        self._host.run(["systemctl", "stop", UNIT + ".service"], check=False)
        return running

    def state(self) -> dict[str, Any]:
        """As the prober wrote it a moment ago.

        :raises CommandFailed: it does not run.
        """
        text = self._host.read(os.path.join(FOLDER, "state.json"))
        if text is None:
            raise CommandFailed("outages are not measured on this host, or its time is over; start it (state: started)")
        state: dict[str, Any] = json.loads(text)
        return state

    def settle(self, seconds: float, limit: float, timeout: float) -> dict[str, float]:
        """Wait until all targets have answered for so many seconds without an outage longer than the limit.

        :return: the targets that have not in time, with their longest outages.
        """
        begin = time.monotonic()
        while True:
            try:
                state = self.state()
                longest = longest_outages(state, state["now"] - seconds)
                silent = {
                    name: outage for name, outage in longest.items() if outage > limit or state["targets"][name]["last"] is None
                }
            except CommandFailed:
                silent = {"all": 0.0}
            if not silent and time.monotonic() - begin >= seconds:
                return {}
            if time.monotonic() - begin > timeout:
                return silent
            time.sleep(0.2)
