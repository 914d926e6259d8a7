# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check that peers still answer: each gets a packet, and must send something back."""

from __future__ import annotations

import ipaddress
import sys
import time
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import RECENT, handshake_age, parse_dump

_DISCARD = 9
"""A port on which nobody listens (RFC 863): the peer's system reports that at once, and if a packet filter drops the report,
WireGuard itself answers within 10 seconds with a keepalive (KEEPALIVE_TIMEOUT, WireGuard paper, 6.5)."""
PATIENCE = 20
"""Seconds: one lost handshake, and the keepalive."""
_SENDER = (
    """\
import contextlib, socket, sys
for address in sys.stdin.read().split():
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
        sender.sendto(b"", (address, %d))
"""
    % _DISCARD
)
"""A separate program, because it must run in the interface's namespace. Thousands of addresses are too long for arguments."""


def kept_peers(desired: Config, live: Live | None, now: float) -> list[dict[str, Any]]:
    """The peers that stay and had a recent handshake, JSON-ready: ``public_key``, ``name``, ``address`` to send a packet to."""
    if live is None:
        return []
    own = {str(ipaddress.ip_interface(address).ip) for address in (*desired.addresses, *live.addresses)}
    versions = {_version(address) for address in desired.addresses}
    kept = []
    for peer in desired.peers:
        live_peer = live.device.peers.get(peer.public_key)
        age = handshake_age(live_peer.handshake, now) if live_peer else None
        address = _address([prefix for prefix in peer.allowed_ips if not versions or _version(prefix) in versions], own)
        if age is not None and age <= RECENT and address is not None:
            kept.append({"public_key": peer.public_key, "name": peer.name, "address": address})
    return kept


def _version(text: str) -> int:
    return 6 if ":" in text else 4


def _address(prefixes: Sequence[str], own: set[str]) -> str | None:
    """An address of the peer, or one behind it."""
    for network in sorted((ipaddress.ip_network(prefix) for prefix in prefixes), key=lambda n: n.num_addresses):
        first = network.network_address + (1 if network.num_addresses > 2 else 0)
        for address in (first, first + 1 if network.num_addresses > 1 else first):
            if str(address) not in own:
                return str(address)
    return None


def silent_peers(host: Host, name: str, peers: Sequence[Mapping[str, Any]], patience: float = PATIENCE) -> list[str]:
    """The names, or public keys, of the peers that do not answer in time.

    :param host: runs commands in the interface's namespace.
    :param patience: seconds.
    :raises CommandFailed: there is no such interface.
    """
    before = parse_dump(host.run(["wg", "show", name, "dump"]).out).peers
    waiting = {peer["public_key"]: peer for peer in peers}
    end = time.monotonic() + patience
    while waiting:
        host.run([sys.executable, "-I", "-c", _SENDER, name], "\n".join(peer["address"] for peer in waiting.values()))
        time.sleep(0.25)
        now = parse_dump(host.run(["wg", "show", name, "dump"]).out).peers
        for key in list(waiting):
            heard = key in now and now[key].received > (before[key].received if key in before else 0)
            age = handshake_age(now[key].handshake, time.time()) if key in now else None
            if heard and age is not None and age <= RECENT:
                del waiting[key]
        if time.monotonic() > end:
            break
    return [peer["name"] or key for key, peer in waiting.items()]
