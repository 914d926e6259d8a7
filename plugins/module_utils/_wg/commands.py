# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as argument lists of ``wg`` and ``ip``. Secrets are given as paths of files, never as arguments."""

from __future__ import annotations

from typing import Mapping, Sequence

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
    PresharedKeyChanged,
    PrivateKeyChanged,
    RouteAdded,
    RouteRemoved,
)
from .model import Peer

NO_KEY = "/dev/null"
"""What ``wg set ... preshared-key`` reads to clear the key (wg(8))."""


def wg_set(name: str, changes: Sequence[Change], private_key_file: str, preshared_key_files: Mapping[str, str]) -> list[str]:
    """One ``wg set`` for all that WireGuard itself has to change; empty where there is nothing.

    :param preshared_key_files: public key of a peer -> file with the preshared key it shall have.
    """
    interface: list[str] = []
    peers: dict[str, list[str]] = {}
    for change in changes:
        if isinstance(change, PrivateKeyChanged):
            interface += ["private-key", private_key_file]
        elif isinstance(change, PortChanged):
            interface += ["listen-port", str(change.after)]
        elif isinstance(change, FwmarkChanged):
            interface += ["fwmark", f"0x{change.after:x}"]
        elif isinstance(change, PeerRemoved):
            peers[change.peer.public_key] = ["remove"]
        elif isinstance(change, PeerAdded):
            peers[change.peer.public_key] = _whole(change.peer, preshared_key_files)
        elif isinstance(change, (AllowedIpsChanged, EndpointChanged, KeepaliveChanged, PresharedKeyChanged)):
            peers.setdefault(change.peer.public_key, []).extend(_part(change, preshared_key_files))
    words = list(interface)
    for key in sorted(peers, key=lambda key: _only_loses(key, changes)):
        words += ["peer", key] + peers[key]
    return ["wg", "set", name, *words] if words else []


def _only_loses(key: str, changes: Sequence[Change]) -> bool:
    """Peers that gain a prefix come first: setting it there takes it from its old peer in one step."""
    return not any(
        isinstance(change, PeerAdded) or (isinstance(change, AllowedIpsChanged) and bool(change.added))
        for change in changes
        if isinstance(change, (PeerAdded, AllowedIpsChanged)) and change.peer.public_key == key
    )


def _whole(peer: Peer, preshared_key_files: Mapping[str, str]) -> list[str]:
    words = ["preshared-key", preshared_key_files[peer.public_key]] if peer.preshared_key else []
    words += ["endpoint", peer.endpoint] if peer.endpoint else []
    return [*words, "persistent-keepalive", str(peer.keepalive), "allowed-ips", ",".join(peer.allowed_ips)]


def _part(change: Change, preshared_key_files: Mapping[str, str]) -> list[str]:
    if isinstance(change, AllowedIpsChanged):
        return ["allowed-ips", ",".join(change.peer.allowed_ips)]
    if isinstance(change, EndpointChanged):
        return ["endpoint", change.after]
    if isinstance(change, KeepaliveChanged):
        return ["persistent-keepalive", str(change.after)]
    if isinstance(change, PresharedKeyChanged):
        return ["preshared-key", preshared_key_files.get(change.peer.public_key, NO_KEY)]
    raise TypeError(type(change).__name__)


def ip_commands(name: str, table: str, changes: Sequence[Change]) -> list[list[str]]:
    """``ip`` commands for addresses, MTU and routes, in the order of the changes."""
    where = ["dev", name] + (["table", table] if table not in ("auto", "off") else [])
    commands: list[list[str]] = []
    for change in changes:
        if isinstance(change, MtuChanged):
            commands.append(["ip", "link", "set", "mtu", str(change.after), "dev", name])
        elif isinstance(change, (AddressAdded, AddressRemoved)):
            verb = "add" if isinstance(change, AddressAdded) else "delete"
            if verb == "delete" and _family(change.value) == "-4":
                # Without it the other addresses of the same prefix go as well, and with them the routes (ip-sysctl).
                commands.append(["sysctl", "-q", "-w", f"net/ipv4/conf/{name}/promote_secondaries=1"])
            commands.append(["ip", _family(change.value), "address", verb, change.value, "dev", name])
        elif isinstance(change, (RouteAdded, RouteRemoved)):
            verb = "replace" if isinstance(change, RouteAdded) else "delete"
            commands.append(["ip", _family(change.value), "route", verb, change.value, *where])
    return commands


def _family(text: str) -> str:
    return "-6" if ":" in text else "-4"
