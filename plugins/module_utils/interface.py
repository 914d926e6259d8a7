# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One WireGuard interface on this host: file, unit and live state brought to what is wanted, with the least change."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Iterator, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.changes import Change, Host, PeerAdded, PresharedKeyChanged
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.commands import ip_commands, wg_set
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.conf import parse_conf, with_private_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.diff import Live, compare
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.model import Config, check_applicable, check_interface_name
from ansible_collections.meshwork.wireguard.plugins.module_utils.forwarding import Forwarding
from ansible_collections.meshwork.wireguard.plugins.module_utils.key_file import public_key_of, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils.live import read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils.runner import CommandFailed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils.wg_quick import Unit, UnitState

DIRECTORY = "/etc/wireguard"


@dataclass(frozen=True)
class Wanted:
    """``content`` in the format of wg-quick; ``forward`` None: not looked at."""

    content: str
    private_key_file: str | None
    up: bool
    forward: bool | None
    backup: bool


@dataclass(frozen=True)
class _Found:
    """What the host has now."""

    text: str | None
    config: Config | None
    live: Live | None
    unit: UnitState


class Interface:
    """An interface by its name."""

    def __init__(self, runner: Runner, name: str, directory: str = DIRECTORY) -> None:
        self._runner = runner
        self._name = check_interface_name(name)
        self._path = os.path.join(directory, name + ".conf")
        self._unit = Unit(runner, name)
        self._forwarding = Forwarding(runner, name)

    def bring_about(self, wanted: Wanted, check_mode: bool) -> dict[str, Any]:
        """Configured, and up or down.

        :raises ValueError: a configuration that is refused.
        :raises CommandFailed: the host could not be brought there; file and unit are as before where that was possible.
        """
        desired = parse_conf(wanted.content)
        key, public = self._key(desired, wanted.private_key_file, check_mode)
        desired = replace(desired, private_key=key)
        check_applicable(desired, public)
        text = with_private_key(wanted.content, key) if key else wanted.content
        found = self._find(desired)
        changes = self._file_changes(found, text) + self._live_changes(wanted, desired, public, found)
        if wanted.forward is not None:
            changes += self._forwarding.changes(wanted.forward, _versions(desired))
        result = _result(changes, public)
        if not changes or check_mode:
            return result
        if wanted.backup and found.text is not None and found.text != text:
            result["backup_file"] = "{}.{}~".format(self._path, time.strftime("%Y-%m-%dT%H%M%S"))
            io.write_text(result["backup_file"], found.text)  # closed to others, whatever the old file was
        if wanted.forward is not None:
            self._forwarding.apply(wanted.forward, _versions(desired))
        self._apply(wanted, desired, text, found, changes)
        return result

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Neither running nor configured."""
        found = self._find(Config())
        changes: list[Change] = []
        if found.live is not None or found.unit.active:
            changes.append(Host("interface", "stopped"))
        if found.unit.enabled:
            changes.append(Host("unit", "disabled"))
        if found.text is not None:
            changes.append(Host("file", "removed"))
        changes += self._forwarding.changes(False, ())
        if changes and not check_mode:
            self._take_down(found)
            if found.unit.enabled:
                self._unit.set_enabled(False)
            io.remove(self._path)
            self._forwarding.apply(False, ())
        return _result(changes, None)

    def _key(self, desired: Config, key_file: str | None, check_mode: bool) -> tuple[str | None, str | None]:
        """Private and public key. In check mode there may be none yet, or no ``wg`` yet."""
        key = desired.private_key
        if key is None:
            if key_file is None:
                raise ValueError("the content has no PrivateKey; set private_key_file")
            key = read_key(key_file)
            if key is None and not check_mode:
                raise ValueError(f"private key {key_file} is missing; make it with meshwork.wireguard.keypair")
        if key is None or (check_mode and self._runner.which("wg") is None):
            return key, None
        return key, public_key_of(self._runner, key)

    def _find(self, desired: Config) -> _Found:
        text = io.read_text(self._path)
        try:
            config = parse_conf(text) if text is not None else None
        except ValueError:
            config = None  # somebody's unreadable file: it is replaced, and the live state decides the rest
        live = read_live(self._runner, self._name, desired.table) if self._runner.which("wg") else None
        return _Found(text, config, live, self._unit.state())

    def _file_changes(self, found: _Found, text: str) -> list[Change]:
        if found.text is None:
            return [Host("file", "created")]
        same = found.text == text and io.mode_of(self._path) == 0o600
        return [] if same else [Host("file", "changed")]

    def _live_changes(self, wanted: Wanted, desired: Config, public: str | None, found: _Found) -> list[Change]:
        changes: list[Change] = []
        if wanted.up and found.live is None:
            changes.append(Host("interface", "started"))
            changes += [PeerAdded(peer) for peer in desired.peers]
        elif wanted.up and found.live is not None and public is not None:
            changes += compare(desired, public, found.config, found.live, time.time())
        elif not wanted.up and (found.live is not None or found.unit.active):
            changes.append(Host("interface", "stopped"))
        if found.unit.enabled != wanted.up:
            changes.append(Host("unit", "enabled" if wanted.up else "disabled"))
        return changes

    def _apply(self, wanted: Wanted, desired: Config, text: str, found: _Found, changes: Sequence[Change]) -> None:
        restart = any(change.restarts for change in changes)
        if restart or not wanted.up:
            self._take_down(found)  # with the old file: its hooks undo what they did
        io.write_text(self._path, text)
        try:
            if wanted.up and (restart or found.live is None):
                self._unit.start()
            elif wanted.up:
                self._change_live(desired, changes)
        except CommandFailed:
            self._put_back(found, restart)
            raise
        if found.unit.enabled != wanted.up:
            self._unit.set_enabled(wanted.up)

    def _put_back(self, found: _Found, restarted: bool) -> None:
        if found.text is None:
            io.remove(self._path)
            return
        io.write_text(self._path, found.text)
        if restarted:
            self._unit.start()

    def _take_down(self, found: _Found) -> None:
        if found.unit.active:
            self._unit.stop()
        elif found.live is not None and found.text is not None:
            self._runner.run(["wg-quick", "down", self._path])
        elif found.live is not None:
            self._runner.run(["ip", "link", "delete", "dev", self._name])

    def _change_live(self, desired: Config, changes: Sequence[Change]) -> None:
        with self._secret_files(desired, changes) as (key_file, preshared):
            command = wg_set(self._name, changes, key_file, preshared)
            if command:
                self._runner.run(command)
        for argv in ip_commands(self._name, desired.table, changes):
            self._runner.run(argv)

    @contextmanager
    def _secret_files(self, desired: Config, changes: Sequence[Change]) -> Iterator[tuple[str, dict[str, str]]]:
        """Files for ``wg set``, closed to others, gone afterwards."""
        directory = tempfile.mkdtemp(prefix="meshwork-")
        try:
            own = os.path.join(directory, "private")
            io.write_text(own, (desired.private_key or "") + "\n")
            preshared: dict[str, str] = {}
            for index, change in enumerate(changes):
                if isinstance(change, (PeerAdded, PresharedKeyChanged)) and change.peer.preshared_key:
                    preshared[change.peer.public_key] = os.path.join(directory, str(index))
                    io.write_text(preshared[change.peer.public_key], change.peer.preshared_key + "\n")
            yield own, preshared
        finally:
            shutil.rmtree(directory)


def _versions(config: Config) -> list[int]:
    return [6 if ":" in address else 4 for address in config.addresses]


def _result(changes: Sequence[Change], public: str | None) -> dict[str, Any]:
    return {
        "changed": bool(changes),
        "changes": [change.public() for change in changes],
        "restarted": any(change.restarts for change in changes),
        "public_key": public,
        "diff": {"prepared": "".join(change.describe() + "\n" for change in changes)},
    }
