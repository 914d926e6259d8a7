# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own metrics, ``meshwork_...``."""

from __future__ import annotations

from typing import Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.exposition import COUNTER, GAUGE, Exposition, Family
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measurement import MANY, Entry, Measurement
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Known
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MeasuredPeer

UP = Family("meshwork_peer_up", GAUGE, "Whether the peer answered its latest packet through the tunnel.")
ROUND_TRIP = Family("meshwork_peer_probe_rtt_seconds", GAUGE, "Time until the answer to an echo request.")
PROBED = Family("meshwork_peer_probe_time_seconds", GAUGE, "When the peer got its latest packet, in seconds since the epoch.")
HANDSHAKE = Family("meshwork_peer_handshake_age_seconds", GAUGE, "Time since the latest handshake; absent if there was none.")
RECEIVED = Family("meshwork_peer_received_bytes_total", COUNTER, "Bytes received from the peer.")
SENT = Family("meshwork_peer_sent_bytes_total", COUNTER, "Bytes sent to the peer.")
ENDPOINT_CHANGES = Family("meshwork_peer_endpoint_changes_total", COUNTER, "How often the peer came from another endpoint.")
PEERS = Family("meshwork_peers", GAUGE, "Peers that answered their latest packet, that did not, and that got none.")
INTERFACE_UP = Family("meshwork_interface_up", GAUGE, "Whether the interface is there, and up.")
INTERFACE_RECEIVED = Family("meshwork_interface_received_bytes_total", COUNTER, "Bytes received from the peers that it has now.")
INTERFACE_SENT = Family("meshwork_interface_sent_bytes_total", COUNTER, "Bytes sent to the peers that it has now.")
INTERFACE_INFO = Family("meshwork_interface_info", GAUGE, "The interface's implementation and public key.")
DRIFT = Family("meshwork_drift", GAUGE, "Differences between what runs and the host's own files.")
FILES_INFO = Family("meshwork_files_info", GAUGE, "Digest (SHA-256) of the interface's file without its keys.")
KEY_AGE = Family("meshwork_key_age_seconds", GAUGE, "Time since the file of the private key was written.")
HOST_INFO = Family("meshwork_host_info", GAUGE, "Versions on the host.")
RUN_TIME = Family("meshwork_metrics_run_time_seconds", GAUGE, "When these metrics were written, in seconds since the epoch.")
DURATION = Family("meshwork_metrics_run_duration_seconds", GAUGE, "How long the measurement took.")
INTERVAL = Family("meshwork_metrics_interval_seconds", GAUGE, "Time between two measurements, as it is set.")
SUCCESS = Family("meshwork_metrics_success", GAUGE, "Whether the measurement succeeded; otherwise there are no others.")
FAMILIES = (
    UP, ROUND_TRIP, PROBED, HANDSHAKE, RECEIVED, SENT, ENDPOINT_CHANGES, PEERS, INTERFACE_UP, INTERFACE_RECEIVED, INTERFACE_SENT,
    INTERFACE_INFO, DRIFT, FILES_INFO, KEY_AGE, HOST_INFO,
)  # fmt: skip
OF_THE_RUN = (RUN_TIME, DURATION, INTERVAL, SUCCESS)


def add_own(found: Exposition, measured: Measurement) -> None:
    """Add the samples of a measurement."""
    for name, interface, entry in measured.interfaces():
        labels = {"network": interface.network, "node": interface.node}
        if interface.key in measured.key_ages:
            found.add(KEY_AGE, round(measured.key_ages[interface.key], 3), **labels)
        _add_interface(found, measured, name, entry, {**labels, "interface": name})
        _add_peers(found, measured, name, entry)
    versions = {name: measured.report[name] or "" for name in ("tools_version", "systemd_version")}
    found.add(HOST_INFO, 1, **versions)


def add_run(found: Exposition, interval: int, now: float, duration: float, success: bool) -> None:
    """Add the samples of the run itself."""
    for family, value in zip(OF_THE_RUN, (round(now, 3), round(duration, 3), interval, int(success))):
        found.add(family, value)


def _add_interface(found: Exposition, measured: Measurement, name: str, entry: Entry | None, labels: Mapping[str, str]) -> None:
    found.add(INTERFACE_UP, int(entry is not None and entry["up"]), **labels)
    if name in measured.digests:
        found.add(FILES_INFO, 1, **labels, digest=measured.digests[name])
    if entry is None:
        return
    found.add(INTERFACE_RECEIVED, sum(peer["received"] for peer in entry["peers"]), **labels)
    found.add(INTERFACE_SENT, sum(peer["sent"] for peer in entry["peers"]), **labels)
    about = ("public_key", "implementation", "implementation_version")
    found.add(INTERFACE_INFO, 1, **labels, **{key: entry[key] or "" for key in about})
    if entry["drift"] is not None:
        found.add(DRIFT, len(entry["drift"]), **labels)


def _add_peers(found: Exposition, measured: Measurement, on: str, entry: Entry | None) -> None:
    interface = measured.settings.interfaces[on]
    labels = {"network": interface.network, "node": interface.node}
    counts = {"up": 0, "silent": 0, "unprobed": 0}
    for name, peer, known, live in measured.peers(interface, entry):
        counts[_state(known)] += 1
        if len(interface.peers) <= MANY or known.answers is False:
            pair = " ".join(sorted((interface.node, name)))
            _add_peer(found, peer, known, live, {**labels, "peer": name}, pair)
    for state, count in counts.items():
        found.add(PEERS, count, **labels, interface=on, state=state)


def _state(known: Known) -> str:
    return "unprobed" if known.answers is None else "up" if known.answers else "silent"


def _add_peer(
    found: Exposition, peer: MeasuredPeer, known: Known, live: Entry | None, labels: Mapping[str, str], pair: str
) -> None:
    if known.answers is not None and peer.address is not None:
        found.add(UP, int(known.answers), **labels, pair=pair)
    if known.round_trip is not None:
        found.add(ROUND_TRIP, round(known.round_trip, 6), **labels)
    if known.probed is not None:
        found.add(PROBED, round(known.probed, 3), **labels)
    found.add(ENDPOINT_CHANGES, known.changes, **labels)
    if live is not None:
        found.add(RECEIVED, live["received"], **labels)
        found.add(SENT, live["sent"], **labels)
        if live["handshake_age"] is not None:
            found.add(HANDSHAKE, live["handshake_age"], **labels)
