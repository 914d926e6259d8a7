# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `interface` on a real host: each change live, exactly once, and nothing else touched."""

from __future__ import annotations

import base64
import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import parse_dump
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import sort_prefixes

KEY_FILE = "/etc/wireguard/wg0.key"


def key():
    return base64.b64encode(os.urandom(32)).decode()


BETA, GAMMA, DELTA = sorted(key() for _index in range(3))
PRESHARED = key()


def peer(name, public_key, number, **values):
    return {"name": name, "public_key": public_key, "allowed_ips": [f"10.8.0.{number}/32"], **values}


START = {
    "addresses": ["10.8.0.1/24"],
    "port": 51820,
    "mtu": 1420,
    "peers": [peer("beta", BETA, 2, endpoint="192.0.2.2:51820"), peer("gamma", GAMMA, 3)],
}


def without(config, name):
    return {**config, "peers": [entry for entry in config["peers"] if entry["name"] != name]}


def with_peer(config, name, **values):
    return {**config, "peers": [{**entry, **(values if entry["name"] == name else {})} for entry in config["peers"]]}


MOVED = with_peer(with_peer(START, "beta", allowed_ips=["10.8.0.2/32", "10.77.0.0/16"]), "gamma", allowed_ips=["10.8.0.3/32"])

# each row: what it is, the configuration, the kinds of the changes that lead to it from the row before
STEPS = [
    ("nothing", START, []),
    ("a peer more", {**START, "peers": [*START["peers"], peer("delta", DELTA, 4)]}, ["peer_added"]),
    ("a peer less", START, ["peer_removed"]),
    (
        "a prefix outside",
        with_peer(START, "gamma", allowed_ips=["10.8.0.3/32", "10.77.0.0/16"]),
        ["allowed_ips_changed", "route_added"],
    ),
    ("it moves", MOVED, ["prefix_moved"]),
    ("it goes", START, ["allowed_ips_changed", "route_removed"]),
    ("preshared key on", with_peer(START, "beta", preshared_key=PRESHARED), ["preshared_key_changed"]),
    ("preshared key off", START, ["preshared_key_changed"]),
    ("keepalive on", with_peer(START, "beta", keepalive=25), ["keepalive_changed"]),
    ("keepalive off", START, ["keepalive_changed"]),
    ("endpoint", with_peer(START, "beta", endpoint="[2001:db8::2]:51820"), ["endpoint_changed"]),
    ("port, MTU, mark", {**START, "port": 51821, "mtu": 1380, "fwmark": "0x10"}, None),
    ("back", START, None),
    ("a second address", {**START, "addresses": ["10.8.0.1/24", "fd00:8::1/64"]}, ["address_added"]),
    ("only the second", {**START, "addresses": ["fd00:8::1/64"]}, None),
    ("nothing is left to do", {**START, "addresses": ["fd00:8::1/64"]}, []),
]


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet({"alpha": None})
    made.module("alpha", "keypair", {"path": KEY_FILE})
    made.module("alpha", "interface", arguments(START))
    return made


def arguments(config, **values):
    return {"name": "wg0", "private_key_file": KEY_FILE, "config": config, **values}


def started(fleet):
    return fleet.run("alpha", "systemctl", "show", "-p", "ActiveEnterTimestampMonotonic", "wg-quick@wg0")


def test_every_change_is_made_live_and_once(fleet):
    before = started(fleet)
    for title, config, kinds in STEPS:
        predicted = fleet.module("alpha", "interface", arguments(config), check=True)
        result = fleet.module("alpha", "interface", arguments(config))
        assert predicted["changes"] == result["changes"], title
        made = [change["kind"] for change in result["changes"] if change["kind"] != "host"]
        assert kinds is None or made == kinds, title
        assert not result["restarted"], title
        device = parse_dump(fleet.run("alpha", "wg", "show", "wg0", "dump"))
        wanted = {entry["public_key"]: sort_prefixes(entry["allowed_ips"]) for entry in config["peers"]}
        assert {peer.public_key: peer.allowed_ips for peer in device.peers.values()} == wanted, title
        assert device.port == config["port"], title
    assert started(fleet) == before


