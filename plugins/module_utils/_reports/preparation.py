# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps on a host before any interface changes: install WireGuard, generate keys, and find the changes to come."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Collection, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._install.installation import Installation
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import DEFAULT, Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import KeyFile, key_in_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.own_routes import own_routes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import PresharedKeyChanged


class Preparation:
    """One host, and its wanted interfaces, each with ``name``, ``key``, ``make_key``, ``content`` and ``forward``."""

    def __init__(self, host: Host, key_directory: str, interfaces: Sequence[Mapping[str, Any]]) -> None:
        self._host = host
        self._directory = key_directory
        self._interfaces = interfaces

    def install(self, implementation: str, needs: Sequence[str], latest: bool, check_mode: bool) -> dict[str, Any]:
        """The missing packages, see :class:`Installation`.

        :raises CannotInstall: the host does not support the choice.
        """
        return Installation(self._host).presence(implementation, needs, latest, check_mode)

    def make_keys(
        self, given: Mapping[str, str], regenerate: str, check_mode: bool, shared: bool, foreign: Sequence[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """Key name -> result of :class:`KeyFile`. A key to adopt stays in the interface's file for now if only the interface
        of that name uses it.

        :param shared: other hosts will receive keys of this one, so each key needs its own file.
        :param foreign: public keys of other nodes, which this host must replace.
        :raises InvalidKey: a key is invalid.
        """
        users = Counter(entry["key"] for entry in self._interfaces)
        alone = {entry["key"] for entry in self._interfaces if entry["key"] == entry["name"] and users[entry["key"]] == 1}
        return {
            name: KeyFile(self._host, self._key_file(name)).bring_about(
                given.get(name),
                f"{self._directory}/{name}.conf",
                regenerate,
                check_mode,
                make,
                later=name in alone and not shared,
                foreign=foreign,
            )
            for name, make in {entry["key"]: entry["make_key"] for entry in self._interfaces}.items()
        }

    def next_keys(self, make: Collection[str], check_mode: bool, foreign: Collection[str] = ()) -> dict[str, dict[str, Any]]:
        """Key name -> ``public_key`` of the next key, None if there is none; ``changed``, whether it is new; and its line of the
        difference.

        :param make: names of keys that get a next one if they have none.
        :raises InvalidKey: the file of a next key does not contain one.
        """
        names = dict.fromkeys(entry["key"] for entry in self._interfaces)
        return {name: KeyFile(self._host, self._key_file(name)).upcoming(name in make, check_mode, foreign) for name in names}

    def key_dates(self) -> dict[str, str | None]:
        """Key name -> the day in UTC on which its file was written, None if there is none."""
        names = dict.fromkeys(entry["key"] for entry in self._interfaces)
        return {name: KeyFile(self._host, self._key_file(name)).dated() for name in names}

    def look(self, exclusive: bool, backend: str = DEFAULT) -> dict[str, dict[str, Any]]:
        """Interface name -> ``changes``, as lines for people; ``peers``, those that a run may remove; ``preshared``, the names
        of the peers whose preshared key would change; and ``addresses``, the live ones that are in its file, if it has one.

        An interface that cannot be compared yet, because the network changes before, counts as changed.
        """
        results: dict[str, dict[str, Any]] = {}
        for entry in self._interfaces:
            key_file = self._key_file(entry["key"])
            wanted = Wanted(
                entry["content"],
                key_file,
                True,
                entry["forward"],
                exclusive=exclusive,
                backend=backend,
                isolation=entry.get("isolation"),
            )
            interface = Interface(self._host, entry["name"], inside=entry.get("inside"))
            preshared: list[str | None] = []
            try:
                ahead = interface.look(wanted)
                changes, current = [change.describe() for change in ahead.changes], ahead.current
                preshared = [change.peer.name for change in ahead.changes if isinstance(change, PresharedKeyChanged)]
            except (CommandFailed, ValueError) as error:
                changes, current = [f"~ interface: {error}"], interface.find()
            peers = [{"name": peer.name, "public_key": peer.public_key} for peer in current.removable_peers(exclusive)]
            results[entry["name"]] = {
                "changes": changes,
                "peers": peers,
                "preshared": preshared,
                "addresses": current.lasting_addresses,
            }
        return results

    def routes(self) -> list[dict[str, Any]]:
        """The host's own routes, without those of the wanted interfaces and of the stale ones."""
        return own_routes(self._host, {*(entry["name"] for entry in self._interfaces), *self.stale()})

    def stale(self) -> list[str]:
        """Interfaces with these keys that are not wanted: leftovers of an earlier plan."""
        stale, known = [], {entry["name"] for entry in self._interfaces}
        for key in sorted({entry["key"] for entry in self._interfaces}):
            key_text = self._host.read(self._key_file(key))
            for path in sorted(self._host.glob(f"{WIREGUARD}/{key}.conf") + self._host.glob(f"{WIREGUARD}/{key}-*.conf")):
                name = os.path.basename(path)[: -len(".conf")]
                if key_text and name not in known and key_in_conf(self._host, path) == key_text.strip():
                    stale.append(name)
        return stale

    def _key_file(self, name: str) -> str:
        return f"{self._directory}/{name}.key"
