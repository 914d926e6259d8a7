# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that watches a host in a network with BGP.

It keeps the rule that lets packets look into BIRD's table. On a hub it tells BIRD whether the kernel forwards: a hub that does
not withdraws what it carries for others, and keeps its sessions and what is its own.
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
"""Seconds between two looks at the kernel's switches."""
SETTLE = 5.0
"""Seconds for which a hub that has just started carries nothing: what is still starting may keep it from answering in time."""
CHECK = 5.0
"""Seconds between two looks at the rules."""
PRIORITY = 5190
"""Of the rule."""


def run(host: Host, argv: Sequence[str]) -> str:
    """What a command prints; that it fails is looked at again later."""
    return host.run(argv, check=False, timeout=20).out


def forwards(host: Host, carries: Sequence[int], interfaces: Sequence[str]) -> bool:
    """Whether the kernel forwards these IP versions on these interfaces."""
    scopes = ("all", *interfaces)
    switches = [f"{SWITCHES}/net/ipv{version}/conf/{scope}/forwarding" for version in carries for scope in scopes]
    return not any(host.value(path) == "0" for path in switches)


def said(carries: bool) -> str:
    """The text of BIRD's file."""
    return f"define FORWARDS = {'true' if carries else 'false'};\n"


def tell(host: Host, path: str, carries: bool) -> bool:
    """Write BIRD's file; whether it was another before."""
    if host.read(path) == said(carries):
        return False
    host.write(path, said(carries))
    return True


def keep_rules(host: Host, table: int, versions: Sequence[int] = (4, 6)) -> None:
    """Packets look into the table before the main one."""
    for version in versions:
        there = run(host, ["ip", f"-{version}", "rule", "show", "priority", str(PRIORITY)])
        if f"lookup {table}" not in there:
            run(host, ["ip", f"-{version}", "rule", "add", "priority", str(PRIORITY), "lookup", str(table)])


def drop_rules(host: Host, table: int, versions: Sequence[int] = (4, 6)) -> None:
    """Undo it."""
    for version in versions:
        run(host, ["ip", f"-{version}", "rule", "delete", "priority", str(PRIORITY), "lookup", str(table)])


class Watch:
    """One network; ``path`` is the file that a run has written."""

    def __init__(self, host: Host, path: str) -> None:
        self.host = host
        self.path = path
        self.config: dict[str, Any] = {}
        self.signals = Signals()
        self.settled = 0.0

    def load(self) -> None:
        """Read it."""
        with open(self.host.real(self.path), encoding="utf-8") as stream:
            self.config = json.load(stream)
        self.signals.stale = False

    def tell(self) -> bool:
        """Write BIRD's file; whether it was another before."""
        fit = time.monotonic() >= self.settled and forwards(self.host, self.config["forwards"], self.config["interfaces"])
        return tell(self.host, self.carries, fit)

    @property
    def carries(self) -> str:
        """BIRD's file. It is gone after a start of the host, and stays when this program starts anew."""
        return f"{RUN}/{self.config['interface']}.carries.conf"

    def prepare(self) -> None:
        """Before BIRD starts: carry nothing yet where the host has just started."""
        self.load()
        if self.host.read(self.carries) is None:
            tell(self.host, self.carries, False)

    def loop(self) -> None:
        """Until a signal ends it."""
        self.load()
        if self.host.read(self.carries) != said(True):
            self.settled = time.monotonic() + SETTLE
        checked = -CHECK
        while not self.signals.ended:
            if self.signals.stale:
                self.load()
            if time.monotonic() - checked >= CHECK:
                checked = time.monotonic()
                keep_rules(self.host, self.config["table"])
            if self.tell():
                say("what the host carries for others is told BIRD anew")
                run(self.host, ["birdc", "-s", f"{RUN}/{self.config['interface']}.bird.ctl", "configure"])
            time.sleep(TICK)


def main() -> None:
    """Run for one network: the argument is the file that a run has written. ``once``: see to BIRD's file before it starts."""
    host = Host()
    watch = Watch(host, sys.argv[1])
    host.private_directory(RUN)
    if "once" in sys.argv:
        watch.prepare()
        return
    watch.signals.heed()
    watch.loop()
