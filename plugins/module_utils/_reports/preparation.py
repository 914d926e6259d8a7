# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a host does before any interface is touched: WireGuard installed, keys made, and a look at what would change."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._install.installation import Installation
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import DEFAULT, Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import KeyFile, key_in_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import PresharedKeyChanged


class Preparation:
    """One host, and the interfaces that it is to have, each with ``name``, ``key``, ``make_key``, ``content`` and ``forward``."""

    def __init__(self, host: Host, key_directory: str, interfaces: Sequence[Mapping[str, Any]]) -> None:
        self._host = host
        self._directory = key_directory
        self._interfaces = interfaces

    def install(self, implementation: str, needs: Sequence[str], latest: bool, check_mode: bool) -> dict[str, Any]:
        """What is missing, see :class:`Installation`.

        :raises CannotInstall: what is asked for cannot be had here.
        """
        return Installation(self._host).presence(implementation, needs, latest, check_mode)

    def make_keys(
        self, given: Mapping[str, str], regenerate: str, check_mode: bool, shared: bool, foreign: Sequence[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """Key name -> what :class:`KeyFile` tells of it. The key of somebody else's file stays there for now, where one interface
        of that name has it.

        :param shared: other hosts are to get keys of this one, so they have to be in files of their own.
        :param foreign: public keys of others, which this host keeps no longer.
        :raises InvalidKey: a key that is none.
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

    def look(self, exclusive: bool, backend: str = DEFAULT) -> dict[str, dict[str, Any]]:
        """Interface name -> ``changes``, as lines for people; ``peers``, those that a run may remove; and ``preshared``, the
        names of the peers whose preshared key would change.

        What cannot be compared yet, because the network will have changed until then, counts as a change.
        """
        found: dict[str, dict[str, Any]] = {}
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
                changes, there = [change.describe() for change in ahead.changes], ahead.current
                preshared = [change.peer.name for change in ahead.changes if isinstance(change, PresharedKeyChanged)]
            except (CommandFailed, ValueError) as error:
                changes, there = [f"~ interface: {error}"], interface.find()
            peers = [{"name": peer.name, "public_key": peer.public_key} for peer in there.removable_peers(exclusive)]
            found[entry["name"]] = {"changes": changes, "peers": peers, "preshared": preshared}
        return found

    def stale(self) -> list[str]:
        """Interfaces of these keys that are not among the ones the host is to have: what an earlier plan has left."""
        found, known = [], {entry["name"] for entry in self._interfaces}
        for key in sorted({entry["key"] for entry in self._interfaces}):
            own = self._host.read(self._key_file(key))
            for path in sorted(self._host.glob(f"{WIREGUARD}/{key}.conf") + self._host.glob(f"{WIREGUARD}/{key}-*.conf")):
                name = os.path.basename(path)[: -len(".conf")]
                if own and name not in known and key_in_conf(self._host, path) == own.strip():
                    found.append(name)
        return found

    def _key_file(self, name: str) -> str:
        return f"{self._directory}/{name}.key"
