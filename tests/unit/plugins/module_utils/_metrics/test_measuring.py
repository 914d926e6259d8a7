# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole program on a host with one interface, and the text that it writes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics import measuring
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measurement import MANY, Measurement
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measuring import FILE, MEMORY, most_in, run, text_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Known, memory_in
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports import report as report_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf, with_private_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MeasuredInterface,
    MeasuredPeer,
    MetricsSettings,
    settings_text,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key, public_key

OWN = key("own")
NOW = 1700000000
PATH = "/etc/meshwork-wireguard/metrics.json"
WRITTEN = f"/var/lib/prometheus/node-exporter/{FILE}"
BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32", "fd00::2/128"), "203.0.113.2:51820", 25, "beta")
ODD = Peer(key("odd"), name='M\u00fcnchen "1\\')
CONFIG = Config(addresses=("10.8.0.1/24",), port=51820, mtu=1420, peers=(BETA, ODD))
PEERS = {
    "beta": MeasuredPeer((key("beta"),), "10.8.0.2"),
    "gone": MeasuredPeer((key("gone"),), "10.8.0.3"),
    "phone": MeasuredPeer((key("odd"),)),
}
SETTINGS = MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0", False, PEERS)})
DIGEST = hashlib.sha256(
    "\n".join(line for line in render_conf(CONFIG).split("\n") if not line.startswith("PresharedKey")).encode()
).hexdigest()


@pytest.fixture
def alive(host, monkeypatch):
    """A host that has measured once before."""
    monkeypatch.setattr(report_module.time, "time", lambda: NOW + 0.5)
    monkeypatch.setattr(report_module.time, "monotonic", lambda: 100.0)
    answers = {"answers": True, "round_trip": 0.0254321, "largest": None, "source": "10.8.0.1"}
    host.asked = []
    monkeypatch.setattr(
        report_module,
        "probe",
        lambda _host, name, to, _mtu: host.asked.append((name, dict(to))) or dict.fromkeys(to, answers),
    )
    host.write("/etc/wireguard/wg0.conf", with_private_key(render_conf(CONFIG), OWN))
    host.write("/etc/wireguard/wg0.key", OWN + "\n")
    os.utime(host.path("/etc/wireguard/wg0.key"), (NOW - 86400, NOW - 86400))
    host.up(CONFIG, OWN)
    dump = host.answers["wg", "show", "wg0", "dump"].splitlines()
    dump[1] = dump[1].replace("\t0\t0\t0\t", f"\t{NOW - 40}\t92\t148\t")
    host.answers["wg", "show", "wg0", "dump"] = "\n".join(dump) + "\n"
    host.answers["wg", "show", "interfaces"] = "wg0\n"
    host.answers["/usr/bin/wg", "--version"] = "wireguard-tools v1.0.20210914\n"
    host.answers["ip", "-j", "-d", "link"] = json.dumps([{"linkinfo": {"info_kind": "wireguard"}}])
    host.write(MEMORY, '{"office": {"beta": {"endpoint": "198.51.100.7:1", "changes": 4}}}')
    host.write(PATH, settings_text(SETTINGS))
    return host


