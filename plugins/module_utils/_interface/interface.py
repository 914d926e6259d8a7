# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One WireGuard interface: brings file, unit and live state to the wanted state, with the fewest changes.

Its files and units are always on the host. The live interface is on the host, or inside a network namespace or a container.
"""

from __future__ import annotations

import glob
import os
import re
import time
from dataclasses import dataclass, field, replace
from typing import Any, Collection, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.backend import Backend
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.found import Found, kept_preshared_keys
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
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import (
    NETWORK_MANAGER,
    NETWORKD,
    REPLACED,
    WIREGUARD,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import UnitState
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.adopted import Adopted
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import (
    key_in_text,
    next_key_file,
    public_key_of,
    read_key,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.forwarding import Forwarding
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_exists, read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at, identity, place_of, where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import (
    keepers,
    next_preshared_keys,
    parse_conf,
    with_next_preshared_keys,
    with_preshared_keys,
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
"""The backend if none is given."""


def backends_of(host: Host, name: str, source: str, inside: Mapping[str, str]) -> Mapping[str, Backend]:
    """All backends, by their titles.

    :param source: path of its file in the format of wg-quick.
    """
    backends: list[Backend] = [kind(host, name, source) for kind in (WgQuick, Networkd, NetworkManager)]
    backends.append(Inside(host, name, source, inside))
    return {backend.title: backend for backend in backends}


def adoptable(host: Host, text: str | None, key_file: str | None) -> str | None:
    """The private key of a file that the collection did not write: otherwise a key file would exist."""
    if text is None or key_file is None or host.exists(key_file):
        return None
    return key_in_text(text, "private key in the file of the interface")


@dataclass(frozen=True)
class Wanted:
    """``content`` in the format of wg-quick; ``forward`` None: left alone. ``exclusive``: remove all other peers.

    ``max_removals``, ``ended``: see :func:`check_removals`. ``isolation``: see :class:`Isolation`. ``backend``: what brings the
    interface up at boot. ``adopted``: the program that made the interface, and its files, see :class:`Adopted`.
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
    adopted: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Current:
    """The state of the host: the file's text and its configuration, the live state, wg-quick's unit, and the enabled backends.

    ``inside``: the namespace or container that it is in. ``host``: runs commands there; None while the container does not run.
    """

    text: str | None
    config: Config | None
    live: Live | None
    unit: UnitState
    backends: tuple[str, ...] = ()
    inside: Mapping[str, str] = field(default_factory=dict)
    host: Host | None = None

    @property
    def lasting_addresses(self) -> list[str]:
        """The live addresses that a restart would give it again, as far as its file says."""
        live = self.live.addresses if self.live else ()
        return [address for address in live if self.config is None or address in self.config.addresses]

    def removable_peers(self, exclusive: bool) -> list[Peer]:
        """The live peers that a run may remove, with their names from the file.

        :param exclusive: False: without the peers that are not in the file.
        """
        known = {peer.public_key: peer for peer in self.config.peers} if self.config else {}
        live = self.live.device.peers if self.live else ()
        return [known.get(key, Peer(key)) for key in live if exclusive or key in known]


@dataclass(frozen=True)
class Outlook:
    """The result of a dry run: desired configuration with the private key, the file's new text, current state, changes.

    ``adopts``: the key of a file that the collection did not write goes into a key file. ``standing``: the interface as another
    program made it, while it has not been taken over.
    """

    desired: Config
    text: str
    current: Current
    changes: tuple[Change, ...]
    public: str | None
    adopts: bool = False
    standing: Found | None = None


