# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A star whose hosts write their files as the program does, with real servers: what fires, and what the dashboard shows."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack, closing

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measurement import Measurement
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measuring import FILE, text_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Known
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MeasuredInterface,
    MeasuredPeer,
    MetricsSettings,
)
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually
from ansible_collections.meshwork.wireguard.tests.monitoring.servers import NodeExporter, dashboard_queries, watched
from ansible_collections.meshwork.wireguard.tests.unit.support import key

SPOKES = ("s1", "s2", "s3")
PEERS = {"hub": SPOKES, **dict.fromkeys(SPOKES, ("hub",))}


def text(node, silent=(), drift=0):
    """What the host of a node writes now."""
    now = time.time()
    peers = {name: MeasuredPeer((key(name),), "10.8.0.9") for name in PEERS[node]}
    live = [
        {
            "name": name, "public_key": key(name), "endpoint": "203.0.113.9:51820", "allowed_ips": ["10.8.0.9/32"],
            "handshake_age": 5, "received": int(now), "sent": int(now),
        }
        for name in peers
    ]  # fmt: skip
    entry = {
        "name": "wg0", "up": True, "public_key": key(node), "implementation": "kernel", "implementation_version": None,
        "drift": ["~ port"] * drift, "peers": live,
    }  # fmt: skip
    report = {"time": now, "tools_version": "1.0.20210914", "systemd_version": "252", "interfaces": [entry]}
    memory = {("office", name): Known(None, 0, now, name not in silent, None if name in silent else 0.01) for name in peers}
    settings = MetricsSettings({"wg0": MeasuredInterface("office", node, "wg0", False, peers)}, interval=10)
    return text_of(Measurement(settings, report, memory, {"wg0": 60.0}, {"wg0": "0" * 64}), 10, now, 0.1)


class Hosts:
    """The exporters of all hosts, and Prometheus."""

    def __init__(self, exporters, prometheus, received):
        self._exporters, self.prometheus, self.received = exporters, prometheus, received

    def write(self, silent=(), without=(), **values):
        """Let all hosts but some measure; ``silent``: nodes that do not answer."""
        for node, exporter in self._exporters.items():
            if node not in without:
                (exporter.textfiles / FILE).write_text(text(node, silent, **values), encoding="utf-8")

    def kill(self, node):
        """Let a host die."""
        self._exporters[node].end()

    def start(self, node):
        """Let it start again."""
        self._exporters[node].start()

    def firing(self):
        """The alerts that wait or fire: name, and node or pair."""
        found = self.prometheus.query("ALERTS")
        return sorted((labels["alertname"], labels.get("pair") or labels.get("node", "")) for labels, _value in found)


@pytest.fixture(scope="module")
def hosts():
    with ExitStack() as stack:
        exporters = {node: stack.enter_context(closing(NodeExporter())) for node in PEERS}
        for exporter in exporters.values():
            exporter.start()
        targets = {node: exporter.address for node, exporter in exporters.items()}
        prometheus, received = stack.enter_context(watched(targets, "3s"))
        yield Hosts(exporters, prometheus, received)


def up(hosts):
    return len(hosts.prometheus.query("meshwork:peer_up == 1"))


@pytest.fixture
def quiet(hosts):
    """All is well, and nobody was told anything yet."""
    hosts.write()
    assert eventually(lambda: (up(hosts), hosts.firing()), (6, [])) == (6, [])
    time.sleep(2)
    hosts.received.notes.clear()
    return hosts


def told(hosts, fault, alerts, repair):
    """Nobody is told more than once, neither of the fault nor of its end."""
    fault()
    assert eventually(lambda: hosts.received.of("firing"), alerts) == alerts
    time.sleep(5)
    assert hosts.received.of("firing") == alerts
    assert hosts.received.of("resolved") == []
    repair()
    assert eventually(lambda: sorted(hosts.received.of("resolved")), sorted(alerts)) == sorted(alerts)
    assert hosts.received.of("firing") == alerts


def test_a_dead_hub_is_one_alert(quiet):
    def die():
        quiet.kill("hub")
        quiet.write(silent=["hub"])

    def live():
        quiet.start("hub")
        quiet.write()

    told(quiet, die, [("MeshworkNodeDown", "hub")], live)


def test_a_hub_without_an_interface_is_one_alert(quiet):
    told(quiet, lambda: quiet.write(silent=PEERS), [("MeshworkNodeDown", "hub")], quiet.write)


def test_a_silent_pair_is_one_alert(quiet):
    def fault():
        quiet.write(silent=["s2"])
        quiet.write(silent=["hub"], without=["hub", "s1", "s3"])

    told(quiet, fault, [("MeshworkPairSilent", "hub s2")], quiet.write)


def test_drift_is_an_alert_for_each_host(quiet):
    alerts = [("MeshworkDrift", node) for node in sorted(PEERS)]
    quiet.write(drift=2)
    assert eventually(lambda: sorted(quiet.received.of("firing")), alerts) == alerts


def test_the_dashboard_shows_something_everywhere(quiet):
    def empty():
        return [title for title, query in dashboard_queries() if not quiet.prometheus.query(query)]

    quiet.write()
    assert eventually(empty, []) == []


@pytest.mark.parametrize("node", PEERS)
def test_what_promtool_says_of_a_file(node):
    done = subprocess.run(["promtool", "check", "metrics"], input=text(node), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
