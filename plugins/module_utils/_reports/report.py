# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a host: the live state of its interfaces as JSON without secrets, which peers answer, and how what runs differs
from its files. The playbooks ``status`` and ``doctor`` ask for it, and metrics are made of it.
"""

from __future__ import annotations

import time
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import systemd_version, version_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.forwarding import switched_on
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_kind, read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at, inside_here
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.probing import probe, round_trips
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import PROGRAMS
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import LivePeer, handshake_age
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import features_of

Probes = Mapping[str, Mapping[str, str]]
"""Interface -> public key of a peer -> its address."""


def report(
    host: Host,
    only: str | None = None,
    probes: Probes | None = None,
    pings: Mapping[str, Sequence[str]] | None = None,
    compare: bool = False,
    sizes: bool = False,
) -> dict[str, Any]:
    """All interfaces, or one.

    :param probes: peers that get a packet. Others have ``probe`` None.
    :param pings: interface -> more addresses that get an echo request through it.
    :param sizes: find out the largest packets that peers answer.
    :param compare: compare what runs with the host's own files. Otherwise ``drift`` is None.
    :raises CommandFailed: the interface of that name is not a WireGuard interface.
    """
    tools = host.which("wg")
    version = version_of(host, tools)
    inside = inside_here(host) if tools else {}
    names = {only} if only else {*host.run(["wg", "show", "interfaces"]).out.split(), *inside} if tools else set()
    hosts = {name: host_at(host, inside.get(name, {})) for name in sorted(names)}
    live_states = [(name, at, read_live(at, name, "auto")) for name, at in hosts.items() if at is not None]
    now = time.time()
    return {
        "tools_version": version,
        "tools_features": list(features_of(version)),
        "systemd_version": systemd_version(host),
        "time": now,
        "forwarding": switched_on(host),
        "interfaces": [
            {
                **_interface(at, name, live, _probed(at, name, live, probes or {}, sizes), now),
                "pings": round_trips(at, name, [*(pings or {}).get(name, ())]),
                "drift": _drift(host, name, inside.get(name)) if compare else None,
            }
            for name, at, live in live_states
            if live is not None
        ],
    }


def _probed(host: Host, name: str, live: Live, probes: Probes, sizes: bool) -> dict[str, dict[str, Any]]:
    known = {key: to for key, to in probes.get(name, {}).items() if key in live.device.peers}
    return probe(host, name, known, live.mtu if sizes else None) if known else {}


def _drift(host: Host, name: str, inside: Mapping[str, str] | None) -> list[str]:
    """How what runs differs from the interface's files, as lines for people."""
    try:
        return [change.describe() for change in Interface(host, name, inside).drift()]
    except (CommandFailed, ValueError) as error:
        return [f"~ interface: {error}"]


def _interface(host: Host, name: str, live: Live, probed: Mapping[str, Any], now: float) -> dict[str, Any]:
    implementation, program = _implementation(host, name)
    names = _peer_names(host, name)
    peers = [{**_peer(peer, names.get(key), now), "probe": probed.get(key)} for key, peer in live.device.peers.items()]
    return {
        "name": name,
        "up": live.up,
        "implementation": implementation,
        "implementation_version": version_of(host, program),
        "public_key": live.device.public_key,
        "port": live.device.port,
        "fwmark": live.device.fwmark,
        "mtu": live.mtu,
        "addresses": list(live.addresses),
        "routes": list(live.routes),
        "peers": sorted(peers, key=lambda peer: (peer["name"] or "", peer["public_key"])),
    }


def _peer(peer: LivePeer, name: str | None, now: float) -> dict[str, Any]:
    return {
        "name": name,
        "public_key": peer.public_key,
        "preshared_key": peer.preshared_key is not None,
        "endpoint": peer.endpoint,
        "allowed_ips": list(peer.allowed_ips),
        "handshake_age": handshake_age(peer.handshake, now),
        "received": peer.received,
        "sent": peer.sent,
        "keepalive": peer.keepalive,
    }


def _implementation(host: Host, name: str) -> tuple[str, str | None]:
    """The implementation and, in userspace, its program: found among the processes by the interface's name."""
    if link_kind(host, name) == "wireguard":
        return "kernel", None
    running = host.run(["pgrep", "--full", "--list-full", rf"(wireguard-go|boringtun).* {name}( |$)"], check=False).out
    for implementation in ("wireguard-go", "boringtun"):
        if implementation in running:
            programs: list[str] = [n for n in PROGRAMS[implementation] if host.which(n)]
            return implementation, programs[0] if programs else None
    return "userspace", None


def _peer_names(host: Host, name: str) -> dict[str, str]:
    try:
        config = parse_conf(host.read(f"{WIREGUARD}/{name}.conf") or "")
    except (ValueError, OSError):
        return {}
    return {peer.public_key: peer.name for peer in config.peers if peer.name}
