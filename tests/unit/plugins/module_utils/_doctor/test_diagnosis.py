# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._doctor import diagnosis as diagnosis_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._doctor.diagnosis import FOLDER, Diagnosis, digest
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "203.0.113.2:51820", 25, "beta")
CONFIG = Config(addresses=("10.8.0.1/24",), port=51820, peers=(BETA,))
ASKED = {"interface": "wg0", "public_key": key("beta"), "address": "10.8.0.2"}
NETSTAT = "TcpExt: SyncookiesSent IPReversePathFilter TW\nTcpExt: 0 {} 7\nIpExt: InOctets\nIpExt: 1\n"


@pytest.fixture
def alive(host, monkeypatch):
    monkeypatch.setattr(diagnosis_module, "_SENDING", 0)
    sent = []
    monkeypatch.setattr(
        diagnosis_module, "round_trips", lambda _host, name, to, **_more: sent.append((name, to)) or dict.fromkeys(to, 0.01)
    )
    host.put("/etc/wireguard/wg0.conf", render_conf(CONFIG))
    host.up(CONFIG, key("own"))
    host.answers["cat", "/proc/net/netstat"] = NETSTAT.format(5)
    host.answers["wg", "show", "wg0", "fwmark"] = "off\n"
    host.answers["ip", "-j", "route", "get", "203.0.113.2"] = json.dumps(
        [{"dst": "203.0.113.2", "gateway": "192.0.2.1", "dev": "eth0"}]
    )
    host.answers["ip", "-j", "route", "get", "10.8.0.2"] = json.dumps([{"dst": "10.8.0.2", "dev": "wg0"}])
    host.sent = sent
    return host


FOUND = {
    "interface": "wg0",
    "public_key": key("beta"),
    "answers": True,
    "endpoint": "203.0.113.2:51820",
    "name": None,
    "resolved": [],
    "route": {"dev": "eth0", "error": None},
    "inner_route": {"dev": "wg0", "error": None},
    "preshared": digest(key("shared"), "nonce"),
    "handshake_age": None,
    "received": 0,
    "sent": 0,
}


def test_what_a_host_knows_of_a_peer(alive):
    found = Diagnosis(alive).send([ASKED], "nonce")
    assert {**found, "time": 0} == {"time": 0, "filtered": 0, "peers": [FOUND]}
    assert alive.sent == [("wg0", ["10.8.0.2"])]
    assert key("shared") not in json.dumps(found)


def test_digests_of_preshared_keys_are_of_one_run():
    assert digest(key("shared"), "one") == digest(key("shared"), "one")
    assert digest(key("shared"), "one") != digest(key("shared"), "another")
    assert digest(key("shared"), "one") != digest(key("other"), "one")
    assert digest(None, "one") is None


def test_a_peer_that_is_gone_is_left_out(alive):
    assert Diagnosis(alive).send([{**ASKED, "public_key": key("gone")}], "nonce")["peers"] == []
    alive.answers["wg", "show", "wg0", "dump"] = Completed(1, "", "No such device")
    assert Diagnosis(alive).send([ASKED], "nonce")["peers"] == []


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            {("ip", "-j", "route", "get", "203.0.113.2"): Completed(2, "", "RTNETLINK answers: Network is unreachable")},
            {"dev": None, "error": "RTNETLINK answers: Network is unreachable"},
        ),
        (
            {("ip", "-j", "route", "get", "203.0.113.2"): json.dumps([{"type": "blackhole", "dst": "203.0.113.2"}])},
            {"dev": None, "error": "the route is blackhole"},
        ),
        (
            {("ip", "neighbour", "show", "to", "192.0.2.1"): "192.0.2.1  FAILED\n"},
            {"dev": "eth0", "error": "nobody has 192.0.2.1 on eth0"},
        ),
        ({("ip", "neighbour", "show", "to", "192.0.2.1"): "192.0.2.1 lladdr 02:00:00:00:00:01 STALE\n"}, FOUND["route"]),
    ],
)
def test_the_way_to_an_endpoint(alive, answers, expected):
    alive.answers.update(answers)
    (entry,) = Diagnosis(alive).send([ASKED], "nonce")["peers"]
    assert entry["route"] == expected


def test_the_mark_of_an_interface_counts_for_the_way(alive):
    alive.answers["wg", "show", "wg0", "fwmark"] = "0xca6c\n"
    Diagnosis(alive).send([ASKED], "nonce")
    assert ["ip", "-j", "route", "get", "203.0.113.2", "mark", "0xca6c"] in alive.calls


@pytest.mark.parametrize(("resolved", "expected"), [(["192.0.2.7"], ["192.0.2.7"]), (OSError("no name"), [])])
def test_names_are_resolved(alive, monkeypatch, resolved, expected):
    text = render_conf(CONFIG).replace("Endpoint = 203.0.113.2:51820", "# Resolve = beta.example.com:51820")
    alive.put("/etc/wireguard/wg0.conf", text)

    def getaddrinfo(name, *_more, **_options):
        assert name == "beta.example.com"
        if isinstance(resolved, OSError):
            raise resolved
        return [(None, None, None, "", (address, 0)) for address in resolved]

    monkeypatch.setattr(diagnosis_module.socket, "getaddrinfo", getaddrinfo)
    (entry,) = Diagnosis(alive).send([ASKED], "nonce")["peers"]
    assert (entry["name"], entry["resolved"]) == ("beta.example.com:51820", expected)


def test_dropped_packets_are_counted(alive):
    counts = iter((5, 8))
    alive.answers["cat", "/proc/net/netstat"] = lambda _stdin: NETSTAT.format(next(counts))
    assert Diagnosis(alive).send([ASKED], "nonce")["filtered"] == 3


def test_watching_begins_and_ends(alive):
    def started(words):
        if words[0] == "systemd-run":
            folder = words[words.index("-I") + 2]
            alive.put(f"{folder}/seen.json", json.dumps({"packets": [{"id": "a"}], "errors": [], "inner": []}))

    alive.on_call = started
    alive.programs.add("systemd-run")
    alive.path(SYSTEMD).mkdir(parents=True)
    one = Diagnosis(alive)
    one.start(["wg0"], 30)
    assert one.captured() == {"packets": [{"id": "a"}], "errors": [], "inner": []}
    (words,) = [words for words in alive.calls if words[0] == "systemd-run"]
    assert words[-4:] == [f"{FOLDER}/capture.pyz", f"{FOLDER}/0", "30", "wg0"]
    assert one.stop()
    assert ["systemctl", "stop", "meshwork-doctor-0.service"] in alive.calls
    assert not alive.is_directory(FOLDER)
    with pytest.raises(CommandFailed, match="no packets are watched"):
        one.captured()


def test_watching_without_systemd(alive, monkeypatch):
    began = []

    def start(host, unit, words, after):
        began.append((unit, words[-4:], after))
        host.put(f"{FOLDER}/0/seen.json", "{}")

    monkeypatch.setattr(diagnosis_module.detached, "start", start)
    Diagnosis(alive).start(["wg0"], 30)
    assert began == [("meshwork-doctor-0", [f"{FOLDER}/capture.pyz", f"{FOLDER}/0", "30", "wg0"], 0)]
