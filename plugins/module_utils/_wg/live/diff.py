# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired configuration against live state: the least that has to change."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import Container, Iterable, Iterator, Mapping, Sequence

from ..config.model import Config, Peer
from ..values.addresses import covers, parse_endpoint, sort_prefixes
from ..values.constants import KEEPALIVE
from .changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    Change,
    EndpointChanged,
    FwmarkChanged,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PeerRemoved,
    PortChanged,
    PrefixMoved,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RestartNeeded,
    RouteAdded,
    RouteRemoved,
)
from .dump import RECENT, LiveDevice, LivePeer, handshake_age

_MAIN = ("auto", "off", "main")
"""With these the routes are in the table in which the kernel has those of the addresses."""


@dataclass(frozen=True)
class Live:
    """What a host has of an interface: WireGuard's part, and the kernel's (addresses, MTU in bytes, routes of the table).

    ``up`` is what an administrator sets: a link that is down has peers, and neither routes nor IPv6 addresses. ``unrouted`` are
    those of the addresses whose prefix somebody else than the kernel has made a route to, as NetworkManager does: it stays when
    the address goes.
    """

    device: LiveDevice
    addresses: tuple[str, ...]
    mtu: int
    routes: tuple[str, ...]
    up: bool = True
    unrouted: tuple[str, ...] = ()


def compare(
    desired: Config, public_key: str, previous: Config | None, live: Live, now: float, exclusive: bool = True
) -> list[Change]:
    """The changes that bring the live interface to the desired configuration, in the order in which they are made.

    :param public_key: of the private key that the interface is to have.
    :param previous: the configuration in the file so far; None where there was none. What only the file remembers (hooks,
        DNS, the table) is compared with it, and a route is removed only if the previous configuration had put it there.
    :param now: seconds since the epoch on the host, for the age of handshakes.
    :param exclusive: False leaves live peers alone that neither the desired nor the previous configuration has.
    """
    before = previous or Config()
    changes: list[Change] = [RestartNeeded(setting) for setting in _restarts(desired, before)]
    changes += _device(desired, public_key, live)
    changes += _peers(desired, before, live.device, now, exclusive)
    changes += _addresses(desired, before, live)
    changes += _routes(desired, before, live)
    return changes


def _restarts(desired: Config, before: Config) -> Iterator[str]:
    for name in ("table", "dns", "hooks"):
        if getattr(desired, name) != getattr(before, name):
            yield name
    if _default_routes(desired) != _default_routes(before):
        yield "full tunnel"
    elif desired.full_tunnel and desired.fwmark != before.fwmark:
        yield "fwmark"


def _default_routes(config: Config) -> set[str]:
    """What wg-quick routes by rules, which are there per IP version and look at the mark."""
    return {prefix for peer in config.peers for prefix in peer.allowed_ips if config.full_tunnel and prefix.endswith("/0")}


def _device(desired: Config, public_key: str, live: Live) -> Iterator[Change]:
    device = live.device
    if device.public_key != public_key:
        yield PrivateKeyChanged(device.public_key, public_key)
    if desired.port and device.port != desired.port:  # None and 0: any port is right
        yield PortChanged(device.port, desired.port)
    wanted_mark = desired.fwmark or 0
    if device.fwmark != wanted_mark and not (wanted_mark == 0 and desired.full_tunnel):
        yield FwmarkChanged(device.fwmark, wanted_mark)
    if desired.mtu is not None and live.mtu != desired.mtu:
        yield MtuChanged(live.mtu, desired.mtu)


def _peers(desired: Config, before: Config, device: LiveDevice, now: float, exclusive: bool) -> Iterator[Change]:
    wanted = {peer.public_key: peer for peer in desired.peers}
    known = {peer.public_key: peer for peer in before.peers}
    for key in device.peers:
        if key not in wanted and (exclusive or key in known):
            yield PeerRemoved(known.get(key, Peer(key)))
    moved = {change.prefix: change for change in _moves(wanted, known, device)}
    yield from (moved[prefix] for prefix in sort_prefixes(moved))
    for key, peer in wanted.items():
        live = device.peers.get(key)
        if live is None:
            yield PeerAdded(peer)
        else:
            yield from _peer(peer, known.get(key), live, moved, now)


def _moves(wanted: Mapping[str, Peer], known: Mapping[str, Peer], device: LiveDevice) -> Iterator[PrefixMoved]:
    """What a peer that is there takes from another, also from one that goes."""
    owner = {prefix: key for key, live in device.peers.items() for prefix in live.allowed_ips}
    for key, peer in wanted.items():
        live = device.peers.get(key)
        gained = set(peer.allowed_ips).difference(live.allowed_ips) if live else set()
        for prefix in gained & set(owner):
            old = owner[prefix]
            yield PrefixMoved(prefix, wanted.get(old) or known.get(old, Peer(old)), peer)


def _peer(peer: Peer, known: Peer | None, live: LivePeer, moved: Container[str], now: float) -> Iterator[Change]:
    want, have = set(peer.allowed_ips), set(live.allowed_ips)
    added, removed = ([prefix for prefix in some if prefix not in moved] for some in (want - have, have - want))
    if added or removed:
        yield AllowedIpsChanged(peer, sort_prefixes(added), sort_prefixes(removed))
    if peer.endpoint is not None and _endpoint_moved(peer.endpoint, known, live, now):
        yield EndpointChanged(peer, live.endpoint, peer.endpoint)
    if peer.keepalive != live.keepalive:
        yield KeepaliveChanged(peer, live.keepalive, peer.keepalive)
    if peer.preshared_key != live.preshared_key:
        action = "cleared" if peer.preshared_key is None else "replaced" if live.preshared_key else "set"
        yield PresharedKeyChanged(peer, action)


