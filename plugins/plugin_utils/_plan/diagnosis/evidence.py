# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two ends of a silent pair have reported, and how far a handshake got between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import RECENT

from ..model.network import Node
from .pairs import Pair, Reports

INITIATION, RESPONSE = 1, 2
"""Types of messages (WireGuard paper, 5.4)."""
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class End:
    """One end of a pair, on one host.

    ``asked``: whether its host has answered at all. ``interface``: its report, None if there is none. ``peer``: the other end in
    it. ``sent``: what the host found while it sent packets to the other end. ``captured``: what it saw meanwhile, see the module
    ``diagnosis``.
    """

    node: Node
    name: str
    host: str
    asked: bool
    report: Mapping[str, Any] = field(default_factory=dict)
    interface: Mapping[str, Any] | None = None
    peer: Mapping[str, Any] | None = None
    sent: Mapping[str, Any] | None = None
    sent_at: float | None = None
    filtered: int = 0
    captured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def endpoint(self) -> str | None:
        """Where it dials the other."""
        return self.sent["endpoint"] if self.sent else self.peer["endpoint"] if self.peer else None

    @property
    def in_session(self) -> bool:
        """Whether it had a handshake with the other a short while ago."""
        age = (self.sent or self.peer or NOTHING).get("handshake_age")
        return age is not None and age <= RECENT

    @property
    def has_received(self) -> bool:
        """Whether WireGuard has taken something of the other since the report."""
        return bool(self.sent and self.peer and self.sent["received"] > self.peer["received"])

    def messages(self, kind: int, way: str, port: int | None = None) -> dict[str, str]:
        """Id -> the other address, of the handshake messages that the host sent (``out``) or got (``in``), at a port."""
        packets = [packet for packet in self.captured.get("packets", ()) if port is None or packet["port"] == port]
        return {packet["id"]: packet["remote"] for packet in packets if packet["type"] == kind and packet["way"] == way}

    def inner(self, way: str, what: str, source: str, destination: str) -> int:
        """How many packets of that kind passed its interface."""
        wanted = (self.name, way, what, source, destination)
        keys = ("interface", "way", "what", "source", "destination")
        return sum(entry["count"] for entry in self.captured.get("inner", ()) if tuple(entry[key] for key in keys) == wanted)


@dataclass(frozen=True)
class Dialling:
    """One end dials the other. Each attribute is whether the handshake got that far; a response may get lost, too."""

    one: End
    other: End

    @cached_property
    def left(self) -> dict[str, str]:
        """The initiations that left towards the other's endpoint."""
        return {key: to for key, to in self.one.messages(INITIATION, "out").items() if to == self.one.endpoint}

    @cached_property
    def arrived(self) -> dict[str, str]:
        """Those that the other end's host has seen at its interface's port, and where from."""
        port = self.other.interface["port"] if self.other.interface else None
        found = self.other.messages(INITIATION, "in", port)
        return {key: found[key] for key in self.left if key in found}

    @property
    def sources(self) -> str:
        """The addresses from which they arrived, for people."""
        return ", ".join(sorted({*self.arrived.values()}))

    @cached_property
    def answered(self) -> dict[str, str]:
        """The responses that left the other end."""
        sources = {*self.arrived.values()}
        return {key: to for key, to in self.other.messages(RESPONSE, "out").items() if to in sources}

    @cached_property
    def returned(self) -> bool:
        """Whether one of them came back."""
        return any(key in self.one.messages(RESPONSE, "in") for key in self.answered)

    @cached_property
    def errors(self) -> list[Mapping[str, Any]]:
        """The ICMP errors about the other's endpoint."""
        return [error for error in self.one.captured.get("errors", ()) if error["about"] == self.one.endpoint]


def end_of(pair: Pair, name: str, reports: Reports, sent: Mapping[str, Any], captured: Mapping[str, Any]) -> End:
    """One end, on the first of its hosts that has a peer entry for the other, or else on its first host that has answered.

    :param sent: host -> result of the module ``diagnosis`` that sent packets.
    :param captured: host -> its result with what was captured.
    """
    node, interface = pair.network.nodes[name], pair.interface_of(name)
    key = pair.network.nodes[pair.other(name)].public_key
    ends = [_on_host(node, interface, key, host, reports, sent, captured) for host in node.hosts]
    return max(ends, key=lambda end: (end.in_session, end.peer is not None, end.interface is not None, end.asked))


def _on_host(
    node: Node,
    interface: str,
    key: str | None,
    host: str,
    reports: Reports,
    sent: Mapping[str, Any],
    captured: Mapping[str, Any],
) -> End:
    found = sent.get(host) or {}
    return End(
        node,
        interface,
        host,
        bool(reports.of(host)),
        reports.of(host),
        reports.interface(host, interface),
        reports.peer(host, interface, key),
        next((p for p in found.get("peers", ()) if (p["interface"], p["public_key"]) == (interface, key)), None),
        found.get("time"),
        int(found.get("filtered", 0)),
        captured.get(host) or {},
    )
