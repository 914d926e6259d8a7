# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.status import status, status_text
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NETWORK = network_from_dict(
    {
        "name": "office",
        "prefixes": ["10.8.0.0/24"],
        "nodes": {
            "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1"},
            "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"]},
            "gamma": {"public_key": key("gamma"), "addresses": ["10.8.0.3"]},
            "phone": {"public_key": key("phone"), "addresses": ["10.8.0.4"], "managed": False},
        },
    }
)


def peer(name, **values):
    found = {"name": None, "public_key": key(name), "preshared_key": False, "endpoint": None, "allowed_ips": [], "keepalive": 0}
    return {**found, "handshake_age": None, "received": 0, "sent": 0, **values}


PEERS = [
    peer("beta", endpoint="192.0.2.7:51820", handshake_age=12, received=1536, sent=3 * 1024**3),
    peer("gamma", handshake_age=500, received=900),
    peer("stranger"),
]
LIVE = {"name": "wg0", "implementation": "wireguard-go", "implementation_version": "0.0.20220316", "peers": PEERS}
REPORTS = {
    "alpha": {"tools_version": "1.0.20210914", "systemd_version": "252", "time": 1000.4, "interfaces": [LIVE]},
    "beta": {"tools_version": "1.0.20210914", "systemd_version": "257", "time": 400.0, "interfaces": []},
    "gamma": {"unreachable": True},
}
LOOKED = {
    "alpha": {
        "packages": [],
        "key_dates": {"wg0": "1969-12-31"},
        "next_keys": {"wg0": key("next")},
        "interfaces": {"wg0": {"changes": ["~ MTU 1300 -> 1420"]}},
    },
    "beta": {
        "packages": ["wireguard-tools"],
        "key_dates": {"wg0": "1970-01-02"},
        "interfaces": {"wg0": {"changes": ["+ interface: started"]}},
    },
}
OFFICE = {"network": "office", "managed": True, "interface": "wg0"}
ALPHA = {**OFFICE, "name": "alpha", "host": "alpha", "handshake_age": 12, "handshake_by": ["alpha"], "reached": True, "up": True}
BETA = {**OFFICE, "name": "beta", "host": "beta", "handshake_age": 12, "handshake_by": ["alpha"], "reached": True, "up": False}


def test_whole():
    assert status([NETWORK], REPORTS, LOOKED, now=1000.0) == [
        {
            **ALPHA,
            "implementation": "wireguard-go",
            "implementation_version": "0.0.20220316",
            "tools_version": "1.0.20210914",
            "systemd_version": "252",
            "clock_ahead": 0,
            "key_age": 1,
            "next_key": True,
            "missing_packages": [],
            "drift": ["~ MTU 1300 -> 1420"],
            "peers": [{**PEERS[0], "name": "beta"}, {**PEERS[1], "name": "gamma"}, PEERS[2]],
        },
        {
            **BETA,
            "implementation": None,
            "implementation_version": None,
            "tools_version": "1.0.20210914",
            "systemd_version": "257",
            "clock_ahead": -600,
            "key_age": None,
            "next_key": False,
            "missing_packages": ["wireguard-tools"],
            "drift": ["+ interface: started"],
            "peers": [],
        },
        {**OFFICE, "name": "gamma", "host": "gamma", "handshake_age": 500, "handshake_by": ["alpha"], "reached": False},
        {
            "name": "phone",
            "network": "office",
            "managed": False,
            "handshake_age": None,
            "handshake_by": [],
            "host": None,
            "interface": None,
            "reached": None,
        },
    ]


def test_text():
    text = status_text(status([NETWORK], REPORTS, LOOKED, now=1000.0))
    assert text.splitlines() == [
        "alpha  wg0 (office)  up, wireguard-go 0.0.20220316, tools 1.0.20210914, key 1 day old",
        "  beta  192.0.2.7:51820  latest handshake 12 s ago  1.5 KiB in, 3.0 GiB out",
        "  gamma  no endpoint  no handshake for 500 s  900 B in, 0 B out",
        f"  {key('stranger')[:8]}...  no endpoint  no handshake yet  0 B in, 0 B out",
        "  ! it has a next key, but uses the old one; meshwork.wireguard.rotate completes the change",
        "  ! a run would change: ~ MTU 1300 -> 1420",
        "beta  wg0 (office)  down",
        "  ! its clock is 600 s behind the controller's; peers reject handshakes if a clock was set back",
        "  ! package wireguard-tools is missing",
        "  ! a run would change: + interface: started",
        "gamma  wg0 (office)  not reached",
        "phone  (office)  not managed, no handshake yet",
        "systemd: 252 on alpha; 257 on beta",
    ]


def test_without_a_look_there_is_no_drift():
    (alpha, *_rest) = status([NETWORK], REPORTS, {}, now=1000.0)
    assert (alpha["drift"], alpha["missing_packages"]) == ([], [])