def test_what_was_altered_by_hand_is_repaired(fleet):
    fleet.module("alpha", "interface", arguments(START))
    fleet.run(
        "alpha", "wg", "set", "wg0", "listen-port", "999", "peer", BETA, "remove", "peer", DELTA, "allowed-ips", "10.8.0.3/32"
    )
    fleet.run("alpha", "ip", "link", "set", "mtu", "1300", "dev", "wg0")
    result = fleet.module("alpha", "interface", arguments(START))
    kinds = sorted(change["kind"] for change in result["changes"])
    assert kinds == ["mtu_changed", "peer_added", "peer_removed", "port_changed", "prefix_moved"]
    assert fleet.module("alpha", "interface", arguments(START))["changed"] is False


def test_an_interface_that_went_down_comes_back(fleet):
    fleet.run("alpha", "ip", "link", "delete", "wg0")
    result = fleet.module("alpha", "interface", arguments(START))
    assert result["changes"][0] == {"kind": "host", "what": "interface", "action": "started"}
    assert fleet.module("alpha", "interface", arguments(START))["changed"] is False


def test_hooks_restart_and_the_old_ones_undo_what_they_did(fleet):
    first = {**START, "hooks": {"post_up": ["touch /run/first-up"], "post_down": ["rm /run/first-up"]}}
    second = {**START, "hooks": {"post_up": ["touch /run/second-up"]}}
    assert fleet.module("alpha", "interface", arguments(first))["restarted"]
    assert fleet.run("alpha", "sh", "-c", "ls /run/*-up") == "/run/first-up\n"
    assert fleet.module("alpha", "interface", arguments(second))["restarted"]
    assert fleet.run("alpha", "sh", "-c", "ls /run/*-up") == "/run/second-up\n"
    fleet.module("alpha", "interface", arguments(START))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (with_peer(START, "gamma", allowed_ips=["10.8.0.2/32"]), "AllowedIPs 10.8.0.2/32 already belongs to peer beta"),
        (with_peer(START, "gamma", public_key=BETA), "has the same public key as peer beta"),
        (with_peer(START, "gamma", endpoint="2001:db8::1"), "write [2001:db8::1]:port"),
        ({**START, "hooks": {"post_up": ["false"]}}, "systemctl restart wg-quick@wg0.service"),
    ],
    ids=["prefix twice", "key twice", "endpoint", "a hook that fails"],
)
def test_what_is_refused_or_fails_leaves_all_as_it_was(fleet, config, message):
    before = fleet.run("alpha", "cat", "/etc/wireguard/wg0.conf")
    assert message in fleet.module("alpha", "interface", arguments(config), fails=True)["msg"]
    assert fleet.run("alpha", "cat", "/etc/wireguard/wg0.conf") == before
    assert fleet.module("alpha", "interface", arguments(START))["changes"] == []


def test_forwarding_is_set_live_and_for_the_next_boot(fleet):
    fleet.run("alpha", "sysctl", "-w", "net.ipv4.ip_forward=0")
    assert fleet.module("alpha", "interface", arguments(START, forward=True))["changed"]
    assert fleet.run("alpha", "cat", "/proc/sys/net/ipv4/ip_forward", "/etc/sysctl.d/90-wireguard-wg0.conf") == (
        "1\nnet.ipv4.ip_forward = 1\nnet.ipv4.conf.all.send_redirects = 0\nnet.ipv4.conf.default.send_redirects = 0\n"
    )
    assert not fleet.module("alpha", "interface", arguments(START, forward=True))["changed"]
    assert fleet.module("alpha", "interface", arguments(START, forward=False))["changed"]
    assert fleet.run("alpha", "sh", "-c", "ls /etc/sysctl.d | grep wireguard; true") == ""


