# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of a star that measure for Prometheus: what they write, what fires when the hub dies, and that nothing of it stays."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import LAB
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually
from ansible_collections.meshwork.wireguard.tests.monitoring.servers import dashboard_queries, watched

SPOKES = ("s1", "s2", "s3")
HOSTS = ("hub", *SPOKES)
INSIDE = "s3"
"""Its interface is in a network namespace."""
PHONE = "mFPLWLzNyMcfcEFX1kWXq9ck4hy/G/7BGhBGPkLHfX0="
TEXTFILES = "/var/lib/prometheus/node-exporter"
WRITTEN = f"{TEXTFILES}/meshwork_wireguard.prom"
EXPORTER = f"""
cat >/etc/systemd/system/exporter.service <<END
[Service]
ExecStart=/usr/local/bin/exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory={TEXTFILES}
[Install]
WantedBy=multi-user.target
END
systemctl enable --now exporter
"""
TRACES = f"""
ls /etc/systemd/system /etc/systemd/system/timers.target.wants {TEXTFILES} \\
  /etc/meshwork-wireguard /usr/local/lib/meshwork-wireguard /var/lib/meshwork-wireguard |
  grep -e metrics -e measuring -e prom$
systemctl list-units --all --plain --no-legend 'meshwork-metrics*'
true
"""


@pytest.fixture(scope="module")
def fleet(make_fleet):
    variables = {
        "wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"],
        "wireguard_topology": "star",
        "wireguard_metrics": True,
        "wireguard_metrics_interval": 10,
        "wireguard_clients": {"phone": {"public_key": PHONE}},
    }
    spokes = {name: {"dialled": False, "wireguard_netns": "lab" if name == INSIDE else None} for name in SPOKES}
    made = make_fleet({"hub": {"wireguard_hub": True}, **spokes}, variables)
    run = made.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    return made


def samples(fleet, host, name):
    """Those of a metric in the file of a host: labels -> value."""
    text = fleet.run(host, "cat", WRITTEN, check=False)
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith(name + "{"))
    return {labels[len(name) :]: float(value) for labels, _space, value in lines}


def up(fleet):
    """Node, peer -> whether it answers."""
    found = {}
    for host in HOSTS:
        for labels, value in samples(fleet, host, "meshwork_peer_up").items():
            words = dict(word.split("=") for word in labels.strip("{}").replace('"', "").split(","))
            found[words["node"], words["peer"]] = value
    return found


EVERY_LINK = {**{("hub", spoke): 1.0 for spoke in SPOKES}, **{(spoke, "hub"): 1.0 for spoke in SPOKES}}


def test_each_host_measures_and_a_second_run_changes_nothing(fleet):
    assert eventually(lambda: up(fleet), EVERY_LINK, 60) == EVERY_LINK
    for words in (["--check"], []):
        again = fleet.play(*words)
        assert (again.status, again.changed()) == (0, set()), again.output
    for host in HOSTS:
        (drift,) = samples(fleet, host, "meshwork_drift").values()
        assert drift == 0
        assert fleet.run(host, "stat", "-c", "%a", WRITTEN, TEXTFILES).split() == ["644", "755"]
        assert fleet.run(host, "systemctl", "is-failed", "meshwork-metrics.service", check=False).strip() != "failed"
    assert [labels for labels in samples(fleet, "hub", "meshwork_peer_received_bytes_total") if 'peer="phone"' in labels]
    assert fleet.run("hub", "cat", "/etc/wireguard/wg0.key").strip() not in fleet.run("hub", "cat", WRITTEN)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here")
@pytest.mark.parametrize("host", HOSTS)
def test_what_promtool_says_of_the_file(fleet, host):
    text = fleet.run(host, "cat", WRITTEN)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_change_by_hand_is_drift(fleet):
    fleet.run("s1", "wg", "set", "wg0", "listen-port", "51999")

    def drifts():
        return list(samples(fleet, "s1", "meshwork_drift").values())

    assert eventually(drifts, [1.0], 40) == [1.0]
    assert fleet.play().changed() == {"s1"}
    assert eventually(drifts, [0.0], 40) == [0.0]


@pytest.fixture
def exporters(fleet):
    """Host -> the address at which Prometheus finds its node_exporter."""
    program = shutil.which("prometheus-node-exporter")
    assert program, "make monitoring installs it"
    for host in HOSTS:
        subprocess.run([LAB / "podman", "cp", program, f"{fleet.name}-{host}:/usr/local/bin/exporter"], check=True)
        fleet.run(host, "sh", "-ec", EXPORTER)
    return {host: f"{fleet.underlay[host]}:9100" for host in HOSTS}


@pytest.mark.long
def test_a_hub_that_dies_is_one_alert(fleet, exporters):
    with watched(exporters, "30s") as (prometheus, received):

        def empty():
            return [title for title, query in dashboard_queries() if not prometheus.query(query)]

        assert eventually(empty, [], 60) == []
        assert eventually(lambda: prometheus.query("ALERTS"), [], 60) == []
        received.notes.clear()
        fleet.lab("kill", "hub")
        dead = [("MeshworkNodeDown", "hub")]
        assert eventually(lambda: received.of("firing"), dead, 120) == dead
        time.sleep(20)
        fleet.lab("start", "hub")
        assert eventually(lambda: received.of("resolved"), dead, 90) == dead
        assert received.of("firing") == dead
    print(json.dumps(received.notes))


def test_nothing_of_it_stays(fleet):
    run = fleet.play("-e", "wireguard_metrics=false")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert {host: fleet.run(host, "sh", "-c", f"({TRACES}) 2>/dev/null") for host in HOSTS} == dict.fromkeys(HOSTS, "")
    again = fleet.play("-e", "wireguard_metrics=false")
    assert (again.status, again.changed()) == (0, set()), again.output
