# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument lists that tests of the difference do not reach; see test_diff.py for changes and their commands."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    HostChange,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PeerRemoved,
    PrefixMoved,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RestartNeeded,
    RouteAdded,
    RouteRemoved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import LONGEST, SECRETS, ip_commands, wg_set
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import Secret
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "[2001:db8::2]:51820", 25, "beta")


def length(words):
    """Bytes of a command, with the longest path that a pipe can have (execve(2))."""
    return sum((len("/proc/self/fd/1000000") if isinstance(word, Secret) else len(word)) + 9 for word in words)


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
    assert wg_set("wg0", changes, "private") == []


@pytest.mark.parametrize("changes", [[], [PeerAdded(BETA)], [HostChange("file", "changed")], [RestartNeeded("dns")]])
def test_nothing_for_ip(changes):
    assert ip_commands("wg0", "auto", changes) == []


def test_a_key_is_a_secret():
    (words,) = wg_set("wg0", [PeerAdded(BETA)], "private")
    assert words == [
        *("wg", "set", "wg0", "peer", key("beta"), "preshared-key", Secret(key("shared")), "endpoint", "[2001:db8::2]:51820"),
        *("persistent-keepalive", "25", "allowed-ips", "10.8.0.2/32"),
    ]


def test_one_command_for_all_peers():
    bare = Peer(key("bare"))
    changes = [KeepaliveChanged(bare, 25, 0), PresharedKeyChanged(bare, "cleared"), KeepaliveChanged(BETA, 0, 25)]
    (words,) = wg_set("wg0", changes, "private")
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
    commands = wg_set("wg0", changes, "private")
    assert len(commands) > 2
    assert [words[:3] for words in commands] == [["wg", "set", "wg0"]] * len(commands)
    assert (
        max(sum(len(word) + 9 for word in words if word != Secret("private")) for words in commands) <= LONGEST < 2 * 1024 * 1024
    )
    assert commands[0][3:7] == ["private-key", Secret("private"), "peer", many[-1].public_key]
    named = [after for words in commands for word, after in zip(words, words[1:]) if word == "peer"]
    assert (len(named), named[-1]) == (len(set(named)), many[1].public_key)
    assert len(named) == len(many) - 1
    assert Host().run(["true", *max(commands, key=len)]).status == 0


@pytest.mark.parametrize("kind", ["added", "another key", "removed"])
def test_twenty_thousand_peers_with_preshared_keys(kind):
    """Commands that the kernel takes, with as many secrets as a process may have open files; each peer once, in its order."""
    many = [Peer(key(f"peer {n}"), key(f"shared {n}"), (f"10.{n // 256}.{n % 256}.0/24",)) for n in range(20000)]
    kinds = {
        "added": PeerAdded,
        "another key": lambda peer: PresharedKeyChanged(peer, "replaced"),
        "removed": PeerRemoved,
    }
    commands = wg_set("wg0", [kinds[kind](peer) for peer in many], "private")
    wanted = {
        "added": lambda peer: [
            *("preshared-key", Secret(peer.preshared_key), "persistent-keepalive", "0", "allowed-ips", *peer.allowed_ips)
        ],
        "another key": lambda peer: ["preshared-key", Secret(peer.preshared_key)],
        "removed": lambda _peer: ["remove"],
    }[kind]
    assert all(words[:3] == ["wg", "set", "wg0"] for words in commands)
    assert [word for words in commands for word in words[3:]] == [
        word for peer in many for word in ("peer", peer.public_key, *wanted(peer))
    ]
    assert len(commands) == (2 if kind == "removed" else 50)
    for words in commands:
        assert sum(isinstance(word, Secret) for word in words) <= SECRETS
        assert length(words) <= LONGEST
        assert Host().run(["true", *words]).status == 0


def test_the_prefixes_of_one_peer_are_no_argument_that_is_too_long():
    """The kernel takes 128 KiB for one."""
    prefixes = tuple(f"2001:db8:ffff:{n:x}:ffff:ffff:ffff:ffff/128" for n in range(9000))
    (words,) = wg_set("wg0", [PeerAdded(Peer(key("beta"), None, prefixes))], "private")
    start = words.index("allowed-ips")
    assert words[start::2] == ["allowed-ips"] * 5
    assert ",".join(words[start + 1 :: 2]) == ",".join(prefixes)
    assert max(map(len, words)) < 128 * 1024
    assert Host().run(["true", *words]).status == 0
    (words,) = wg_set("wg0", [AllowedIpsChanged(Peer(key("beta"), None, prefixes), prefixes, ())], "private", True)
    assert [text.count("+") for text in words[6::2]] == [2000] * 4 + [1000]


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
