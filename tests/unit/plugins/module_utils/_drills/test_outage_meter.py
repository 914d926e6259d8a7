# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outages are measured over the loopback here, and over tunnels by the drills."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.outage_meter import FOLDER, OutageMeter, longest_outages
from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.prober import Prober, Target
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost


def test_outages_between_answers():
    target = Target()
    for at in (10.0, 10.05, 10.1, 11.5, 11.55):
        target.answered(at)
    assert target.to_dict() == {"last": 11.55, "outages": [(10.1, 11.5)]}


STATE = {
    "now": 20.0,
    "targets": {
        "10.8.0.2": {"last": 19.96, "outages": [[3.0, 5.0], [9.9, 10.2]]},
        "10.8.0.3": {"last": 18.0, "outages": []},
        "10.8.0.4": {"last": None, "outages": []},
    },
}


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (0.0, {"10.8.0.2": 2.0, "10.8.0.3": 2.0, "10.8.0.4": 20.0}),
        (10.0, {"10.8.0.2": 0.3, "10.8.0.3": 2.0, "10.8.0.4": 10.0}),
        (11.0, {"10.8.0.2": 0.04, "10.8.0.3": 2.0, "10.8.0.4": 9.0}),
    ],
)
def test_the_longest_outage_since_then(since, expected):
    assert longest_outages(STATE, since) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="raw sockets are root's")
def test_what_answers_has_no_outages(tmp_path):
    host = FakeHost(root=tmp_path)
    folder = host.path(FOLDER)
    folder.mkdir(parents=True)
    prober = Prober(str(folder), ["127.0.0.1", "127.0.0.2"], ["127.0.0.1"], 30)
    thread = threading.Thread(target=prober.run)
    thread.start()
    meter = OutageMeter(host)
    assert meter.settle(1, 0.5, 20) == {}
    assert sorted(meter.state()["targets"]) == ["127.0.0.1", "127.0.0.2"]
    meter.stop()
    thread.join(40)
    assert not thread.is_alive()
    assert not folder.exists()


def test_who_does_not_answer_in_time(host):
    host.put(f"{FOLDER}/state.json", json.dumps(STATE))
    began = time.monotonic()
    assert OutageMeter(host).settle(3, 0.3, 0.1) == {"10.8.0.3": 2.0, "10.8.0.4": 3.0}
    assert time.monotonic() - began < 3


def test_nothing_is_measured(host):
    with pytest.raises(CommandFailed, match="outages are not measured on this host"):
        OutageMeter(host).state()


def test_start(host):
    meter = OutageMeter(host)
    meter.start(["10.8.0.2"], ["10.8.0.1"], 60)
    probes = json.loads(host.read(f"{FOLDER}/targets.json"))
    assert probes == {"targets": ["10.8.0.2"], "sources": ["10.8.0.1"]}
    assert b"class Prober" in host.read_bytes(f"{FOLDER}/prober.pyz")
    assert host.calls[-1][:4] == ["systemd-run", "--quiet", "--collect", "--unit=meshwork-outage-meter"]
    assert {"--property=NoNewPrivileges=yes", "--property=CapabilityBoundingSet=CAP_NET_RAW"} < set(host.calls[-1])
