# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that gives a host the names of its networks: they come with the first interface of a network, and go with the last.

When it starts, it also takes names away that an end without notice has left.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import Signals, ready, say
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.ways import Networks, networks_up, way_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import settings_in

TICK = 60_000
"""Milliseconds after which it looks again, even if no link has changed: another program may have rewritten a file."""
_LINKS = 1
"""RTMGRP_LINK of rtnetlink(7)."""


class Watch:
    """The names of one host; ``path`` is its settings file."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._settings = settings_in(host.read(path) or "")
        self._way = way_of(host, self._settings)
        self._said = ""

    def keep(self) -> None:
        """Give the host the names of the networks that are up, and take the others."""
        self._apply(networks_up(self._host, self._settings))

    def end(self) -> None:
        """Take all names."""
        self._apply({})

    def _apply(self, networks: Networks) -> None:
        error = ""
        try:
            self._way.apply(networks)
        except (CommandFailed, ValueError, OSError) as failure:
            error = str(failure)
        if error and error != self._said:
            say(error)
        self._said = error


def run(watch: Watch, signals: Signals) -> None:
    """Run until a signal comes."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as changes:
        changes.setblocking(False)
        changes.bind((0, _LINKS))
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing)
        poll = select.poll()
        for descriptor in (changes.fileno(), reading):
            poll.register(descriptor, select.POLLIN)
        watch.keep()
        ready()
        while True:
            poll.poll(TICK)
            _drain(changes)
            if signals.ended or signals.stale:
                return
            watch.keep()


def _drain(changes: socket.socket) -> None:
    """Forget the messages: what they say is looked up anyway."""
    try:
        while changes.recv(65536):
            pass
    except OSError:  # there are no more, or there were too many
        pass


def main() -> None:
    """Run; the argument is the settings file. When it is to read its files again, it starts anew in the same process, with its
    newest code, and no name is missing meanwhile.
    """
    signals = Signals()
    signals.stale = False
    signals.heed()
    watch = Watch(Host(), sys.argv[1])
    run(watch, signals)
    if signals.ended:
        watch.end()
    else:
        os.execv(sys.executable, [sys.executable, "-I", *sys.argv])  # noqa: S606 - no shell
