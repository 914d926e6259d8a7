# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument lists that tests of the difference do not reach; see test_diff.py for changes and their commands."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    HostChange,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PrefixMoved,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RestartNeeded,
    RouteAdded,
    RouteRemoved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import LONGEST, ip_commands, wg_set
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "[2001:db8::2]:51820", 25, "beta")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [HostChange("file", "created"), HostChange("unit", "enabled")],
        [RestartNeeded("hooks")],
        [MtuChanged(1, 2), AddressAdded("10.8.0.1/24"), RouteAdded("10.9.0.0/24")],
    ],
)
def test_nothing_for_wg(changes):
    assert wg_set("wg0", changes, "/private", {}) == []


@pytest.mark.parametrize("changes", [[], [PeerAdded(BETA)], [HostChange("file", "changed")], [RestartNeeded("dns")]])
def test_nothing_for_ip(changes):
    assert ip_commands("wg0", "auto", changes) == []


def test_the_preshared_key_is_a_path():
    (words,) = wg_set("wg0", [PeerAdded(BETA)], "/private", {key("beta"): "/run/psk"})
    assert words == [
        *("wg", "set", "wg0", "peer", key("beta"), "preshared-key", "/run/psk", "endpoint", "[2001:db8::2]:51820"),
        *("persistent-keepalive", "25", "allowed-ips", "10.8.0.2/32"),
    ]


def test_one_command_for_all_peers():
    bare = Peer(key("bare"))
    changes = [KeepaliveChanged(bare, 25, 0), PresharedKeyChanged(bare, "cleared"), KeepaliveChanged(BETA, 0, 25)]
    (words,) = wg_set("wg0", changes, "/private", {})
    assert words == [
        *("wg", "set", "wg0"),
        *("peer", key("bare"), "persistent-keepalive", "0", "preshared-key", "/dev/null"),
        *("peer", key("beta"), "persistent-keepalive", "25"),
    ]


def test_what_is_too_long_for_one_command_goes_in_parts():
    """Each shorter than the kernel's limit; who gains a prefix stays before who loses it, and each peer is named once."""
    many = [Peer(key(f"peer {number}"), None, (f"10.{number // 256}.{number % 256}.0/24",)) for number in range(20000)]
    moved = PrefixMoved("172.20.0.0/16", many[0], many[-1])
    lost = AllowedIpsChanged(many[1], (), ("192.0.2.0/24",))
    changes = [PrivateKeyChanged(None, key("own")), moved, lost, *(PeerAdded(peer) for peer in many[2:-1])]
    commands = wg_set("wg0", changes, "/private", {})
    assert len(commands) > 2
    assert [words[:3] for words in commands] == [["wg", "set", "wg0"]] * len(commands)
    assert max(sum(len(word) + 9 for word in words) for words in commands) <= LONGEST < 2 * 1024 * 1024
    assert commands[0][3:7] == ["private-key", "/private", "peer", many[-1].public_key]
    named = [after for words in commands for word, after in zip(words, words[1:]) if word == "peer"]
    assert (len(named), named[-1]) == (len(set(named)), many[1].public_key)
    assert len(named) == len(many) - 1
    done = subprocess.run(["/bin/true", *max(commands, key=len)], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(("table", "words"), [("auto", []), ("off", []), ("main", ["table", "main"]), ("7", ["table", "7"])])
def test_routes_go_into_the_table(table, words):
    changes = [RouteAdded("10.9.0.0/24"), RouteRemoved("fd00:9::/64")]
    assert ip_commands("wg.0", table, changes) == [
        ["ip", "-4", "route", "replace", "10.9.0.0/24", "dev", "wg.0", *words],
        ["ip", "-6", "route", "delete", "fd00:9::/64", "dev", "wg.0", *words],
    ]


def test_other_addresses_survive_a_removed_one():
    """By default the kernel removes all addresses of a prefix with the first one, and the link's routes with the last."""
    changes = [AddressRemoved("10.8.0.1/24"), AddressRemoved("fd00:8::1/64")]
    assert ip_commands("wg.0", "auto", changes) == [
        ["sysctl", "-q", "-w", "net/ipv4/conf/wg.0/promote_secondaries=1"],
        ["ip", "-4", "address", "delete", "10.8.0.1/24", "dev", "wg.0"],
        ["ip", "-6", "address", "delete", "fd00:8::1/64", "dev", "wg.0"],
    ]