def _endpoint_moved(endpoint: str, known: Peer | None, live: LivePeer, now: float) -> bool:
    """A live endpoint follows the peer's packets: it is only wrong where the configuration moved or the peer is silent."""
    if live.endpoint is None:
        return True
    if live.endpoint == endpoint:
        return False
    if known is not None and known.endpoint != endpoint:
        return True
    age = handshake_age(live.handshake, now)
    silent = age is None or age > RECENT
    return silent and not parse_endpoint(endpoint, "endpoint").is_name


def learned_endpoints(desired: Config, live: Live, now: float) -> list[EndpointChanged]:
    """What only the running interface knows: where the peers are that dial it. A restart forgets that, and cannot reach them."""
    found = []
    for peer in desired.peers:
        there = live.device.peers.get(peer.public_key)
        age = handshake_age(there.handshake, now) if there else None
        if peer.endpoint is None and there and there.endpoint and age is not None and age <= RECENT:
            found.append(EndpointChanged(peer, None, there.endpoint))
    return found


def handshakes(learned: Sequence[EndpointChanged]) -> list[list[Change]]:
    """Two steps that give peers their endpoints and start a handshake with each at once.

    A peer still has the session that the restart ended. It would send into that for 15 seconds before it makes a new one.
    WireGuard sends a keepalive as soon as keepalives are switched on, and makes a handshake for it. The second step sets the
    seconds that are configured.
    """
    toggled = [(change.peer, 0 if change.peer.keepalive else KEEPALIVE) for change in learned]
    first: list[Change] = [*learned, *(KeepaliveChanged(peer, peer.keepalive, seconds) for peer, seconds in toggled)]
    return [first, [KeepaliveChanged(peer, seconds, peer.keepalive) for peer, seconds in toggled]]


def takings(changes: Iterable[Change], ended: Container[str], live: Mapping[str, LivePeer]) -> list[Change]:
    """Of the changes that :func:`compare` has found, those that take peers away that ended, and no others: what they had goes to
    peers that are there, and of these peers nothing else changes.
    """
    found: list[Change] = []
    gained: dict[str, list[str]] = {}
    for change in changes:
        if isinstance(change, PeerRemoved) and change.peer.public_key in ended:
            found.append(change)
        elif isinstance(change, PrefixMoved) and change.old.public_key in ended and change.new.public_key in live:
            gained.setdefault(change.new.public_key, []).append(change.prefix)
            found.append(change)
    peers = {key: sort_prefixes((*live[key].allowed_ips, *prefixes)) for key, prefixes in gained.items()}
    return [
        replace(change, new=replace(change.new, allowed_ips=peers[change.new.public_key]))
        if isinstance(change, PrefixMoved)
        else change
        for change in found
    ]


def _addresses(desired: Config, before: Config, live: Live) -> Iterator[Change]:
    for address in desired.addresses:
        if address not in live.addresses:
            yield AddressAdded(address)
    for address in live.addresses:
        if address not in desired.addresses and not kernels_own(address, before):
            yield AddressRemoved(address)


def kernels_own(address: str, said: Config) -> bool:
    """A link-local address that no configuration names is the kernel's own: it gives one to devices of userspace."""
    ip = ipaddress.ip_interface(address)
    return ip.version == 6 and ip.is_link_local and address not in said.addresses


def routes_of(config: Config) -> tuple[str, ...]:
    """The routes that wg-quick gives the interface: its AllowedIPs, less what a connected prefix of an address holds.

    Prefixes of length 0 are not among them where the table is ``auto``: wg-quick routes these by rules and a table of its own.
    """
    if config.table == "off":
        return ()
    allowed = {prefix for peer in config.peers for prefix in peer.allowed_ips if config.table != "auto" or prefix[-2:] != "/0"}
    connected = [str(ipaddress.ip_interface(a).network) for a in config.addresses if config.table in _MAIN]
    return sort_prefixes(p for p in allowed if not any(covers(c, p) for c in connected))


def connected_routes(addresses: Iterable[str]) -> tuple[str, ...]:
    """The routes that the kernel makes in the main table when the addresses are added: not for single hosts, and link-local
    ones are nobody's business.
    """
    networks = (ipaddress.ip_interface(a).network for a in addresses if not a.endswith(("/32", "/128")))
    return sort_prefixes(str(network) for network in networks if not network.is_link_local)


def all_routes(config: Config) -> tuple[str, ...]:
    """What a fresh start of the interface leaves in the configuration's table."""
    connected = connected_routes(config.addresses) if config.table in _MAIN else ()
    return sort_prefixes((*connected, *routes_of(config)))


def _routes(desired: Config, before: Config, live: Live) -> Iterator[Change]:
    """A route that came with an address is missed only while the address stays; where it goes, the kernel takes its route."""
    wanted = routes_of(desired)
    ours: dict[str, None] = dict.fromkeys(routes_of(before))
    stays = connected_routes(a for a in desired.addresses if a in live.addresses) if desired.table in _MAIN else ()
    stay = connected_routes(desired.addresses)
    goes = set(connected_routes(a for a in live.addresses if a not in live.unrouted)).difference(stay)
    theirs = set(connected_routes(live.unrouted)).difference(stay, goes)
    there = [route for route in live.routes if route not in goes]
    for route in dict.fromkeys((*stays, *wanted)):
        if route not in there:
            yield RouteAdded(route)
    for route in there:
        if route not in wanted and (route in ours or route in theirs) and route not in stays:
            yield RouteRemoved(route)
