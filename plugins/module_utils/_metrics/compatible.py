# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same under the names of two exporters that are in use, so that dashboards and alerts made for these go on.

Sources: MindFlavor's prometheus_wireguard_exporter 3.6.6, ``src/wireguard.rs``, with its default options:
``wireguard_sent_bytes_total``, ``wireguard_received_bytes_total``, ``wireguard_latest_handshake_seconds``; ``friendly_name`` is
the name in the interface's file. mdlayher's wireguard_exporter, ``collector.go`` of 2023: ``wireguard_device_info``,
``wireguard_peer_...``. The two have no name in common.
"""

from __future__ import annotations

from typing import Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.exposition import COUNTER, GAUGE, Exposition, Family
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measurement import Entry, Measurement

_SENT = Family("wireguard_sent_bytes_total", COUNTER, "Bytes sent to the peer")
_RECEIVED = Family("wireguard_received_bytes_total", COUNTER, "Bytes received from the peer")
_HANDSHAKE = Family("wireguard_latest_handshake_seconds", GAUGE, "UNIX timestamp seconds of the last handshake")
_DEVICE_INFO = Family("wireguard_device_info", GAUGE, "Metadata about a device.")
_PEER_INFO = Family(
    "wireguard_peer_info",
    GAUGE,
    "Metadata about a peer. The public_key label on peer metrics refers to the peer's public key; not the device's public key.",
)
_PEER_ALLOWED_IPS = Family(
    "wireguard_peer_allowed_ips_info", GAUGE, "Metadata about each of a peer's allowed IP subnets for a given device."
)
_PEER_RECEIVED = Family("wireguard_peer_receive_bytes_total", COUNTER, "Number of bytes received from a given peer.")
_PEER_SENT = Family("wireguard_peer_transmit_bytes_total", COUNTER, "Number of bytes transmitted to a given peer.")
_PEER_HANDSHAKE = Family(
    "wireguard_peer_last_handshake_seconds", GAUGE, "UNIX timestamp for the last handshake with a given peer."
)
FAMILIES = (
    _SENT, _RECEIVED, _HANDSHAKE, _DEVICE_INFO, _PEER_INFO, _PEER_ALLOWED_IPS, _PEER_RECEIVED, _PEER_SENT, _PEER_HANDSHAKE,
)  # fmt: skip


def add_compatible(found: Exposition, measured: Measurement) -> None:
    """Add the samples of all WireGuard interfaces of the host, as these exporters have them."""
    now = int(measured.report["time"])
    for entry in measured.report["interfaces"]:
        found.add(_DEVICE_INFO, 1, device=entry["name"], public_key=entry["public_key"] or "")
        for peer in measured.shown(entry):
            age = peer["handshake_age"]
            handshake = 0 if age is None else now - age
            _add_mindflavor(found, entry["name"], peer, handshake)
            _add_mdlayher(found, {"device": entry["name"], "public_key": peer["public_key"]}, peer, handshake)


def _add_mindflavor(found: Exposition, interface: str, peer: Entry, handshake: int) -> None:
    labels = {
        "interface": interface,
        "public_key": peer["public_key"],
        "allowed_ips": ",".join(peer["allowed_ips"]) or "(none)",
        **({"friendly_name": peer["name"]} if peer["name"] else {}),
    }
    for family, value in ((_SENT, peer["sent"]), (_RECEIVED, peer["received"]), (_HANDSHAKE, handshake)):
        found.add(family, value, **labels)


def _add_mdlayher(found: Exposition, labels: Mapping[str, str], peer: Entry, handshake: int) -> None:
    found.add(_PEER_INFO, 1, **labels, endpoint=peer["endpoint"] or "", name=peer["name"] or "")
    for prefix in peer["allowed_ips"]:
        found.add(_PEER_ALLOWED_IPS, 1, **labels, allowed_ips=prefix, family="IPv6" if ":" in prefix else "IPv4")
    values = ((_PEER_RECEIVED, peer["received"]), (_PEER_SENT, peer["sent"]), (_PEER_HANDSHAKE, handshake))
    for family, value in values:
        found.add(family, value, **labels)
