# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit that resolves host names of endpoints: installed where an interface has some, and gone with the last one."""

from __future__ import annotations

import glob
import os
import sys
import threading
import time
from typing import Callable, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints import resolver
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import source_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.late import has_late_names
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, EndpointNameChanged, Host

PROGRAM = "/usr/local/lib/meshwork-wireguard/resolver.py"
UNIT = "/etc/systemd/system/meshwork-endpoints@.service"
PATIENCE = 3
"""Seconds that a run waits for names before it says that they do not resolve."""
_TEMPLATE = "meshwork-endpoints"
_UNIT = """\
[Unit]
Description=Host names of the WireGuard endpoints of %i
PartOf=wg-quick@%i.service
After=wg-quick@%i.service

[Service]
ExecStart={python} -I {program} %i
Restart=always
RestartSec=5

[Install]
WantedBy=wg-quick@%i.service multi-user.target
"""


class LateEndpoints:
    """The unit of one interface. ``text`` is what the interface's file will be; None where it will not run."""

    def __init__(self, runner: Runner, name: str, directory: str, program: str = PROGRAM, unit: str = UNIT) -> None:
        self._runner = runner
        self._own = os.path.join(directory, name + ".conf")
        self._unit = Unit(runner, name, _TEMPLATE)
        self._program, self._template = program, unit

    def changes(self, text: str | None) -> list[Change]:
        """What has to change. Hosts without names are not asked for anything.

        :raises CommandFailed: the host does not run systemd.
        """
        if not has_late_names(text) and not os.path.exists(self._template):
            return []
        state = self._unit.state()
        if has_late_names(text):
            right = state.enabled and state.active and not self._outdated()
            return [] if right else [Host("endpoints", "started")]
        if state.enabled or state.active:
            return [Host("endpoints", "stopped")]
        return [] if self._needed_by_others() else [Host("endpoints", "removed")]

    def apply(self, text: str | None) -> None:
        """Make these changes.

        :raises CommandFailed: systemd refuses.
        """
        for _change in self.changes(text):
            if has_late_names(text):
                self._start()
            else:
                self._stop()

    def _files(self) -> dict[str, str]:
        """Path -> text."""
        unit = _UNIT.format(python=sys.executable, program=self._program)
        return {self._program: source_of(resolver.__name__), self._template: unit}

    def _outdated(self) -> dict[str, str]:
        return {path: text for path, text in self._files().items() if io.read_text(path) != text}

    def _needed_by_others(self) -> bool:
        others = set(glob.glob(os.path.join(os.path.dirname(self._own), "*.conf"))) - {self._own}
        return any(has_late_names(io.read_text(path)) for path in others)

    def _start(self) -> None:
        outdated = self._outdated()
        for path, text in outdated.items():
            io.write_text(path, text, 0o644)
        if outdated:
            self._runner.run(["systemctl", "daemon-reload"])
            self._runner.run(["systemctl", "try-restart", _TEMPLATE + "@*.service"], check=False)
        self._unit.set_enabled(True)
        self._unit.start()

    def _stop(self) -> None:
        self._unit.stop()
        self._unit.set_enabled(False)
        if self._needed_by_others():
            return
        for path in (self._program, self._template):
            io.remove(path)
        io.remove_if_empty(os.path.dirname(self._program))
        self._runner.run(["systemctl", "daemon-reload"])


def name_changes(peers: Sequence[Peer], before: str | None, after: str) -> list[EndpointNameChanged]:
    """The peers whose host name changes.

    :param peers: those that the interface is to have.
    :param before: text of the interface's file; None where there is none.
    :param after: text that it will have.
    """
    old, new = resolver.read_names(before or ""), resolver.read_names(after)
    found = [(peer, old.get(peer.public_key), new.get(peer.public_key)) for peer in peers]
    return [EndpointNameChanged(peer, had, has) for peer, had, has in found if had != has]


def unresolved(
    changes: Sequence[Change],
    interface: str,
    resolve: Callable[[str], Sequence[str]] = resolver.addresses_of,
    patience: float = PATIENCE,
) -> list[str]:
    """A warning for each peer whose new name does not resolve on this host now.

    :param patience: seconds, for all names together.
    """
    named = [change for change in changes if isinstance(change, EndpointNameChanged) and change.after]
    known = _resolve({str(change.after) for change in named}, resolve, patience) if named else {}
    return [
        f"interface {interface}, {change.title}: {change.after} does not resolve on this host now; {_TEMPLATE}@{interface} "
        "goes on trying, and until it does, the host does not dial the peer where it has no endpoint yet"
        for change in named
        if not known.get(str(change.after))
    ]


def _resolve(names: set[str], resolve: Callable[[str], Sequence[str]], patience: float) -> Mapping[str, Sequence[str]]:
    """Name -> addresses, as far as they come in time. What hangs is left behind: it must not keep the module from ending."""
    found: dict[str, Sequence[str]] = {}

    def ask(name: str) -> None:
        try:
            found[name] = resolve(name)
        except (OSError, UnicodeError):
            found[name] = []

    askers = [threading.Thread(target=ask, args=(name,), daemon=True) for name in sorted(names)]
    for asker in askers:
        asker.start()
    end = time.monotonic() + patience
    for asker in askers:
        asker.join(max(0.0, end - time.monotonic()))
    return dict(found)
