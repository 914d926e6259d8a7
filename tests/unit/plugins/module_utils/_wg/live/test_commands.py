# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument lists that tests of the difference do not reach; see test_diff.py for changes and their commands."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressAdded,
    AddressRemoved,
    Host,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PresharedKeyChanged,
    RestartNeeded,
    RouteAdded,
    RouteRemoved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import ip_commands, wg_set
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "[2001:db8::2]:51820", 25, "beta")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [Host("file", "created"), Host("unit", "enabled")],
        [RestartNeeded("hooks")],
        [MtuChanged(1, 2), AddressAdded("10.8.0.1/24"), RouteAdded("10.9.0.0/24")],
    ],
)
def test_nothing_for_wg(changes):
    assert wg_set("wg0", changes, "/private", {}) == []


@pytest.mark.parametrize("changes", [[], [PeerAdded(BETA)], [Host("file", "changed")], [RestartNeeded("dns")]])
def test_nothing_for_ip(changes):
    assert ip_commands("wg0", "auto", changes) == []


def test_the_preshared_key_is_a_path():
    assert wg_set("wg0", [PeerAdded(BETA)], "/private", {key("beta"): "/run/psk"}) == [
        *("wg", "set", "wg0", "peer", key("beta"), "preshared-key", "/run/psk", "endpoint", "[2001:db8::2]:51820"),
        *("persistent-keepalive", "25", "allowed-ips", "10.8.0.2/32"),
    ]


def test_one_command_for_all_peers():
    bare = Peer(key("bare"))
    changes = [KeepaliveChanged(bare, 25, 0), PresharedKeyChanged(bare, "cleared"), KeepaliveChanged(BETA, 0, 25)]
    assert wg_set("wg0", changes, "/private", {}) == [
        *("wg", "set", "wg0"),
        *("peer", key("bare"), "persistent-keepalive", "0", "preshared-key", "/dev/null"),
        *("peer", key("beta"), "persistent-keepalive", "25"),
    ]


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
