# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random spellings, judged by `wg-quick strip` and `wg setconf`: what these take is read, and means the same."""

from __future__ import annotations

import json
import random

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import read_conf
from ansible_collections.meshwork.wireguard.tests.unit.support import key

TEXTS = 300
LOAD = """
import json, subprocess, sys
def run(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=30)
shown = []
for text in json.load(sys.stdin):
    open("/run/probe.conf", "w").write(text)
    run("wg", "set", "probe", "fwmark", "0")
    stripped = run("wg-quick", "strip", "/run/probe.conf")
    open("/run/stripped", "w").write(stripped.stdout)
    taken = stripped.returncode == 0 and run("wg", "setconf", "probe", "/run/stripped").returncode == 0
    shown.append(run("wg", "showconf", "probe").stdout if taken else None)
print(json.dumps(shown))
"""
INTERFACE = {
    "ListenPort": ["51820", "0", "051820", "65535", "5 1 8 2 0", "00000051820", "x"],
    "FwMark": ["off", "OFF", "0", "0x10", "0x0000000000ca6c", "010", "4294967295", "red"],
    "Address": ["10.0.0.1/24", "10.0.0.1", "fd00::1/64, 10.0.0.2/24", "10.0.0.1/24 10.0.0.2/24", ""],
    "Table": ["off", "", "auto", "123", "main"],
    "MTU": ["", "1420", "500"],
    "SaveConfig": ["FALSE", "False", "perhaps"],
    "PostUp": ["", "echo [Peer] = x", "a # b", "x=y;z"],
    "DNS": ["", "1.1.1.1, a.b", "~."],
}
PEER = {
    "PresharedKey": [key("psk"), "A" * 43 + "=", "A"],
    "AllowedIPs": [
        "10.0.0.0/8", "10.0.0.7/8", "10.1.0.0 / 16", "fd00::/64,10.2.0.1", "::/0", "0.0.0.0/0", "10.3.0.0/16,10.3.0.0/16",
        "::ffff:10.0.0.1/128", "10.4.0.0/016", "FD00::A/64", "10.5.0.0/33",
    ],
    "Endpoint": [
        "192.0.2.1:51820", "[2001:db8::1]:51820", "2001:db8::1:51820", "192.0.2.44:51820", "[192.0.2.1]:5", "192.0.2.1:051820",
        "192.0.513:7", "192.0.2.1",
    ],
    "PersistentKeepalive": ["off", "OFF", "0", "25", "0025", "65535", "often"],
}  # fmt: skip
QUICK = {"Address", "DNS", "MTU", "Table", "SaveConfig", "PostUp"}
"""Keys that wg-quick reads, without white space in their names."""


def line(chance, name, value):
    if chance.random() < 0.3:
        name = "".join(sign.swapcase() if chance.random() < 0.5 else sign for sign in name)
    for at in [chance.randrange(len(name))] if chance.random() < 0.2 and name.title() not in map(str.title, QUICK) else []:
        name = f"{name[:at]} {name[at:]}"
    for at in [chance.randrange(len(value) + 1)] if chance.random() < 0.1 and name.title() not in map(str.title, QUICK) else []:
        value = value[:at] + chance.choice([" ", "\t"]) + value[at:]
    return name + chance.choice(["=", " = ", "\t="]) + value + chance.choice(["", "", "", " # c", "#c", "\t", "\r", " ", "#"])


def section(chance, titles, keys, *first):
    chosen = chance.sample(sorted(keys), chance.randrange(len(keys)))
    return [
        chance.choice(titles),
        *(line(chance, *one) for one in [*first, *((name, chance.choice(keys[name])) for name in chosen)]),
    ]


def text(chance):
    lines = section(chance, ["[Interface]", "[interface]"], INTERFACE, ("PrivateKey", key("own")))
    for _number in range(chance.randrange(1, 4)):
        titles = ["[Peer]", "[peer]", " [Peer] # x", "[ Peer ]"]
        lines += section(chance, titles, PEER, ("PublicKey", key(chance.choice("abc"))))
    if chance.random() < 0.2:
        lines += section(chance, ["[Interface]"], INTERFACE)
    return "\n".join(lines)


def meaning(config, port):
    peers = {peer.public_key: (peer.preshared_key, peer.allowed_ips, peer.endpoint, peer.keepalive) for peer in config.peers}
    return port, config.fwmark or 0, peers


@pytest.fixture(scope="module")
def device(make_fleet):
    fleet = make_fleet({"alpha": None}, image="bookworm-wireguard")
    fleet.run("alpha", "sh", "-c", "wireguard-go probe && cat >/run/load.py", stdin=LOAD)
    return fleet


def test_what_wg_takes_is_read_and_means_the_same(device):
    chance = random.Random(2017)
    texts = [text(chance) for _number in range(TEXTS)]
    shown = json.loads(device.run("alpha", "python3", "/run/load.py", stdin=json.dumps(texts)))
    taken = [(one, parse_conf(found)) for one, found in zip(texts, shown, strict=True) if found is not None]
    assert len(taken) > TEXTS / 5
    for one, found in taken:
        read = read_conf(one).config
        assert meaning(read, read.port or 0) == meaning(found, found.port if read.port else 0), one