class Interface:
    """An interface by its name, on the host or inside a namespace or container."""

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
        self.dns_endpoints = DnsEndpoints(host, name)
        self.forwarding = Forwarding(host, name)

    def at(self, inside: Mapping[str, str]) -> Interface:
        """The same interface, in another place."""
        return type(self)(self._host, self._name, inside)

    @property
    def target(self) -> Host | None:
        """Runs commands where the interface should be; None while that namespace or container does not exist."""
        return host_at(self._host, self.inside)

    @property
    def namespace(self) -> tuple[int, int] | None:
        """The identity of the wanted namespace, which differs from that of a later one with its name; None on the host."""
        return identity(self._host, place_of(self._host, self.inside)) if self.inside else None

    @property
    def isolation(self) -> Isolation:
        """Its nftables table, in the wanted place."""
        return Isolation(self._host, self._name, self.inside)

    def backend_of(self, wanted: Wanted) -> str:
        """The title of the wanted backend."""
        return Inside.title if self.inside else wanted.backend

    def find(self, table: str = "auto") -> Current:
        """The current state of the host.

        :param table: the routing table to read routes from.
        :raises CommandFailed: it cannot be read.
        """
        text = self._host.read(self.path)
        try:
            config = parse_conf(text) if text is not None else None
        except ValueError:
            config = None  # an unreadable file is replaced; the live state decides the rest
        inside = where_is(self._host, self._name)
        host = host_at(self._host, inside)
        live = read_live(host, self._name, table) if host and self._host.which("wg") else None
        unit = self.unit.state()
        others = (title for title, backend in self.backends.items() if title != WgQuick.title and backend.enabled())
        backends = (*((WgQuick.title,) if unit.enabled else ()), *others)
        return Current(text, _described(config, inside) if config else None, live, unit, backends, inside, host)

    def look(self, wanted: Wanted, check_mode: bool = True) -> Outlook:
        """The changes that a run would make.

        :raises ValueError: the configuration is refused.
        :raises CommandFailed: the host's state cannot be read.
        """
        whole = wanted.content if self.inside else self.isolation.hooked(wanted.content, wanted.isolation)
        described = _described(parse_conf(whole), self.inside)
        desired, content = without_dns_endpoints(described), with_resolve_comments(whole, routes_dns(described))
        current = self.find(desired.table)
        if wanted.adopted is not None:
            return self._look_at_adopted(wanted, described, desired, content, current)
        desired, content = self._with_kept(desired, content, keepers(content), current)
        adopted = None if described.private_key else adoptable(self._host, current.text, wanted.private_key_file)
        key, public = self._key(desired, wanted.private_key_file, adopted, check_mode)
        desired = replace(desired, private_key=key)
        if wanted.private_key_file and not self._host.exists(next_key_file(wanted.private_key_file)):
            desired, content = _with_changed(desired, content, current.config)
        check_applicable(desired, public)
        if wanted.up:
            self.backends[self.backend_of(wanted)].check(desired)
        text = with_private_key(content, key) if key else content
        if adopted is not None and current.config is not None and not any(differences(as_loaded(current.config), described)):
            changes = self._changes(wanted, desired, public, current, current.text or "", settled=True)
            if not changes:
                return Outlook(desired, text, current, (), public)
        changes = self._changes(wanted, desired, public, current, text, settled=False)
        if adopted is not None and changes:
            changes.append(HostChange("key file", "created"))
        return Outlook(desired, text, current, tuple(changes), public, adopted is not None)

    def _look_at_adopted(self, wanted: Wanted, described: Config, desired: Config, content: str, current: Current) -> Outlook:
        """The same for an interface of another program. While all that it is means what is wanted, there are no changes.

        Its private key is the one that runs. A peer without a preshared key keeps its own.
        """
        adopted = self._adopted(wanted)
        standing = adopted.standing()
        if standing is not None:
            current = replace(current, config=standing.config, live=standing.live)
        known = (current.live.addresses if current.live else (), current.config.addresses if current.config else ())
        if current.live is not None:  # others add addresses, too, such as hooks
            own = tuple(address for address in known[0] if address in known[1] or address in desired.addresses)
            current = replace(current, live=replace(current.live, addresses=own))
        every = {peer.public_key for peer in desired.peers}
        desired, content = self._with_kept(desired, content, every, current)
        if standing is not None and standing.config is not None:
            key = standing.config.private_key
        else:
            key = self._key(desired, wanted.private_key_file, None, check_mode=False)[0]
        public = public_key_of(self._host, key) if key else None
        desired = replace(desired, private_key=key)
        check_applicable(desired, public)
        text = with_private_key(content, key) if key else content
        if standing is not None and standing.config is not None and wanted.up:
            whole = replace(described, peers=_with_endpoints(desired.peers, described.peers))
            same = not any(differences(as_loaded(standing.config), as_loaded(whole)))
            if same and not self._live_differences(wanted, desired, public, current):
                return Outlook(desired, text, current, (), public, standing=standing)
        if wanted.up:
            self.backends[self.backend_of(wanted)].check(desired, adopted.files(standing))
        changes = self._changes(wanted, desired, public, current, text, settled=False) + adopted.moves(standing)
        if standing is not None and standing.generated and wanted.up:
            raise ValueError(
                f"{standing.generated[0]} would make the interface again at the next boot, as it is now; remove it where it "
                "comes from, such as /etc/netplan (with `netplan generate` afterwards), and start again"
            )
        adopts = standing is not None and key is not None and wanted.private_key_file is not None
        if adopts and self._key_in_file(wanted) != key:
            changes.append(HostChange("key file", "created" if self._key_in_file(wanted) is None else "changed"))
        return Outlook(desired, text, current, tuple(changes), public, adopts, standing)

    def _adopted(self, wanted: Wanted) -> Adopted:
        return Adopted(self._host, self._name, self.path, wanted.adopted or {})

    def _key_in_file(self, wanted: Wanted) -> str | None:
        """The text of the key file; None if there is none."""
        text = self._host.read(wanted.private_key_file) if wanted.private_key_file else None
        return text.strip() if text is not None else None

    def _take_key(self, wanted: Wanted, key: str | None) -> None:
        """Write the key file. Another key that is in it may be somebody's, so it gets another name."""
        path, before = wanted.private_key_file, self._key_in_file(wanted)
        if path and before != key:
            if before is not None:
                self._host.rename(path, path + REPLACED)
            self._host.write(path, f"{key}\n")

    def _with_kept(self, desired: Config, content: str, keeping: Collection[str], current: Current) -> tuple[Config, str]:
        """Configuration and text with the preshared keys that peers keep."""
        if not keeping:
            return desired, content
        live = current.live.device.peers if current.live else {}
        file = {peer.public_key: peer for peer in current.config.peers} if current.config else {}
        so_far = {
            key: Peer(key, live[key].preshared_key) if key in live else file[key] for key in keeping if key in {*live, *file}
        }
        peers = kept_preshared_keys(so_far, desired.peers)
        keys = {peer.public_key: peer.preshared_key for peer in peers if peer.public_key in so_far and peer.preshared_key}
        return replace(desired, peers=peers), with_preshared_keys(content, keys)

    def _changes(
        self, wanted: Wanted, desired: Config, public: str | None, current: Current, text: str, settled: bool
    ) -> list[Change]:
        """All differences.

        :param settled: a file that the collection did not write means the same: it stays as it is while nothing else changes.
        """
        changes = self._file_changes(current, text) + self._live_changes(wanted, desired, public, current)
        changes += name_changes(desired.peers, current.text, text) if wanted.up else []
        changes += self.dns_endpoints.changes(text if wanted.up and not self.inside else None)
        changes += self.isolation.changes(wanted.isolation)
        if wanted.forward is not None:
            changes += self.forwarding.changes(self._forwards(wanted), _versions(desired), settled)
        return changes

    def drift(self) -> list[Change]:
        """How what runs differs from the interface's own files; nothing without a file. A file that no backend starts at boot
        belongs to an interface that is down.

        :raises ValueError: the file is not readable.
        :raises CommandFailed: the host's state cannot be read.
        """
        text = self._host.read(self.path)
        if text is None:
            return []
        described = _described(parse_conf(text), self.inside)
        desired = without_dns_endpoints(described)
        current = self.find(desired.table)
        public = public_key_of(self._host, desired.private_key) if desired.private_key else None
        up, isolation = bool(current.backends), self.isolation.saved()
        wanted = Wanted(text, None, up, None, backend=(current.backends or (DEFAULT,))[0], isolation=isolation)
        changes = self._file_changes(current, text) + self._live_changes(wanted, desired, public, current)
        changes += self.dns_endpoints.changes(text if up and not self.inside else None)
        return changes + self.isolation.changes(isolation)

    def _forwards(self, wanted: Wanted) -> bool:
        """Whether the host forwards; inside a namespace or a container, its owner decides that."""
        return bool(wanted.forward) and not self.inside

    def bring_about(self, wanted: Wanted, check_mode: bool) -> dict[str, Any]:
        """Configure the interface, and set it up or down.

        :raises ValueError: the configuration is refused, or would remove too many peers.
        :raises CommandFailed: a command failed; file and unit are as before if they could be restored.
        """
        ahead = self.look(wanted, check_mode)
        current, desired, text = ahead.current, ahead.desired, ahead.text
        if wanted.up:
            check_removals("it", current.removable_peers(wanted.exclusive), desired.peers, wanted.max_removals, wanted.ended)
        result = result_of(ahead.changes, ahead.public)
        warnings = unresolved(ahead.changes, self._name)  # before the interface can cut the way to the name servers
        if wanted.up and self.backend_of(wanted) == DEFAULT and not current.unit.boots:
            warnings.append(
                f"interface {self._name}: nothing starts it on this host at boot: neither systemd nor OpenRC was found"
            )
        if wanted.adopted is not None and ahead.changes:
            warnings += self._adopted(wanted).stays(ahead.standing)
        if warnings:
            result["warnings"] = warnings
        if not ahead.changes or check_mode:
            return result
        if wanted.backup and current.text is not None and current.text != text:
            result["backup_file"] = "{}.{}~".format(self.path, time.strftime("%Y-%m-%dT%H%M%S"))
            self._host.write(result["backup_file"], current.text)  # readable by root only, whatever the old file's mode was
        if wanted.isolation is not None and current.inside == self.inside:
            self.isolation.apply(wanted.isolation)  # before any packet can pass
        if wanted.forward is not None:
            self.forwarding.apply(self._forwards(wanted), _versions(desired))
        if ahead.adopts:
            self._take_key(wanted, desired.private_key)
        self._apply(wanted, desired, text, current, ahead)
        if wanted.isolation is None:
            self.isolation.apply(None)
        return result

    def take_out(self, wanted: Wanted) -> list[Change]:
        """Remove the peers of removed nodes at once, from the interface and from its files, and give their prefixes to their new
        peers. Nothing else changes, so that a later rollback does not bring them back.

        :raises CommandFailed: a peer could not be removed.
        """
        ended = frozenset(wanted.ended)
        ahead = self.look(wanted, check_mode=False)
        current = ahead.current
        changes: list[Change] = []
        if current.live and current.host:
            differing = compare(ahead.desired, ahead.public or "", current.config, current.live, time.time())
            changes = takings(differing, ended, current.live.device.peers)
            change_live(current.host, self._name, ahead.desired, changes)
        text = without_peers(current.text, ended) if current.text is not None and current.config else current.text
        if text is not None and text != current.text:
            self._host.write(self.path, text)
            for title in current.backends:
                self.backends[title].enable(without_dns_endpoints(parse_conf(text)))
        return changes

    def destroy_backups(self, check_mode: bool) -> list[Change]:
        """Remove the backups of the file and the replaced files of other programs, which contain the private key."""
        paths = [*self._host.glob(glob.escape(self.path) + ".*~"), *self._replaced()]
        for path in () if check_mode else paths:
            self._host.remove(path)
        return [HostChange("backups", "removed")] if paths else []

    def _replaced(self) -> list[str]:
        """The replaced files of other programs that describe the interface: by their names, or as the program reads them."""
        found = [path for place in (WIREGUARD, NETWORKD, NETWORK_MANAGER) for path in self._host.glob(f"{place}/*{REPLACED}")]
        named = re.compile(rf"^\s*(Name|interface-name|id)\s*=\s*{re.escape(self._name)}\s*$", re.MULTILINE)
        own = f"{self.path}{REPLACED}"
        return [path for path in found if path == own or named.search(self._host.read(path) or "")]

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Stop the interface, and remove its configuration."""
        current = self.find()
        changes: list[Change] = []
        if current.live is not None or current.unit.active:
            changes.append(HostChange("interface", "stopped"))
        changes += self._backend_changes(None, None)
        if current.text is not None:
            changes.append(HostChange("file", "removed"))
        changes += self.dns_endpoints.changes(None)
        changes += self.forwarding.changes(False, ())
        changes += self.isolation.changes(None)
        if changes and not check_mode:
            self.take_down(current)
            for backend in self.backends.values():
                backend.forget()
            Networkd(self._host, self._name, self.path).manage_again()
            self._host.remove(self.path)
            self.dns_endpoints.apply(None)
            self.forwarding.apply(False, ())
            self.isolation.apply(None)
        return result_of(changes, None)

    def _key(self, desired: Config, key_file: str | None, adopted: str | None, check_mode: bool) -> tuple[str | None, str | None]:
        """Private and public key. In check mode both may be missing, as may ``wg``.

        :param adopted: the private key of an existing file, if it must be adopted.
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

    def _file_changes(self, current: Current, text: str) -> list[Change]:
        if current.text is None:
            return [HostChange("file", "created")]
        same = current.text == text and self._host.mode_of(self.path) == 0o600 and self._host.owner_of(self.path) == os.geteuid()
        return [] if same else [HostChange("file", "changed")]

    def _live_changes(self, wanted: Wanted, desired: Config, public: str | None, current: Current) -> list[Change]:
        changes = self._live_differences(wanted, desired, public, current)
        return changes + self._backend_changes(self.backend_of(wanted) if wanted.up else None, desired)

    def _live_differences(self, wanted: Wanted, desired: Config, public: str | None, current: Current) -> list[Change]:
        changes: list[Change] = []
        if wanted.up and (current.live is None or current.inside != self.inside):
            if current.live is not None:
                changes.append(HostChange("interface", "moved"))
            elif self.target or "container" not in self.inside:  # a stopped container gets it when it starts
                changes.append(HostChange("interface", "started"))
                changes += [PeerAdded(peer) for peer in desired.peers]
        elif wanted.up and current.live is not None:
            if not current.live.up:
                changes.append(HostChange("interface", "started"))
            if public is not None:
                live = _as_started(current.live, desired)
                changes += compare(desired, public, current.config, live, time.time(), wanted.exclusive)
        elif not wanted.up and (current.live is not None or current.unit.active):
            changes.append(HostChange("interface", "stopped"))
        return changes

    def _backend_changes(self, wanted: str | None, desired: Config | None) -> list[Change]:
        """The changes that leave only that backend enabled; None: no backend."""
        return [
            change for title, backend in self.backends.items() for change in backend.changes(desired if title == wanted else None)
        ]

    def enable(self, wanted: str | None, desired: Config) -> None:
        """Enable only that backend for the running interface; None: no backend, for an interface that does not run.

        :raises CommandFailed: a backend refuses.
        """
        others = [backend for title, backend in self.backends.items() if title != wanted]
        if wanted is None:
            for backend in others:
                backend.forget()
            return
        self.backends[wanted].enable(desired)  # before the others are disabled
        if any(backend.enabled() for backend in others):
            self.backends[wanted].adopt()
        for backend in others:
            backend.release(desired)

    def _apply(self, wanted: Wanted, desired: Config, text: str, current: Current, ahead: Outlook) -> None:
        backend_title, chains, changes = self.backend_of(wanted), self.isolation.saved(), ahead.changes
        moves = current.inside != self.inside
        restart = any(change.restarts for change in changes) or (current.live is not None and (moves or not current.live.up))
        learned = self._learned(desired, current) if restart and wanted.up else []
        if restart or not wanted.up:
            self.take_down(current)  # with the old file, whose hooks undo their changes
        elif current.live is None:
            for title, backend in self.backends.items():
                if title != backend_title:
                    backend.stop()
        adopted = self._adopted(wanted)
        adopted.keep_own()
        self._host.write(self.path, text)
        if restart and wanted.adopted is not None:
            self._enable_before(wanted, desired)
            adopted.move_away(ahead.standing, desired, backend_title, restart)
        try:
            if moves:
                self.leave(current)
                self.isolation.apply(wanted.isolation)
            if wanted.up and (restart or current.live is None):
                self.backends[backend_title].start(desired)
                if learned:
                    self._meet(desired, learned)
            elif wanted.up and current.host:
                change_live(current.host, self._name, desired, changes)
        except CommandFailed as failure:
            try:
                self.at(current.inside)._put_back(current, restart, chains)
                adopted.move_back(ahead.standing)
            except (CommandFailed, OSError, ValueError) as again:
                raise CommandFailed(f"{failure}; the state before it could not be restored either: {again}") from failure
            raise
        self.enable(backend_title if wanted.up else None, desired)
        adopted.move_away(ahead.standing, desired, backend_title, restart)
        self.dns_endpoints.apply(text if wanted.up and not self.inside else None)

    def _enable_before(self, wanted: Wanted, desired: Config) -> None:
        """Enable wg-quick before the interface runs: the files of the program that made it so far go away now."""
        if wanted.up and self.backend_of(wanted) == DEFAULT:
            self.backends[DEFAULT].enable(desired)

    def _learned(self, desired: Config, current: Current) -> list[EndpointChanged]:
        """Endpoints of the peers that dial the interface, read at the last moment: a peer may just have changed its port.

        The interface loses its private key first. A peer that made a handshake between the look and the end of the interface
        would have a session that nobody knows. With wireguard-go, a link that is down still answers handshakes. An
        implementation that refuses to be without a key keeps it. Hooks that run before the end may need the tunnel, and
        SaveConfig would save a file without the key.
        """
        if not (current.host and current.live and learned_endpoints(desired, current.live, time.time())):
            return []
        if current.live.up and current.config and not (current.config.hooks.pre_down or current.config.save_config):
            current.host.run(["wg", "set", self._name, "private-key", os.devnull], check=False)
        live = read_live(current.host, self._name, desired.table)
        return learned_endpoints(desired, live, time.time()) if live else []

    def _meet(self, desired: Config, learned: Sequence[EndpointChanged]) -> None:
        """Start handshakes with the peers that have not been faster: a peer that is back keeps the endpoint that it has now."""
        target = self.target
        live = read_live(target, self._name, desired.table) if target else None
        if target and live:
            back = {key for key, peer in live.device.peers.items() if peer.endpoint}
            for step in handshakes([change for change in learned if change.peer.public_key not in back]):
                change_live(target, self._name, desired, step)

    def _put_back(self, current: Current, restarted: bool, chains: str | None) -> None:
        """Restore the state before a failed run.

        :param chains: of the nftables table, which no longer exists if the interface was to move.
        """
        if self.isolation.saved() != chains:
            self.isolation.apply(chains)
        if current.text is None:
            self._host.remove(self.path)
            return
        self._host.write(self.path, current.text)
        if restarted:
            self.start(current.text, current.backends)

    def start(self, text: str, backends: Sequence[str]) -> None:
        """Start the interface of a text, and enable the backend that was enabled.

        :raises CommandFailed: it does not start.
        """
        title = next(iter(backends), DEFAULT)
        config = without_dns_endpoints(parse_conf(text))
        self.backends[title].start(config)
        if backends:
            self.backends[title].enable(config)

    def leave(self, current: Current) -> None:
        """Remove the rest of it from its old place, where it is down already."""
        self.at(current.inside).isolation.apply(None)
        self.backends[Inside.title].forget()

    def take_down(self, current: Current) -> None:
        """Take the interface down with its hooks; if the file is missing or damaged, delete it."""
        for backend in self.backends.values():
            backend.stop()
        by_hand = not current.unit.active and set(current.backends) <= {DEFAULT}
        if by_hand and current.live is not None and current.text is not None:
            self._host.run(["wg-quick", "down", self.path], check=False)
        if current.live is not None and current.host and link_exists(current.host, self._name):
            current.host.run(["ip", "link", "delete", "dev", self._name])


