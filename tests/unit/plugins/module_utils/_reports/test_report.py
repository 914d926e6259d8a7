# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports import report as report_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.report import report
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import FEATURES
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key, public_key

OWN = key("own")
NOW = 1_700_000_000
BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32", "172.20.2.0/24"), "203.0.113.2:51820", 25, "beta")
UNNAMED = Peer(key("unnamed"), allowed_ips=("10.8.0.3/32",))
CONFIG = Config(addresses=("10.8.0.1/24",), port=51820, fwmark=7, mtu=1420, peers=(BETA, UNNAMED))


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(report_module.time, "time", lambda: NOW + 0.5)


@pytest.fixture
def alive(host):
    host.put("/etc/wireguard/wg0.conf", render_conf(CONFIG))
    host.up(CONFIG, OWN)
    dump = host.answers["wg", "show", "wg0", "dump"].splitlines()
    dump[1] = dump[1].replace("\t0\t0\t0\t", f"\t{NOW - 40}\t92\t148\t")
    host.answers["wg", "show", "wg0", "dump"] = "\n".join(dump) + "\n"
    host.answers["wg", "show", "interfaces"] = "wg0\n"
    host.answers["/usr/bin/wg", "--version"] = "wireguard-tools v1.0.20210914\n"
    host.answers["ip", "-j", "-d", "link"] = json.dumps([{"linkinfo": {"info_kind": "wireguard"}}])
    return host


ENTRY = {
    "name": "wg0",
    "up": True,
    "implementation": "kernel",
    "implementation_version": None,
    "public_key": public_key(OWN),
    "port": 51820,
    "fwmark": 7,
    "mtu": 1420,
    "addresses": ["10.8.0.1/24"],
    "routes": ["10.8.0.0/24", "172.20.2.0/24"],
    "pings": {},
    "drift": None,
    "peers": [
        {
            "name": None,
            "public_key": key("unnamed"),
            "preshared_key": False,
            "endpoint": None,
            "allowed_ips": ["10.8.0.3/32"],
            "handshake_age": None,
            "received": 0,
            "sent": 0,
            "keepalive": 0,
            "probe": None,
        },
        {
            "name": "beta",
            "public_key": key("beta"),
            "preshared_key": True,
            "endpoint": "203.0.113.2:51820",
            "allowed_ips": ["10.8.0.2/32", "172.20.2.0/24"],
            "handshake_age": 40,
            "received": 92,
            "sent": 148,
            "keepalive": 25,
            "probe": None,
        },
    ],
}


@pytest.mark.parametrize("only", [None, "wg0"])
def test_whole_report(alive, only):
    alive.put("/proc/sys/net/ipv4/ip_forward", "1\n")
    found = report(alive, only)
    forwarding = {"ipv4": True, "ipv6": False}
    tools = {"tools_version": "1.0.20210914", "tools_features": ["syncconf"], "systemd_version": None}
    assert found == {**tools, "time": NOW + 0.5, "forwarding": forwarding, "interfaces": [ENTRY]}
    text = json.dumps(found)
    assert OWN not in text
    assert key("shared") not in text
    assert [words for words in alive.changing if words != ["/usr/bin/wg", "--version"]] == []


def test_who_answers_and_what_differs(alive, monkeypatch):
    """Only peers of the interface get a packet."""
    asked = []

    def probe(_host, name, addresses, mtu):
        asked.append((name, dict(addresses), mtu))
        return {BETA.public_key: {"answers": True, "round_trip": 0.01, "largest": None}}

    monkeypatch.setattr(report_module, "probe", probe)
    alive.unit(active=True, enabled=False)
    alive.path("/etc/wireguard/wg0.conf").chmod(0o600)
    wanted = {"wg0": {BETA.public_key: "10.8.0.2", key("other"): "10.8.0.9"}, "wg1": {BETA.public_key: "10.9.0.2"}}
    (entry,) = report(alive, None, wanted, compare=True)["interfaces"]
    assert asked == [("wg0", {BETA.public_key: "10.8.0.2"}, None)]
    assert {peer["name"]: peer["probe"] for peer in entry["peers"]} == {
        None: None,
        "beta": {"answers": True, "round_trip": 0.01, "largest": None},
    }
    assert entry["drift"] == ["- interface: stopped"]


@pytest.mark.parametrize("text", [None, "not a configuration\n", "[Interface]\n# M\u00fcnchen\n"])
def test_names_are_a_help_and_no_need(alive, text):
    alive.remove("/etc/wireguard/wg0.conf")
    if text is not None:
        alive.path("/etc/wireguard/wg0.conf").write_bytes(text.encode("latin-1"))
    (entry,) = report(alive, None)["interfaces"]
    assert {peer["name"] for peer in entry["peers"]} == {None}


@pytest.mark.parametrize(
    ("running", "programs", "expected"),
    [
        ("812 wireguard-go wg0\n", ("wireguard-go",), ("wireguard-go", "0.0.20220316")),
        ("812 /usr/bin/boringtun-cli --disable-drop-privileges wg0\n", ("boringtun-cli",), ("boringtun", "0.6.0")),
        ("812 boringtun wg0\n", (), ("boringtun", None)),
        ("", ("wireguard-go",), ("userspace", None)),
    ],
)
def test_implementation_in_userspace(alive, running, programs, expected):
    alive.answers["ip", "-j", "-d", "link"] = json.dumps([{"linkinfo": {"info_kind": "tun"}}])
    alive.answers["pgrep",] = Completed(0 if running else 1, running, "")
    alive.answers["wireguard-go", "--version"] = "wireguard-go v0.0.20220316\n"
    alive.answers["boringtun-cli", "--version"] = "boringtun 0.6.0\n"
    alive.programs.update(programs)
    (entry,) = report(alive, None)["interfaces"]
    assert (entry["implementation"], entry["implementation_version"]) == expected


@pytest.mark.parametrize(
    ("host", "only", "expected"),
    [
        (FakeHost(programs=()), None, {"tools_version": None, "tools_features": []}),
        (FakeHost(programs=()), "wg0", {"tools_version": None, "tools_features": []}),
        (FakeHost({("/usr/bin/wg",): "v1.2.3"}), None, {"tools_version": "1.2.3", "tools_features": list(FEATURES)}),
        (
            FakeHost({("/usr/bin/wg",): "v1.2.3", ("ip", "-j"): Completed(1, "", "Device does not exist.")}),
            "wg7",
            {"tools_version": "1.2.3", "tools_features": list(FEATURES)},
        ),
    ],
)
def test_nothing_there(host, only, expected):
    forwarding = {"ipv4": False, "ipv6": False}
    always = {"systemd_version": None, "time": NOW + 0.5, "forwarding": forwarding, "interfaces": []}
    assert report(host, only) == {**expected, **always}


def test_somebody_elses_interface(host):
    host.up(CONFIG, OWN)
    host.answers["wg", "show", "wg0", "dump"] = Completed(1, "", "Operation not supported")
    with pytest.raises(CommandFailed, match="interface wg0 exists, but is not a WireGuard interface: Operation not supported"):
        report(host, "wg0")
