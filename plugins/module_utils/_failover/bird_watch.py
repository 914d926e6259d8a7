# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that watches a host in a network with BGP.

It maintains the rule that directs packets to BIRD's table. On a hub it also tells BIRD whether the kernel forwards. If it does
not, the hub withdraws the routes of others, and keeps its sessions and its own routes.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN, SWITCHES
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import Signals, say

TICK = 0.1
"""Seconds between two reads of the kernel's switches."""
SETTLE = 5.0
"""Seconds for which a hub that has just started does not forward: while other services start, it may answer too late."""
CHECK = 5.0
"""Seconds between two checks of the rules."""
PRIORITY = 5190
"""Of the rule."""


def run(host: Host, argv: Sequence[str]) -> str:
    """The output of a command; after a failure, a later check tries again."""
    return host.run(argv, check=False, timeout=20).out


def forwards(host: Host, versions: Sequence[int], interfaces: Sequence[str]) -> bool:
    """Whether the kernel forwards these IP versions on these interfaces."""
    scopes = ("all", *interfaces)
    switches = [f"{SWITCHES}/net/ipv{version}/conf/{scope}/forwarding" for version in versions for scope in scopes]
    return not any(host.value(path) == "0" for path in switches)


def state_text(forwarding: bool) -> str:
    """The text of BIRD's file."""
    return f"define FORWARDS = {'true' if forwarding else 'false'};\n"


def write_state(host: Host, path: str, forwarding: bool) -> bool:
    """Write BIRD's file; return whether it has changed."""
    if host.read(path) == state_text(forwarding):
        return False
    host.write(path, state_text(forwarding))
    return True


def keep_rules(host: Host, table: int, versions: Sequence[int] = (4, 6)) -> None:
    """Look up packets in this table before the main one."""
    for version in versions:
        output = run(host, ["ip", f"-{version}", "rule", "show", "priority", str(PRIORITY)])
        if f"lookup {table}" not in output:
            run(host, ["ip", f"-{version}", "rule", "add", "priority", str(PRIORITY), "lookup", str(table)])


def drop_rules(host: Host, table: int, versions: Sequence[int] = (4, 6)) -> None:
    """Remove these rules."""
    for version in versions:
        run(host, ["ip", f"-{version}", "rule", "delete", "priority", str(PRIORITY), "lookup", str(table)])


class Watch:
    """One network; ``path`` is its settings file."""

    def __init__(self, host: Host, path: str) -> None:
        self.host = host
        self.path = path
        self.config: dict[str, Any] = {}
        self.signals = Signals()
        self.settled = 0.0

    def load(self) -> None:
        """Read the settings."""
        with open(self.host.real(self.path), encoding="utf-8") as stream:
            self.config = json.load(stream)
        self.signals.stale = False

    def update(self) -> bool:
        """Write BIRD's file; return whether it has changed."""
        forwarding = time.monotonic() >= self.settled and forwards(self.host, self.config["forwards"], self.config["interfaces"])
        return write_state(self.host, self.state_file, forwarding)

    @property
    def state_file(self) -> str:
        """BIRD's file. It disappears with a restart of the host, and remains when this program restarts."""
        return f"{RUN}/{self.config['interface']}.forwards.conf"

    def prepare(self) -> None:
        """Before BIRD starts: do not forward yet if the host has just started."""
        self.load()
        if self.host.read(self.state_file) is None:
            write_state(self.host, self.state_file, False)

    def loop(self) -> None:
        """Run until a signal ends it."""
        self.load()
        if self.host.read(self.state_file) != state_text(True):
            self.settled = time.monotonic() + SETTLE
        checked = -CHECK
        while not self.signals.ended:
            if self.signals.stale:
                self.load()
            if time.monotonic() - checked >= CHECK:
                checked = time.monotonic()
                keep_rules(self.host, self.config["table"])
            if self.update():
                say("forwarding has changed; BIRD reloads its configuration")
                run(self.host, ["birdc", "-s", f"{RUN}/{self.config['interface']}.bird.ctl", "configure"])
            time.sleep(TICK)


def main() -> None:
    """Run for one network; the argument is its settings file. With ``once``: write BIRD's file before BIRD starts."""
    host = Host()
    watch = Watch(host, sys.argv[1])
    host.private_directory(RUN)
    if "once" in sys.argv:
        watch.prepare()
        return
    watch.signals.heed()
    watch.loop()