def test_backup_keeps_the_previous_file_closed(fleet):
    result = fleet.module("alpha", "interface", arguments(without(START, "gamma"), backup=True))
    assert "gamma" in fleet.run("alpha", "cat", result["backup_file"])
    assert fleet.run("alpha", "stat", "-c", "%a", result["backup_file"]) == "600\n"
    fleet.module("alpha", "interface", arguments(START))


def test_down_and_absent(fleet):
    for state, file_stays in (("down", True), ("absent", False)):
        wanted = arguments(START, state=state) if state == "down" else {"name": "wg0", "state": state}
        predicted = fleet.module("alpha", "interface", wanted, check=True)
        assert fleet.module("alpha", "interface", wanted)["changes"] == predicted["changes"] != []
        assert not fleet.module("alpha", "interface", wanted)["changed"]
        assert fleet.module("alpha", "interface_info")["interfaces"] == []
        assert fleet.run("alpha", "systemctl", "is-enabled", "wg-quick@wg0", check=False) == "disabled\n"
        assert ("wg0.conf" in fleet.run("alpha", "ls", "/etc/wireguard").split()) == file_stays
    assert "wg0.key" in fleet.run("alpha", "ls", "/etc/wireguard")


def test_pitfall_7_newer_tools_add_a_prefix_to_a_peer_and_leave_its_others(make_fleet):
    newer = make_fleet({"alpha": None}, image="sid-wireguard")
    newer.module("alpha", "keypair", {"path": KEY_FILE})
    newer.module("alpha", "interface", arguments(with_peer(START, "gamma", allowed_ips=["10.8.0.3/32", "10.77.0.0/16"])))
    record = '#!/bin/sh\n[ "$1" != set ] || echo "$*" >>/run/wg-set\nexec /usr/bin/wg "$@"\n'
    newer.run("alpha", "sh", "-c", "cat >/usr/local/sbin/wg; chmod +x /usr/local/sbin/wg", stdin=record)
    assert newer.module("alpha", "interface", arguments(MOVED))["changed"]
    assert newer.run("alpha", "cat", "/run/wg-set") == f"set wg0 peer {BETA} allowed-ips +10.77.0.0/16\n"
    live = parse_dump(newer.run("alpha", "wg", "show", "wg0", "dump"))
    assert {peer.public_key: peer.allowed_ips for peer in live.peers.values()} == {
        BETA: ("10.8.0.2/32", "10.77.0.0/16"),
        GAMMA: ("10.8.0.3/32",),
    }
    assert not newer.module("alpha", "interface", arguments(MOVED))["changed"]


def test_an_interface_made_by_hand_is_adopted_with_its_key_and_its_tunnels(fleet):
    old = fleet.run("alpha", "wg", "genkey").strip()
    text = f"[interface]\nprivatekey={old}\nAddress = 10.8.0.1\nListenPort=51820\nMTU=1420\n"
    text += f"[Peer]\nPublicKey = {BETA}\nAllowedIPs = 10.8.0.2/32\n"
    fleet.run("alpha", "sh", "-c", "rm -f /etc/wireguard/wg0.key; cat >/etc/wireguard/wg0.conf; wg-quick up wg0", stdin=text)
    made = fleet.module("alpha", "keypair", {"path": KEY_FILE, "adopt_from": "/etc/wireguard/wg0.conf"})
    assert (made["source"], made["changed"]) == ("adopted", True)
    public = fleet.run("alpha", "wg", "show", "wg0", "public-key").strip()
    assert made["public_key"] == public
    result = fleet.module("alpha", "interface", arguments(START))
    assert (result["public_key"], result["restarted"]) == (public, False)
    kinds = sorted(change["kind"] for change in result["changes"] if change["kind"] != "host")
    assert kinds == ["address_added", "address_removed", "endpoint_changed", "peer_added", "route_removed"]
    assert not fleet.module("alpha", "interface", arguments(START))["changed"]
