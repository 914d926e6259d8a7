# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measurement: the settings, the host's report, and what is remembered of each peer, brought together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Iterator, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Known, Memory, Place
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MeasuredInterface,
    MeasuredPeer,
    MetricsSettings,
)

MANY = 1000
"""With more peers than this, an interface has sums, and samples of its silent peers alone."""
_NEVER = 2**62

Entry = Mapping[str, Any]
"""An interface or a peer in a report."""


@dataclass(frozen=True)
class Measurement:
    """``report``: see ``_reports/report.py``. ``memory``: with this measurement in it. ``key_ages``: name of a key -> seconds
    since its file was written. ``digests``: interface -> digest of its file.
    """

    settings: MetricsSettings
    report: Entry
    memory: Memory
    key_ages: Mapping[str, float] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    def interfaces(self) -> Iterator[tuple[str, MeasuredInterface, Entry | None]]:
        """The interfaces of the settings, sorted by name, with what the report has of them; None: they are missing."""
        reported = _by_name(self.report)
        for name, interface in sorted(self.settings.interfaces.items()):
            yield name, interface, reported.get(name)

    def peers(self, interface: MeasuredInterface, entry: Entry | None) -> Iterator[tuple[str, MeasuredPeer, Known, Entry | None]]:
        """The peers of an interface, sorted by name, with what is remembered of them, and what the report has; None: nothing."""
        live = _by_key(entry)
        for name, peer in sorted(interface.peers.items()):
            yield name, peer, self.memory.get((interface.network, name), Known()), in_use(peer, live)

    def shown(self, entry: Entry) -> list[Entry]:
        """The peers of an interface in the report of which samples are written."""
        interface = self.settings.interfaces.get(entry["name"])
        if interface is None or len(interface.peers) <= MANY:
            return list(entry["peers"])
        network, peers = interface.network, interface.peers
        silent = {key for name in peers if self.memory[network, name].answers is False for key in peers[name].keys}
        return [peer for peer in entry["peers"] if peer["public_key"] in silent]


def remembered(
    settings: MetricsSettings, report: Entry, before: Mapping[Place, Known], asked: Mapping[str, Mapping[str, str]]
) -> Memory:
    """What is remembered from now on. Nodes that are no peers any more are forgotten.

    :param asked: interface -> public key -> address, of the peers that got a packet.
    """
    now, reported, found = report["time"], _by_name(report), {}
    for name, interface in settings.interfaces.items():
        live = _by_key(reported.get(name))
        for peer, its in interface.peers.items():
            known, used = before.get((interface.network, peer), Known()), in_use(its, live)
            known = known.at(used["endpoint"] if used else None)
            if any(key in asked.get(name, {}) for key in its.keys):
                probes = [live[key]["probe"] for key in its.keys if key in live and live[key]["probe"]]
                times = [probe["round_trip"] for probe in probes if probe["round_trip"] is not None]
                answers = any(probe["answers"] for probe in probes)
                known = replace(known, probed=now, answers=answers, round_trip=min(times) if times else None)
            elif its.address is None:
                known = replace(known, probed=None, answers=None, round_trip=None)
            found[interface.network, peer] = known
    return found


def in_use(peer: MeasuredPeer, live: Mapping[str, Entry]) -> Entry | None:
    """What the report has of the key that the node uses: the one with the latest handshake, or with the prefixes."""
    entries = [live[key] for key in peer.keys if key in live]
    return min(entries, key=_order) if entries else None


def _order(entry: Entry) -> tuple[int, bool]:
    age = entry["handshake_age"]
    return _NEVER if age is None else int(age), not entry["allowed_ips"]


def _by_name(report: Entry) -> dict[str, Entry]:
    return {entry["name"]: entry for entry in report["interfaces"]}


def _by_key(entry: Entry | None) -> dict[str, Entry]:
    return {peer["public_key"]: peer for peer in entry["peers"]} if entry else {}