def _with_changed(desired: Config, content: str, file: Config | None) -> tuple[Config, str]:
    """Configuration and text of a host without a next key, with the next preshared keys that it uses already: it has changed, and
    the plan does not know that yet.
    """
    if file is None or file.private_key != desired.private_key:
        return desired, content
    used = {peer.public_key: peer.preshared_key for peer in file.peers}
    changed = {
        peer.public_key
        for peer in desired.peers
        if peer.next_preshared_key and peer.next_preshared_key == used.get(peer.public_key)
    }
    keys = next_preshared_keys(replace(desired, peers=tuple(peer for peer in desired.peers if peer.public_key in changed)))
    peers = tuple(
        replace(peer, preshared_key=peer.next_preshared_key, next_preshared_key=None) if peer.public_key in changed else peer
        for peer in desired.peers
    )
    return replace(desired, peers=peers), with_next_preshared_keys(content, keys)


def _with_endpoints(peers: Sequence[Peer], described: Sequence[Peer]) -> tuple[Peer, ...]:
    """Peers with the endpoints that they are described with, which may be names."""
    endpoints = {peer.public_key: peer.endpoint for peer in described}
    return tuple(replace(peer, endpoint=endpoints[peer.public_key]) for peer in peers)


def _described(config: Config, inside: Mapping[str, str]) -> Config:
    """A configuration as it applies in that place."""
    return as_made(config) if inside else config


def _as_started(live: Live, desired: Config) -> Live:
    """The live state with the routes and addresses that a link gets back from its start, even those of rules and hooks."""
    return live if live.up else replace(live, addresses=desired.addresses, routes=all_routes(desired))


def _versions(config: Config) -> list[int]:
    return [6 if ":" in address else 4 for address in config.addresses]