LABELS = 'network="office",node="alpha"'
WG0 = f'{{{LABELS},interface="wg0"'
WHOLE = f"""
meshwork_peer_up{{{LABELS},peer="beta",pair="alpha beta"}} 1
meshwork_peer_up{{{LABELS},peer="gone",pair="alpha gone"}} 0
meshwork_peer_probe_rtt_seconds{{{LABELS},peer="beta"}} 0.025432
meshwork_peer_probe_time_seconds{{{LABELS},peer="beta"}} 1700000000.5
meshwork_peer_probe_time_seconds{{{LABELS},peer="gone"}} 1700000000.5
meshwork_peer_handshake_age_seconds{{{LABELS},peer="beta"}} 40
meshwork_peer_received_bytes_total{{{LABELS},peer="beta"}} 92
meshwork_peer_received_bytes_total{{{LABELS},peer="phone"}} 0
meshwork_peer_sent_bytes_total{{{LABELS},peer="beta"}} 148
meshwork_peer_sent_bytes_total{{{LABELS},peer="phone"}} 0
meshwork_peer_endpoint_changes_total{{{LABELS},peer="beta"}} 5
meshwork_peer_endpoint_changes_total{{{LABELS},peer="gone"}} 0
meshwork_peer_endpoint_changes_total{{{LABELS},peer="phone"}} 0
meshwork_peers{WG0},state="up"}} 1
meshwork_peers{WG0},state="silent"}} 1
meshwork_peers{WG0},state="unprobed"}} 1
meshwork_interface_up{WG0}}} 1
meshwork_interface_received_bytes_total{WG0}}} 92
meshwork_interface_sent_bytes_total{WG0}}} 148
meshwork_interface_info{WG0},public_key="{public_key(OWN)}",implementation="kernel",implementation_version=""}} 1
meshwork_drift{WG0}}} 0
meshwork_files_info{WG0},digest="{DIGEST}"}} 1
meshwork_key_age_seconds{{{LABELS}}} 86400.5
meshwork_host_info{{tools_version="1.0.20210914",systemd_version=""}} 1
meshwork_metrics_run_time_seconds 1700000000.5
meshwork_metrics_run_duration_seconds 0.0
meshwork_metrics_interval_seconds 60
meshwork_metrics_success 1
wireguard_sent_bytes_total{{interface="wg0",public_key="{key("odd")}",allowed_ips="(none)",friendly_name="M\u00fcnchen \\"1\\\\"}} 0
wireguard_sent_bytes_total{{interface="wg0",public_key="{key("beta")}",allowed_ips="10.8.0.2/32,fd00::2/128",friendly_name="beta"}} 148
wireguard_received_bytes_total{{interface="wg0",public_key="{key("odd")}",allowed_ips="(none)",friendly_name="M\u00fcnchen \\"1\\\\"}} 0
wireguard_received_bytes_total{{interface="wg0",public_key="{key("beta")}",allowed_ips="10.8.0.2/32,fd00::2/128",friendly_name="beta"}} 92
wireguard_latest_handshake_seconds{{interface="wg0",public_key="{key("odd")}",allowed_ips="(none)",friendly_name="M\u00fcnchen \\"1\\\\"}} 0
wireguard_latest_handshake_seconds{{interface="wg0",public_key="{key("beta")}",allowed_ips="10.8.0.2/32,fd00::2/128",friendly_name="beta"}} {NOW - 40}
wireguard_device_info{{device="wg0",public_key="{public_key(OWN)}"}} 1
wireguard_peer_info{{device="wg0",public_key="{key("odd")}",endpoint="",name="M\u00fcnchen \\"1\\\\"}} 1
wireguard_peer_info{{device="wg0",public_key="{key("beta")}",endpoint="203.0.113.2:51820",name="beta"}} 1
wireguard_peer_allowed_ips_info{{device="wg0",public_key="{key("beta")}",allowed_ips="10.8.0.2/32",family="IPv4"}} 1
wireguard_peer_allowed_ips_info{{device="wg0",public_key="{key("beta")}",allowed_ips="fd00::2/128",family="IPv6"}} 1
wireguard_peer_receive_bytes_total{{device="wg0",public_key="{key("odd")}"}} 0
wireguard_peer_receive_bytes_total{{device="wg0",public_key="{key("beta")}"}} 92
wireguard_peer_transmit_bytes_total{{device="wg0",public_key="{key("odd")}"}} 0
wireguard_peer_transmit_bytes_total{{device="wg0",public_key="{key("beta")}"}} 148
wireguard_peer_last_handshake_seconds{{device="wg0",public_key="{key("odd")}"}} 0
wireguard_peer_last_handshake_seconds{{device="wg0",public_key="{key("beta")}"}} {NOW - 40}
"""  # noqa: E501 - lines of the file


