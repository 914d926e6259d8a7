# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest changes from the live state to the desired configuration."""

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
from .following import followed

_MAIN = ("auto", "off", "main")
"""With these the routes are in the same table as the kernel's routes for the addresses."""


@dataclass(frozen=True)
class Live:
    """The live state of an interface: WireGuard's part, and the kernel's (addresses, MTU in bytes, routes of the table).

    ``up``: a link that an administrator has set down has peers, but neither routes nor IPv6 addresses. ``unrouted``: the
    addresses whose route was not made by the kernel, but by a program such as NetworkManager; that route stays when the address
    is removed.
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

    :param public_key: of the private key that the interface will have.
    :param previous: the configuration in the file so far; None if there was none. Settings without a live state (hooks, DNS,
        the table) are compared with it, and a route is removed only if the previous configuration had added it.
    :param now: seconds since the epoch on the host, for the age of handshakes.
    :param exclusive: False leaves live peers alone that neither the desired nor the previous configuration has.
    """
    desired, before = followed(desired, live.device, now), previous or Config()
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
    """The prefixes that wg-quick routes by rules, which exist for each IP version and depend on the mark."""
    if not config.full_tunnel:
        return set()
    return {prefix for peer in config.peers for prefix in peer.allowed_ips if prefix.endswith("/0")}


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
    """The prefixes that a live peer takes from another, also from one that is removed."""
    owner = {prefix: key for key, live in device.peers.items() for prefix in live.allowed_ips}
    for key, peer in wanted.items():
        live = device.peers.get(key)
        gained = set(peer.allowed_ips).difference(live.allowed_ips) if live else set()
        for prefix in filter(owner.__contains__, gained):
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
    """A live endpoint follows the peer's packets: it is wrong only if the configuration changed it or the peer is silent."""
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
    """The endpoints of peers that dial this host. Only the running interface knows them; after a restart it could not reach
    them.
    """
    learned = []
    for peer in desired.peers:
        known = live.device.peers.get(peer.public_key)
        age = handshake_age(known.handshake, now) if known else None
        if peer.endpoint is None and known and known.endpoint and age is not None and age <= RECENT:
            learned.append(EndpointChanged(peer, None, known.endpoint))
    return learned


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
    """The part of the changes that removes peers whose nodes are removed. Live peers get their prefixes, and nothing else of
    those peers changes.

    :param changes: as :func:`compare` returns them.
    :param ended: public keys of removed nodes.
    :param live: public key -> live peer.
    """
    kept: list[Change] = []
    gained: dict[str, list[str]] = {}
    for change in changes:
        if isinstance(change, PeerRemoved) and change.peer.public_key in ended:
            kept.append(change)
        elif isinstance(change, PrefixMoved) and change.old.public_key in ended and change.new.public_key in live:
            gained.setdefault(change.new.public_key, []).append(change.prefix)
            kept.append(change)
    peers = {key: sort_prefixes((*live[key].allowed_ips, *prefixes)) for key, prefixes in gained.items()}
    return [
        replace(change, new=replace(change.new, allowed_ips=peers[change.new.public_key]))
        if isinstance(change, PrefixMoved)
        else change
        for change in kept
    ]


def _addresses(desired: Config, before: Config, live: Live) -> Iterator[Change]:
    for address in desired.addresses:
        if address not in live.addresses:
            yield AddressAdded(address)
    for address in live.addresses:
        if address not in desired.addresses and not kernels_own(address, before):
            yield AddressRemoved(address)


def kernels_own(address: str, config: Config) -> bool:
    """Whether a link-local address is the kernel's own, not the configuration's. The kernel gives one to userspace devices."""
    ip = ipaddress.ip_interface(address)
    return ip.version == 6 and ip.is_link_local and address not in config.addresses


def routes_of(config: Config) -> tuple[str, ...]:
    """The routes that wg-quick adds: the AllowedIPs, without those inside a connected prefix of an address.

    If the table is ``auto``, prefixes of length 0 are not among them: wg-quick routes these by rules and a table of its own.
    """
    if config.table == "off":
        return ()
    allowed = {prefix for peer in config.peers for prefix in peer.allowed_ips if config.table != "auto" or prefix[-2:] != "/0"}
    connected = [str(ipaddress.ip_interface(a).network) for a in config.addresses if config.table in _MAIN]
    return sort_prefixes(p for p in allowed if not any(covers(c, p) for c in connected))


def connected_routes(addresses: Iterable[str]) -> tuple[str, ...]:
    """The routes that the kernel makes in the main table when the addresses are added: none for single hosts. Link-local ones
    are left alone.
    """
    networks = (ipaddress.ip_interface(a).network for a in addresses if not a.endswith(("/32", "/128")))
    return sort_prefixes(str(network) for network in networks if not network.is_link_local)


def all_routes(config: Config) -> tuple[str, ...]:
    """The routes in the configuration's table after a fresh start of the interface."""
    connected = connected_routes(config.addresses) if config.table in _MAIN else ()
    return sort_prefixes((*connected, *routes_of(config)))


def _routes(desired: Config, before: Config, live: Live) -> Iterator[Change]:
    """A route that the kernel made with an address is repaired only while the address stays. When the address is removed, the
    kernel removes the route; with the last IPv4 address of a device, it removes all its IPv4 routes.
    """
    wanted = dict.fromkeys(routes_of(desired))
    connected = connected_routes(desired.addresses)
    expected = connected_routes(a for a in desired.addresses if a in live.addresses) if desired.table in _MAIN else ()
    removed_by_kernel = set(connected_routes(a for a in live.addresses if a not in live.unrouted)).difference(connected)
    left_behind = set(connected_routes(live.unrouted)).difference(connected, removed_by_kernel)
    removable = left_behind.union(routes_of(before))
    if any("." in address for address in live.addresses) and not any("." in address for address in desired.addresses):
        removed_by_kernel |= {route for route in live.routes if "." in route}
    remaining = dict.fromkeys(route for route in live.routes if route not in removed_by_kernel)
    for route in dict.fromkeys((*expected, *wanted)):
        if route not in remaining:
            yield RouteAdded(route)
    for route in remaining:
        if route in removable and route not in wanted and route not in expected:
            yield RouteRemoved(route)
