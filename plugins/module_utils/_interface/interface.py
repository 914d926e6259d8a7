# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One WireGuard interface: file, unit and live state brought to what is wanted, with the least change.

Its files and units are the host's. What is live is on the host, or inside a network namespace or a container.
"""

from __future__ import annotations

import glob
import os
import time
from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.backend import Backend
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.inside import Inside
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.inside_agent import as_made
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.network_manager import NetworkManager
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.networkd import Networkd
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.wg_quick import WgQuick
from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.dns_endpoints import (
    DnsEndpoints,
    name_changes,
    unresolved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import UnitState
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import key_in_text, public_key_of, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.forwarding import Forwarding
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import is_there, read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at, identity, place_of, where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import (
    parse_conf,
    with_private_key,
    without_peers,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import (
    routes_dns,
    with_resolve_comments,
    without_dns_endpoints,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.meaning import differences
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import (
    Config,
    Peer,
    check_applicable,
    check_interface_name,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.removals import check_removals
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import as_loaded
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    Change,
    EndpointChanged,
    HostChange,
    PeerAdded,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import (
    Live,
    all_routes,
    compare,
    handshakes,
    learned_endpoints,
    takings,
)

BACKENDS = (WgQuick.title, Networkd.title, NetworkManager.title)
DEFAULT = BACKENDS[0]
"""What keeps an interface where nothing is said."""


def backends_of(host: Host, name: str, source: str, inside: Mapping[str, str]) -> Mapping[str, Backend]:
    """All that can keep an interface, by their titles.

    :param source: path of its file in the format of wg-quick.
    """
    found: list[Backend] = [kind(host, name, source) for kind in (WgQuick, Networkd, NetworkManager)]
    found.append(Inside(host, name, source, inside))
    return {backend.title: backend for backend in found}


def adoptable(host: Host, text: str | None, key_file: str | None) -> str | None:
    """The private key of a file that somebody else wrote: there is no key file yet, as every run of the collection leaves one."""
    if text is None or key_file is None or host.exists(key_file):
        return None
    return key_in_text(text, "private key in the file of the interface")


@dataclass(frozen=True)
class Wanted:
    """``content`` in the format of wg-quick; ``forward`` None: not looked at. ``exclusive``: no peers but these.

    ``max_removals``, ``ended``: see :func:`check_removals`. ``isolation``: see :class:`Isolation`. ``backend``: what keeps the
    interface over a reboot.
    """

    content: str
    private_key_file: str | None
    up: bool
    forward: bool | None
    backup: bool = False
    exclusive: bool = True
    max_removals: int | None = None
    backend: str = DEFAULT
    ended: Sequence[str] = ()
    isolation: str | None = None


@dataclass(frozen=True)
class Found:
    """What the host has: the file's text and what it says, the live state, wg-quick's unit, and the backends that keep it.

    ``inside``: where it is. ``there``: runs commands there; None while its container does not run.
    """

    text: str | None
    config: Config | None
    live: Live | None
    unit: UnitState
    kept_by: tuple[str, ...] = ()
    inside: Mapping[str, str] = field(default_factory=dict)
    there: Host | None = None

    def removable_peers(self, exclusive: bool) -> list[Peer]:
        """The live peers that a run may remove, with the names that the file has for them.

        :param exclusive: False: those that the file does not have are somebody else's.
        """
        known = {peer.public_key: peer for peer in self.config.peers} if self.config else {}
        live = self.live.device.peers if self.live else ()
        return [known.get(key, Peer(key)) for key in live if exclusive or key in known]


@dataclass(frozen=True)
class Outlook:
    """What a run would do: what is desired, with the private key; the file's new text; what there is; the changes.

    ``adopts``: the key of somebody else's file goes into a file of its own.
    """

    desired: Config
    text: str
    found: Found
    changes: tuple[Change, ...]
    public: str | None
    adopts: bool = False


class Interface:
    """An interface by its name, and where it is to be."""

    def __init__(self, host: Host, name: str, inside: Mapping[str, str] | None = None) -> None:
        """
        :param inside: ``netns`` or ``container`` with its name; None: the host itself.
        """
        self._host = host
        self._name = check_interface_name(name)
        self.inside = inside or {}
        self.path = f"{WIREGUARD}/{name}.conf"
        self.unit = QuickUnit(host, name, self.path)
        self.backends = backends_of(host, name, self.path, self.inside)
        self.late = DnsEndpoints(host, name)
        self.forwarding = Forwarding(host, name)

    def at(self, inside: Mapping[str, str]) -> Interface:
        """The same, to be there."""
        return type(self)(self._host, self._name, inside)

    @property
    def there(self) -> Host | None:
        """Runs commands where it is to be; None as long as there is no such place."""
        return host_at(self._host, self.inside)

    @property
    def namespace(self) -> tuple[int, int] | None:
        """What tells the namespace where it is to be from a later one; None on the host."""
        return identity(self._host, place_of(self._host, self.inside)) if self.inside else None

    @property
    def isolation(self) -> Isolation:
        """Its table, where it is to be."""
        return Isolation(self._host, self._name, self.inside)

    def kept_by(self, wanted: Wanted) -> str:
        """The title of the backend."""
        return Inside.title if self.inside else wanted.backend

    def find(self, table: str = "auto") -> Found:
        """What the host has now.

        :param table: the routing table to read routes from.
        :raises CommandFailed: it cannot be read.
        """
        text = self._host.read(self.path)
        try:
            config = parse_conf(text) if text is not None else None
        except ValueError:
            config = None  # somebody's unreadable file: it is replaced, and the live state decides the rest
        inside = where_is(self._host, self._name)
        there = host_at(self._host, inside)
        live = read_live(there, self._name, table) if there and self._host.which("wg") else None
        kept_by = tuple(title for title, backend in self.backends.items() if backend.keeps())
        return Found(text, _described(config, inside) if config else None, live, self.unit.state(), kept_by, inside, there)

    def look(self, wanted: Wanted, check_mode: bool = True) -> Outlook:
        """What would change.

        :raises ValueError: a configuration that is refused.
        :raises CommandFailed: the host's state cannot be read.
        """
        whole = wanted.content if self.inside else self.isolation.hooked(wanted.content, wanted.isolation)
        said = _described(parse_conf(whole), self.inside)
        desired, content = without_dns_endpoints(said), with_resolve_comments(whole, routes_dns(said))
        found = self.find(desired.table)
        adopted = None if said.private_key else adoptable(self._host, found.text, wanted.private_key_file)
        key, public = self._key(desired, wanted.private_key_file, adopted, check_mode)
        desired = replace(desired, private_key=key)
        check_applicable(desired, public)
        if wanted.up:
            self.backends[self.kept_by(wanted)].check(desired)
        text = with_private_key(content, key) if key else content
        if adopted is not None and found.config is not None and not any(differences(as_loaded(found.config), said)):
            changes = self._changes(wanted, desired, public, found, found.text or "", settled=True)
            if not changes:
                return Outlook(desired, text, found, (), public)
        changes = self._changes(wanted, desired, public, found, text, settled=False)
        if adopted is not None and changes:
            changes.append(HostChange("key file", "created"))
        return Outlook(desired, text, found, tuple(changes), public, adopted is not None)

    def _changes(
        self, wanted: Wanted, desired: Config, public: str | None, found: Found, text: str, settled: bool
    ) -> list[Change]:
        """All that differs.

        :param settled: somebody else's file says the same in other words: it stays as it is while nothing else changes.
        """
        changes = self._file_changes(found, text) + self._live_changes(wanted, desired, public, found)
        changes += name_changes(desired.peers, found.text, text) if wanted.up else []
        changes += self.late.changes(text if wanted.up and not self.inside else None)
        changes += self.isolation.changes(wanted.isolation)
        if wanted.forward is not None:
            changes += self.forwarding.changes(self._forwards(wanted), _versions(desired), settled)
        return changes

    def _forwards(self, wanted: Wanted) -> bool:
        """Whether the host does; of what is inside a namespace or a container, the owner of that has to say it."""
        return bool(wanted.forward) and not self.inside

    def bring_about(self, wanted: Wanted, check_mode: bool) -> dict[str, Any]:
        """Configured, and up or down.

        :raises ValueError: a configuration that is refused, or that would take too many peers away.
        :raises CommandFailed: the host could not be brought there; file and unit are as before where that was possible.
        """
        ahead = self.look(wanted, check_mode)
        found, desired, text = ahead.found, ahead.desired, ahead.text
        if wanted.up:
            check_removals("it", found.removable_peers(wanted.exclusive), desired.peers, wanted.max_removals, wanted.ended)
        result = result_of(ahead.changes, ahead.public)
        warnings = unresolved(ahead.changes, self._name)  # before the interface may take the way to the name servers
        if wanted.up and self.kept_by(wanted) == DEFAULT and not found.unit.boots:
            warnings.append(
                f"interface {self._name}: nothing known here starts it on this host at boot, neither systemd nor OpenRC"
            )
        if warnings:
            result["warnings"] = warnings
        if not ahead.changes or check_mode:
            return result
        if wanted.backup and found.text is not None and found.text != text:
            result["backup_file"] = "{}.{}~".format(self.path, time.strftime("%Y-%m-%dT%H%M%S"))
            self._host.write(result["backup_file"], found.text)  # closed to others, whatever the old file was
        if wanted.isolation is not None and found.inside == self.inside:
            self.isolation.apply(wanted.isolation)  # before anything can come through
        if wanted.forward is not None:
            self.forwarding.apply(self._forwards(wanted), _versions(desired))
        if ahead.adopts and wanted.private_key_file:
            self._host.write(wanted.private_key_file, f"{desired.private_key}\n")
        self._apply(wanted, desired, text, found, ahead.changes)
        if wanted.isolation is None:
            self.isolation.apply(None)
        return result

    def take_out(self, wanted: Wanted) -> list[Change]:
        """Take peers that ended away at once, from the interface and from its files, and give their prefixes to the peers that
        have them from now on. Nothing else changes, so that a rollback that comes later does not bring them back.

        :raises CommandFailed: one could not be taken away.
        """
        ended = frozenset(wanted.ended)
        ahead = self.look(wanted, check_mode=False)
        found = ahead.found
        changes: list[Change] = []
        if found.live and found.there:
            differing = compare(ahead.desired, ahead.public or "", found.config, found.live, time.time())
            changes = takings(differing, ended, found.live.device.peers)
            change_live(found.there, self._name, ahead.desired, changes)
        text = without_peers(found.text, ended) if found.text is not None and found.config else found.text
        if text is not None and text != found.text:
            self._host.write(self.path, text)
            for title in found.kept_by:
                self.backends[title].keep(without_dns_endpoints(parse_conf(text)))
        return changes

    def destroy_backups(self, check_mode: bool) -> list[Change]:
        """Remove the backups of the file, which hold the private key."""
        paths = self._host.glob(glob.escape(self.path) + ".*~")
        for path in () if check_mode else paths:
            self._host.remove(path)
        return [HostChange("backups", "removed")] if paths else []

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Neither running nor configured."""
        found = self.find()
        changes: list[Change] = []
        if found.live is not None or found.unit.active:
            changes.append(HostChange("interface", "stopped"))
        changes += self._keeping(None, None)
        if found.text is not None:
            changes.append(HostChange("file", "removed"))
        changes += self.late.changes(None)
        changes += self.forwarding.changes(False, ())
        changes += self.isolation.changes(None)
        if changes and not check_mode:
            self.take_down(found)
            for backend in self.backends.values():
                backend.forget()
            self._host.remove(self.path)
            self.late.apply(None)
            self.forwarding.apply(False, ())
            self.isolation.apply(None)
        return result_of(changes, None)

    def _key(self, desired: Config, key_file: str | None, adopted: str | None, check_mode: bool) -> tuple[str | None, str | None]:
        """Private and public key. In check mode there may be none yet, or no ``wg`` yet.

        :param adopted: the key of the file that is there, where nobody has taken it over yet.
        """
        key = desired.private_key
        if key is None:
            if key_file is None:
                raise ValueError("the content has no PrivateKey; set private_key_file")
            key = read_key(self._host, key_file) or adopted
            if key is None and not check_mode:
                raise ValueError(f"private key {key_file} is missing; make it with meshwork.wireguard.keypair")
        if key is None or (check_mode and self._host.which("wg") is None):
            return key, None
        return key, public_key_of(self._host, key)

    def _file_changes(self, found: Found, text: str) -> list[Change]:
        if found.text is None:
            return [HostChange("file", "created")]
        same = found.text == text and self._host.mode_of(self.path) == 0o600 and self._host.owner_of(self.path) == os.geteuid()
        return [] if same else [HostChange("file", "changed")]

    def _live_changes(self, wanted: Wanted, desired: Config, public: str | None, found: Found) -> list[Change]:
        changes: list[Change] = []
        if wanted.up and (found.live is None or found.inside != self.inside):
            if found.live is not None:
                changes.append(HostChange("interface", "moved"))
            elif self.there or "container" not in self.inside:  # a container that does not run gets it with its start
                changes.append(HostChange("interface", "started"))
                changes += [PeerAdded(peer) for peer in desired.peers]
        elif wanted.up and found.live is not None:
            if not found.live.up:
                changes.append(HostChange("interface", "started"))
            if public is not None:
                live = _as_started(found.live, desired)
                changes += compare(desired, public, found.config, live, time.time(), wanted.exclusive)
        elif not wanted.up and (found.live is not None or found.unit.active):
            changes.append(HostChange("interface", "stopped"))
        return changes + self._keeping(self.kept_by(wanted) if wanted.up else None, desired)

    def _keeping(self, by: str | None, desired: Config | None) -> list[Change]:
        """What differs from keeping the interface by that backend alone; None: by none."""
        return [
            change for title, backend in self.backends.items() for change in backend.changes(desired if title == by else None)
        ]

    def keep(self, by: str | None, desired: Config) -> None:
        """Keep the interface, which runs, by that backend alone; None: by none, and it does not run.

        :raises CommandFailed: a backend refuses.
        """
        others = [backend for title, backend in self.backends.items() if title != by]
        if by is None:
            for backend in others:
                backend.forget()
            return
        self.backends[by].keep(desired)  # before anything else lets go
        if any(backend.keeps() for backend in others):
            self.backends[by].adopt()
        for backend in others:
            backend.release(desired)

    def _apply(self, wanted: Wanted, desired: Config, text: str, found: Found, changes: Sequence[Change]) -> None:
        by, chains = self.kept_by(wanted), self.isolation.saved()
        moves = found.inside != self.inside
        restart = any(change.restarts for change in changes) or (found.live is not None and (moves or not found.live.up))
        learned = self._learned(desired, found) if restart and wanted.up else []
        if restart or not wanted.up:
            self.take_down(found)  # with the old file: its hooks undo what they did
        elif found.live is None:
            for title, backend in self.backends.items():
                if title != by:
                    backend.stop()
        self._host.write(self.path, text)
        try:
            if moves:
                self.leave(found)
                self.isolation.apply(wanted.isolation)
            if wanted.up and (restart or found.live is None):
                self.backends[by].start(desired)
                there = self.there if learned else None
                if there:
                    for step in handshakes(learned):
                        change_live(there, self._name, desired, step)
            elif wanted.up and found.there:
                change_live(found.there, self._name, desired, changes)
        except CommandFailed as failure:
            try:
                self.at(found.inside)._put_back(found, restart, chains)
            except (CommandFailed, OSError, ValueError) as again:
                raise CommandFailed(f"{failure}; what was there before could not be put back either: {again}") from failure
            raise
        self.keep(by if wanted.up else None, desired)
        self.late.apply(text if wanted.up and not self.inside else None)

    def _learned(self, desired: Config, found: Found) -> list[EndpointChanged]:
        """Where the peers are that dial it, asked at the last moment: a peer may have begun anew from another port just now."""
        live = read_live(found.there, self._name, desired.table) if found.there else None
        return learned_endpoints(desired, live, time.time()) if live else []

    def _put_back(self, found: Found, restarted: bool, chains: str | None) -> None:
        """As it was.

        :param chains: of the table, which is gone where the interface was to move.
        """
        if self.isolation.saved() != chains:
            self.isolation.apply(chains)
        if found.text is None:
            self._host.remove(self.path)
            return
        self._host.write(self.path, found.text)
        if restarted:
            self.start(found.text, found.kept_by)

    def start(self, text: str, kept_by: Sequence[str]) -> None:
        """Start what a text describes, and keep it as it was kept.

        :raises CommandFailed: it does not start.
        """
        by = next(iter(kept_by), DEFAULT)
        config = without_dns_endpoints(parse_conf(text))
        self.backends[by].start(config)
        if kept_by:
            self.backends[by].keep(config)

    def leave(self, found: Found) -> None:
        """Keep nothing more of it where it was; it is taken down there."""
        self.at(found.inside).isolation.apply(None)
        self.backends[Inside.title].forget()

    def take_down(self, found: Found) -> None:
        """With its hooks; what a file that is gone or damaged keeps from being taken down is deleted."""
        for backend in self.backends.values():
            backend.stop()
        by_hand = not found.unit.active and set(found.kept_by) <= {DEFAULT}
        if by_hand and found.live is not None and found.text is not None:
            self._host.run(["wg-quick", "down", self.path], check=False)
        if found.live is not None and found.there and is_there(found.there, self._name):
            found.there.run(["ip", "link", "delete", "dev", self._name])


def _described(config: Config, inside: Mapping[str, str]) -> Config:
    """What a configuration says of an interface that is there."""
    return as_made(config) if inside else config


def _as_started(live: Live, desired: Config) -> Live:
    """With what a link that is down gets back from its start: routes and addresses, also those of rules and hooks."""
    return live if live.up else replace(live, addresses=desired.addresses, routes=all_routes(desired))


def _versions(config: Config) -> list[int]:
    return [6 if ":" in address else 4 for address in config.addresses]