def samples(text):
    """Its lines but HELP and TYPE."""
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def test_the_whole_text(alive):
    assert run(alive, PATH)
    text = alive.read(WRITTEN)
    assert samples(text) == WHOLE.strip().split("\n")
    assert alive.asked == [("wg0", {key("beta"): "10.8.0.2"})]
    assert alive.mode_of(WRITTEN) == 0o644
    assert OWN not in text
    assert key("shared") not in text
    assert alive.names("/var/lib/prometheus/node-exporter") == [FILE]
    assert [words for words in alive.changing if words != ["/usr/bin/wg", "--version"]] == []
    assert memory_in(alive.read(MEMORY)) == {
        ("office", "beta"): Known("203.0.113.2:51820", 5, NOW + 0.5, True, 0.0254321),
        ("office", "gone"): Known(None, 0, NOW + 0.5, False),
        ("office", "phone"): Known(),
    }


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here")
def test_prometheus_reads_it(alive):
    assert run(alive, PATH)
    with alive.path(WRITTEN).open(encoding="utf-8") as stream:
        done = subprocess.run(["promtool", "check", "metrics"], stdin=stream, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("text", ["", "[1]", '{"office": {"beta": {"changes": -1}}}', "[" * 100_000])
def test_a_damaged_memory_starts_again(alive, text, capsys):
    alive.write(MEMORY, text)
    assert run(alive, PATH)
    assert f'meshwork_peer_endpoint_changes_total{{{LABELS},peer="beta"}} 0' in alive.read(WRITTEN)
    assert capsys.readouterr().err.startswith(f"{MEMORY}: ")
    assert memory_in(alive.read(MEMORY))["office", "beta"].changes == 0


def test_a_measurement_that_fails_says_so(alive, capsys):
    alive.answers["wg", "show", "wg0", "dump"] = Completed(1, "", "Operation not permitted")
    assert not run(alive, PATH)
    assert samples(alive.read(WRITTEN)) == [
        "meshwork_metrics_run_time_seconds 1700000000.5",
        "meshwork_metrics_run_duration_seconds 0.0",
        "meshwork_metrics_interval_seconds 60",
        "meshwork_metrics_success 0",
    ]
    assert "Operation not permitted" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", '{"interval": 0}', '{"directory": "x"}'])
def test_settings_that_are_refused_are_no_measurement(alive, text):
    alive.write(PATH, text)
    with pytest.raises(ValueError, match=r"metrics|Expecting"):
        run(alive, PATH)
    assert not alive.exists(WRITTEN)


def test_an_interface_that_is_missing(alive):
    alive.answers["wg", "show", "interfaces"] = "\n"
    alive.down()
    assert run(alive, PATH)
    found = samples(alive.read(WRITTEN))
    assert [line for line in found if line.startswith(("meshwork_peer_up", "meshwork_interface_up"))] == [
        f'meshwork_peer_up{{{LABELS},peer="beta",pair="alpha beta"}} 0',
        f'meshwork_peer_up{{{LABELS},peer="gone",pair="alpha gone"}} 0',
        f"meshwork_interface_up{WG0}}} 0",
    ]
    assert not [line for line in found if line.startswith("wireguard_")]


def test_drift_is_counted(alive):
    alive.unit(active=True, enabled=False)
    assert run(alive, PATH)
    assert f"meshwork_drift{WG0}}} 1" in alive.read(WRITTEN)


def test_the_digest_is_of_the_file_without_its_keys(alive):
    digests = []
    for config, own in ((CONFIG, OWN), (CONFIG, key("another")), (replace(CONFIG, port=7), OWN)):
        alive.write("/etc/wireguard/wg0.conf", with_private_key(render_conf(config), own))
        digests.append(measuring._digest(alive, "wg0"))
    assert digests == [DIGEST, DIGEST, digests[2]]
    assert digests[2] != DIGEST
    for text in ("", "no configuration\n"):
        alive.write("/etc/wireguard/wg0.conf", text)
        assert measuring._digest(alive, "wg0") is None
    assert measuring._digest(alive, "wg1") is None


def many(count, silent):
    """A measurement of an interface with many peers, some of which are silent."""
    names = [f"n{number:04}" for number in range(count)]
    peers = {name: MeasuredPeer((key(name),), "10.8.0.2") for name in names}
    live = [
        {
            "name": name, "public_key": key(name), "endpoint": None, "allowed_ips": [], "handshake_age": 7, "received": 1,
            "sent": 2,
        }
        for name in names
    ]  # fmt: skip
    entry = {
        "name": "wg0", "up": True, "public_key": None, "implementation": "kernel", "implementation_version": None, "drift": None,
        "peers": live,
    }  # fmt: skip
    report = {"time": NOW + 0.5, "tools_version": None, "systemd_version": None, "interfaces": [entry]}
    memory = {("office", name): Known(None, 0, float(NOW), name not in silent) for name in names}
    return Measurement(MetricsSettings({"wg0": MeasuredInterface("office", "hub", "wg0", False, peers)}), report, memory)


def test_with_very_many_peers_there_are_sums_and_the_silent_ones():
    found = samples(text_of(many(MANY + 1, {"n0007"}), 60, NOW, 1))
    hub = 'network="office",node="hub"'
    wg0, odd = f'{hub},interface="wg0"', f'{hub},peer="n0007"'
    assert [line for line in found if line.startswith("meshwork_") and "metrics" not in line] == [
        f'meshwork_peer_up{{{odd},pair="hub n0007"}} 0',
        f"meshwork_peer_probe_time_seconds{{{odd}}} {float(NOW)}",
        f"meshwork_peer_handshake_age_seconds{{{odd}}} 7",
        f"meshwork_peer_received_bytes_total{{{odd}}} 1",
        f"meshwork_peer_sent_bytes_total{{{odd}}} 2",
        f"meshwork_peer_endpoint_changes_total{{{odd}}} 0",
        f'meshwork_peers{{{wg0},state="up"}} {MANY}',
        f'meshwork_peers{{{wg0},state="silent"}} 1',
        f'meshwork_peers{{{wg0},state="unprobed"}} 0',
        f"meshwork_interface_up{{{wg0}}} 1",
        f"meshwork_interface_received_bytes_total{{{wg0}}} {MANY + 1}",
        f"meshwork_interface_sent_bytes_total{{{wg0}}} {2 * (MANY + 1)}",
        f'meshwork_interface_info{{{wg0},public_key="",implementation="kernel",implementation_version=""}} 1',
        'meshwork_host_info{tools_version="",systemd_version=""} 1',
    ]
    others = [line.partition("{")[0] for line in found if line.startswith("wireguard_")]
    assert sorted(others) == sorted(set(others) - {"wireguard_peer_allowed_ips_info"})
    assert [line for line in found if line.startswith("wireguard_") and key("n0007") not in line] == [
        'wireguard_device_info{device="wg0",public_key=""} 1'
    ]


def test_up_to_that_many_each_peer_is_there():
    found = samples(text_of(many(MANY, {"n0007"}), 60, NOW, 1))
    assert len([line for line in found if line.startswith("meshwork_peer_up{")]) == MANY
    assert len([line for line in found if line.startswith("wireguard_sent_bytes_total{")]) == MANY


def test_a_node_with_an_interface_for_each_hub():
    """The sums are of each interface, and its key counts once."""
    one = many(2, {"n0001"})
    (entry,), wg0 = one.report["interfaces"], one.settings.interfaces["wg0"]
    names = {"n0000": "wg0-a", "n0001": "wg0-b"}
    interfaces = {name: replace(wg0, peers={peer: wg0.peers[peer]}) for peer, name in names.items()}
    report = {**one.report, "interfaces": [{**entry, "name": "wg0-a", "peers": entry["peers"][:1]}]}
    found = samples(text_of(replace(one, settings=MetricsSettings(interfaces), report=report, key_ages={"wg0": 7.0}), 60, NOW, 1))
    hub = 'network="office",node="hub"'
    assert [line for line in found if line.startswith(("meshwork_peers{", "meshwork_key", "meshwork_peer_up"))] == [
        f'meshwork_peer_up{{{hub},peer="n0000",pair="hub n0000"}} 1',
        f'meshwork_peer_up{{{hub},peer="n0001",pair="hub n0001"}} 0',
        *(
            f'meshwork_peers{{{hub},interface="{name}",state="{state}"}} {count}'
            for name, counts in (("wg0-a", (1, 0, 0)), ("wg0-b", (0, 1, 0)))
            for state, count in zip(("up", "silent", "unprobed"), counts, strict=True)
        ),
        f"meshwork_key_age_seconds{{{hub}}} 7.0",
    ]


@pytest.mark.parametrize(("interval", "most"), [(60, 2000), (10, 333), (3600, 120_000)])
def test_how_many_peers_fit(interval, most):
    assert most_in(interval) == most
