# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A UDP port of firewalld's default zone, now and for the next boot."""

from __future__ import annotations

from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange

_TIMES = ((), ("--permanent",))


class FirewalldPort:
    """The port by its number."""

    def __init__(self, host: Host, port: int) -> None:
        self._host = host
        self._port = f"{port}/udp"

    def bring_about(self, is_open: bool, check_mode: bool) -> dict[str, Any]:
        """Open or close the port; do nothing if firewalld does not run.

        :raises CommandFailed: firewalld refuses.
        """
        if self._host.which("firewall-cmd") is None or self._asks("--state") != 0:
            return result_of([], None)
        wrong = [when for when in _TIMES if (self._asks(*when, f"--query-port={self._port}") == 0) is not is_open]
        changes: list[Change] = [HostChange(f"firewalld's port {self._port}", "opened" if is_open else "closed")] if wrong else []
        for when in () if check_mode else wrong:
            verb = "add" if is_open else "remove"
            self._host.run(["firewall-cmd", "--quiet", *when, f"--{verb}-port={self._port}"])
        return result_of(changes, None)

    def _asks(self, *words: str) -> int:
        return self._host.run(["firewall-cmd", "--quiet", *words], check=False).status
