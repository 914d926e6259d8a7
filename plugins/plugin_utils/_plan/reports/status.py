# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of hosts: running interfaces, latest handshakes, and differences from the plan."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import RECENT
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..failover.bgp import interface_names
from ..model.network import Network, Node
from ..rotation.node_keys import age_text, days_old
from .versions import versions, versions_text

SKEW = 120
"""Seconds. If a clock is set back by more than the age of the latest handshake, peers reject the host's new handshakes as
replays (TAI64N time stamps, WireGuard paper, 5.1)."""


def status(
    networks: Iterable[Network], reports: Mapping[str, Any], prepared: Mapping[str, Any], now: float
) -> list[dict[str, Any]]:
    """One entry per node, host and interface, JSON-ready.

    :param reports: host -> result of the module ``interface_info``.
    :param prepared: host -> result of the module ``prepare`` in check mode.
    :param now: seconds since the epoch on the controller.
    """
    entries = []
    for network in networks:
        handshakes = _Handshakes(network, reports)
        for node in network.nodes.values():
            title = {"name": node.name, "network": network.name, "managed": node.managed, **handshakes.of(node)}
            if not node.managed:
                entries.append({**title, "host": None, "interface": None, "reached": None})
            for host in node.hosts if node.managed else ():
                for interface in interface_names(network, node):
                    entry = {**title, "host": host, "interface": interface}
                    entries.append(
                        {**entry, **_entry(network, interface, reports.get(host) or {}, prepared.get(host) or {}, now)}
                    )
    return entries


class _Handshakes:
    """The nodes' latest handshakes, from their own reports and from those of their peers."""

    def __init__(self, network: Network, reports: Mapping[str, Any]) -> None:
        self._ages: dict[str, list[tuple[int, str]]] = {}
        for node in network.nodes.values():
            for host, report in ((host, reports.get(host) or {}) for host in node.hosts):
                for interface in report.get("interfaces", ()):
                    if interface["name"] in interface_names(network, node):
                        for peer in interface["peers"]:
                            for key in (peer["public_key"], node.public_key):
                                if peer["handshake_age"] is not None and key:
                                    self._ages.setdefault(key, []).append((peer["handshake_age"], host))

    def of(self, node: Node) -> dict[str, Any]:
        """``handshake_age``: seconds since the node's latest handshake with any other node, None if there was none; and
        ``handshake_by``: the hosts that report it. A single host could have invented it.
        """
        ages = self._ages.get(node.public_key or "", ())
        age = min((reported for reported, _host in ages), default=None)
        return {"handshake_age": age, "handshake_by": sorted({host for reported, host in ages if reported == age})}


def _entry(
    network: Network, interface: str, report: Mapping[str, Any], prepared: Mapping[str, Any], now: float
) -> dict[str, Any]:
    if "interfaces" not in report:
        return {"reached": False}
    live = next((item for item in report["interfaces"] if item["name"] == interface), None)
    compared: Mapping[str, Any] = (prepared.get("interfaces") or {}).get(interface, {})
    names = {other.public_key: name for name, other in network.nodes.items() if other.public_key}
    names |= {other.next_public_key: f"{name} (next key)" for name, other in network.nodes.items() if other.next_public_key}
    written = (prepared.get("key_dates") or {}).get(network.interface)
    today = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).date().isoformat()
    return {
        "reached": True,
        "up": live is not None,
        "implementation": live and live["implementation"],
        "implementation_version": live and live["implementation_version"],
        "tools_version": report.get("tools_version"),
        "systemd_version": report.get("systemd_version"),
        "clock_ahead": round(report["time"] - now) if "time" in report else None,
        "key_age": days_old(written, today) if written else None,
        "next_key": bool((prepared.get("next_keys") or {}).get(network.interface)),
        "missing_packages": list(prepared.get("packages") or ()),
        "drift": list(compared.get("changes", ())),
        "peers": [{**peer, "name": names.get(peer["public_key"], peer["name"])} for peer in (live["peers"] if live else ())],
    }


def status_text(entries: Iterable[Mapping[str, Any]]) -> str:
    """The entries as text, followed by the differences between the hosts' versions."""
    whole = list(entries)
    return "\n".join([*(line for entry in whole for line in _lines(entry)), *versions_text(versions(whole))])


def _lines(entry: Mapping[str, Any]) -> Iterator[str]:
    if not entry["managed"]:
        yield f"{entry['name']}  ({entry['network']})  not managed, {_handshake(entry['handshake_age'])}"
        return
    title = f"{entry['host']}  {entry['interface']} ({entry['network']})"
    if not entry["reached"]:
        yield f"{title}  not reached"
        return
    yield f"{title}  {_running(entry)}"
    for peer in entry["peers"]:
        yield "  " + _peer(peer)
    ahead = entry["clock_ahead"] or 0
    if abs(ahead) > SKEW:
        way = "ahead of" if ahead > 0 else "behind"
        yield f"  ! its clock is {abs(ahead)} s {way} the controller's; peers reject handshakes if a clock was set back"
    if entry["next_key"]:
        yield "  ! it has a next key, but uses the old one; meshwork.wireguard.rotate completes the change"
    for package in entry["missing_packages"]:
        yield f"  ! package {package} is missing"
    for change in entry["drift"]:
        yield f"  ! a run would change: {change}"


def _running(entry: Mapping[str, Any]) -> str:
    if not entry["up"]:
        return "down"
    age = "" if entry["key_age"] is None else f", key {age_text(entry['key_age'])}"
    version = f" {entry['implementation_version']}" if entry["implementation_version"] else ""
    return f"up, {entry['implementation']}{version}, tools {entry['tools_version']}{age}"


def _peer(peer: Mapping[str, Any]) -> str:
    title = peer["name"] or short(peer["public_key"])
    handshake = _handshake(peer["handshake_age"])
    size = f"{size_text(peer['received'])} in, {size_text(peer['sent'])} out"
    return f"{title}  {peer['endpoint'] or 'no endpoint'}  {handshake}  {size}"


def _handshake(age: int | None) -> str:
    return (
        "no handshake yet" if age is None else f"latest handshake {age} s ago" if age <= RECENT else f"no handshake for {age} s"
    )


def size_text(count: float) -> str:
    """``1.5 KiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
