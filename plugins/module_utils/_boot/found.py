# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WireGuard interface as other programs made it: their files, completed by what runs.

What runs counts: a hook, a drop-in or a person may have added peers that are in no file. Endpoints are the exception: a running
interface learns them, so only those of files count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Iterator, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.file_backend import STEM
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.networkd import UNMANAGED
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.quick_unit import QuickUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import (
    NETWORK_MANAGER,
    NETWORK_MANAGER_UNTIL_BOOT,
    NETWORKD,
    NETWORKD_BUILT_IN,
    NETWORKD_UNTIL_BOOT,
    WIREGUARD,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats import foreign_files
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign, seems_dialled
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import (
    HAND,
    Described,
    described,
    fragments,
    is_configuration,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.routes import Route, with_routes, with_routes_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live, connected_routes, kernels_own
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import LivePeer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key

PLACES = {
    foreign_files.QUICK: WIREGUARD,
    foreign_files.NETWORKD: NETWORKD,
    foreign_files.NETWORK_MANAGER: NETWORK_MANAGER,
}

GENERATED = {NETWORKD_UNTIL_BOOT: NETWORKD, NETWORKD_BUILT_IN: NETWORKD, NETWORK_MANAGER_UNTIL_BOOT: NETWORK_MANAGER}
"""The places of files that are not for users: netplan and others write them, some at each boot. A file with the same name in the
other place counts instead.
"""


@dataclass(frozen=True)
class Found:
    """An interface. ``by``: the program that makes it, or ``hand``. ``files``: their paths; ``shared``: those that other
    interfaces use, too; ``generated``: those at :data:`GENERATED`, which would make it again. ``config``: with the secrets; None
    if a file cannot be read, which ``error`` says. ``notes``: one line each.
    """

    name: str
    by: str
    files: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    config: Config | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()
    live: Live | None = None
    generated: tuple[str, ...] = ()


def found_interfaces(host: Host) -> list[Found]:
    """The interfaces that run, or that a program starts at boot, sorted by name.

    :raises CommandFailed: there is no ``wg``, or the live state cannot be read.
    """
    files = _files(host)
    live = set(host.run(["wg", "show", "interfaces"]).out.split())
    starting = {name for name, one in files.items() if name not in live and _starts(host, name, one)}
    generated = _generated(host)
    return [_found(host, name, files.get(name), generated.get(name, ())) for name in sorted(live | starting)]


def found_interface(host: Host, name: str) -> Found:
    """One interface, whether it runs or not.

    :raises CommandFailed: the live state cannot be read.
    """
    return _found(host, name, _files(host).get(name), _generated(host).get(name, ()))


def unused(host: Host) -> list[str]:
    """The paths of wg-quick's files that describe no interface."""
    return [f"{WIREGUARD}/{name}" for name in fragments(_texts(host, WIREGUARD))]


def _files(host: Host) -> dict[str, Described]:
    """Interface -> its files; of several programs' the one that comes last in :data:`PLACES`, and first of all wg-quick's."""
    found: dict[str, Described] = {}
    for by, directory in PLACES.items():
        for one in described(_texts(host, directory)):
            if one.by == by:
                found.setdefault(_interface_of(one), one)
    return found


def _texts(host: Host, directory: str) -> dict[str, str]:
    texts = {}
    for name in host.names(directory):
        inner = [f"{name}/{part}" for part in host.names(f"{directory}/{name}")] if name.endswith(".d") else [name]
        for path in inner:
            if is_configuration(path) and not name.startswith((STEM, UNMANAGED)) and not host.is_directory(f"{directory}/{path}"):
                texts[path] = host.read(f"{directory}/{path}") or ""
    return texts


def _generated(host: Host) -> dict[str, tuple[str, ...]]:
    """Interface -> its files at :data:`GENERATED` that make it at boot."""
    found: dict[str, tuple[str, ...]] = {}
    for directory, instead in GENERATED.items():
        for one in described(_texts(host, directory)):
            if one.starts and not host.exists(f"{instead}/{one.files[0]}"):
                name = _interface_of(one)
                found[name] = (*found.get(name, ()), f"{directory}/{one.files[0]}")
    return found


def _interface_of(one: Described) -> str:
    return (one.foreign and one.foreign.interface) or one.stem


def _starts(host: Host, name: str, one: Described) -> bool:
    if one.by == foreign_files.QUICK:
        return QuickUnit(host, name, f"{WIREGUARD}/{name}.conf").state().enabled
    units = {foreign_files.NETWORKD: "systemd-networkd.service", foreign_files.NETWORK_MANAGER: "NetworkManager.service"}
    return one.starts and host.run(["systemctl", "is-enabled", units[one.by]], check=False).status == 0


def _found(host: Host, name: str, one: Described | None, generated: tuple[str, ...]) -> Found:
    directory = PLACES[one.by] if one else ""
    files, shared = (tuple(f"{directory}/{file}" for file in some) for some in ((one.files, one.shared) if one else ((), ())))
    foreign = one.foreign if one else Foreign(Config())
    live = read_live(host, name, foreign.config.table if foreign else "auto")
    by = one.by if one else HAND
    if foreign is None:
        return Found(name, by, files, shared, None, one.error if one else None, (), live, generated)
    completed = _Completed(host, name, by, foreign, live)
    config = completed.config()
    left_out = (f"setting {line}: is left out" for line in foreign.left_out)
    again = (f"file {path}: makes the interface, too; remove it where it comes from, such as /etc/netplan" for path in generated)
    return Found(name, by, files, shared, config, None, (*left_out, *foreign.notes, *again, *completed.notes), live, generated)


class _Completed:
    """The configuration of files, completed by the live state."""

    def __init__(self, host: Host, name: str, by: str, foreign: Foreign, live: Live | None) -> None:
        self._host = host
        self._name = name
        self._by = by
        self._foreign = foreign
        self._live = live
        self.notes: list[str] = []

    def config(self) -> Config:
        """With the private key and all preshared keys."""
        config = replace(self._foreign.config, private_key=self._private_key(), peers=tuple(self._peers()))
        if self._by == foreign_files.QUICK:
            config, routes = with_routes_of(self._foreign.config, config, self._live.routes if self._live else ())
            self.notes += routes
        if self._live is None:
            return config
        config = self._device(config, self._live)
        config = replace(config, addresses=self._addresses(config, self._live))
        if self._by == HAND:
            config, notes = with_routes(config, [Route(prefix) for prefix in self._live.routes])
            self.notes += notes
        else:
            made = set(connected_routes(config.addresses)).union(*(peer.allowed_ips for peer in config.peers))
            further = [route for route in self._live.routes if route not in made]
            self.notes += [f"route {route}: is in no file, so it is left alone" for route in further]
        return config

    def _private_key(self) -> str | None:
        """What runs, wherever it came from."""
        if self._live is not None and self._live.device.public_key:
            return parse_key(self._host.run(["wg", "show", self._name, "private-key"]).out, f"private key of {self._name}")
        key, path = self._foreign.config.private_key, self._foreign.key_file
        return key or (self._key_in(path) if path else None)

    def _key_in(self, path: str) -> str | None:
        text = self._host.read(path) if path.startswith("/") else None
        return parse_key(text, f"key in {path}") if text is not None else None

    def _peers(self) -> Iterator[Peer]:
        running = self._live.device.peers if self._live else None
        known = {peer.public_key: peer for peer in self._foreign.config.peers}
        for key, peer in known.items():
            title = peer.name or key[:8]
            if running is None:
                path = self._foreign.preshared_files.get(key)
                secret = (self._key_in(path) if path else None) or peer.preshared_key
                if secret == KEPT:
                    self.notes.append(f"peer {title}: its preshared key is in no file that can be read, so it is left out")
                yield replace(peer, preshared_key=None if secret == KEPT else secret)
            elif key not in running:
                self.notes.append(f"peer {title}: is in the file, and does not run; it is left out")
            else:
                live = running[key]
                for what, here, there in (
                    ("AllowedIPs", peer.allowed_ips, live.allowed_ips),
                    ("keepalive", peer.keepalive, live.keepalive),
                ):
                    if here != there:
                        self.notes.append(f"peer {title}: {what} {_shown(there)} runs, the file has {_shown(here)}")
                yield replace(peer, allowed_ips=live.allowed_ips, keepalive=live.keepalive, preshared_key=live.preshared_key)
        for key, live in (running or {}).items():
            if key not in known:
                yield self._unwritten(key, live)

    def _unwritten(self, key: str, live: LivePeer) -> Peer:
        """A peer that is in no file. Only an interface that has none may have been given its endpoint."""
        peer = Peer(key, live.preshared_key, live.allowed_ips, live.endpoint, live.keepalive)
        if self._by != HAND:
            self.notes.append(f"peer {key[:8]}: runs, and is in no file")
            return replace(peer, endpoint=None)
        if seems_dialled(self._live.device.port if self._live else None, peer):
            return peer
        self.notes.append(
            f"peer {key[:8]}: endpoint {live.endpoint} is left out, because it may be learned; set it if this host has to dial "
            "the peer"
        )
        return replace(peer, endpoint=None)

    def _device(self, config: Config, live: Live) -> Config:
        port, mark = live.device.port, live.device.fwmark
        if config.port is None and self._by != HAND:
            port = 0  # any
        elif config.port is not None and config.port != port:
            self.notes.append(f"port {port}: runs, the file has {config.port}")
        if config.full_tunnel and config.fwmark is None:
            mark = 0  # wg-quick chooses it
        elif (config.fwmark or 0) != mark:
            self.notes.append(f"fwmark {mark}: runs, the file has {config.fwmark or 'none'}")
        return replace(config, port=port or None, fwmark=mark or (config.fwmark and mark))

    def _addresses(self, config: Config, live: Live) -> tuple[str, ...]:
        """Those that run. What hooks add, they add at each start, so that the file must not have it."""
        further = [one for one in live.addresses if one not in config.addresses and not kernels_own(one, config)]
        missing = [one for one in config.addresses if live.up and one not in live.addresses]
        self.notes += [f"address {one}: is in the file, and does not run; it is left out" for one in missing]
        own = tuple(one for one in config.addresses if one not in missing)
        if self._by == foreign_files.QUICK and (config.hooks.pre_up or config.hooks.post_up):
            self.notes += [f"address {one}: runs, and is in no file; it is left to the hooks" for one in further]
            return own
        if self._by != HAND:
            self.notes += [f"address {one}: runs, and is in no file" for one in further]
        return (*own, *further)


def _shown(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value or "none")


def kept_preshared_keys(found: Mapping[str, Peer], peers: tuple[Peer, ...]) -> tuple[Peer, ...]:
    """Peers, those without a preshared key with the one that they have so far."""
    return tuple(
        replace(peer, preshared_key=found[peer.public_key].preshared_key)
        if peer.preshared_key is None and peer.public_key in found
        else peer
        for peer in peers
    )
