# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument lists that tests of the difference do not reach; see test_diff.py for changes and their commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    FwmarkChanged,
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
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import (
    LONGEST,
    Command,
    ip_commands,
    wg_commands,
)
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
    assert wg_commands("wg0", changes, "private", 100) == []


@pytest.mark.parametrize("changes", [[], [PeerAdded(BETA)], [HostChange("file", "changed")], [RestartNeeded("dns")]])
def test_nothing_for_ip(changes):
    assert ip_commands("wg0", "auto", changes) == []


def test_a_key_is_a_secret():
    (command,) = wg_commands("wg0", [PeerAdded(BETA)], "private", 100)
    assert command.argv == [
        *("wg", "set", "wg0", "peer", key("beta"), "preshared-key", Secret(key("shared")), "endpoint", "[2001:db8::2]:51820"),
        *("persistent-keepalive", "25", "allowed-ips", "10.8.0.2/32"),
    ]


def test_one_command_for_all_peers():
    bare = Peer(key("bare"))
    changes = [KeepaliveChanged(bare, 25, 0), PresharedKeyChanged(bare, "cleared"), KeepaliveChanged(BETA, 0, 25)]
    (command,) = wg_commands("wg0", changes, "private", 100)
    assert command.argv == [
        *("wg", "set", "wg0"),
        *("peer", key("bare"), "persistent-keepalive", "0", "preshared-key", "/dev/null"),
        *("peer", key("beta"), "persistent-keepalive", "25"),
    ]


MANY_PEERS = [Peer(key(f"peer {n}"), key(f"shared {n}"), (f"10.{n // 256}.{n % 256}.0/24",)) for n in range(20000)]


def filed(peer, prefixes):
    """A peer's section in the file of `wg addconf`."""
    shared = f"PresharedKey = {peer.preshared_key}\n" if peer.preshared_key else ""
    return f"[Peer]\nPublicKey = {peer.public_key}\n{shared}PersistentKeepalive = 0\nAllowedIPs = {prefixes}\n"


def test_many_peers_that_are_added_are_in_one_file():
    """Who gains a prefix stays before who loses it; those whose AllowedIPs stay are not in it, as it would replace them."""
    first, second, third, *others = MANY_PEERS
    moved = PrefixMoved("172.20.0.0/16", first, replace(second, allowed_ips=("10.0.1.0/24", "172.20.0.0/16")))
    lost = AllowedIpsChanged(third, (), ("192.0.2.0/24",))
    changes = [PrivateKeyChanged(None, key("own")), FwmarkChanged(0, 255), PeerRemoved(BETA), lost, moved]
    changes += [KeepaliveChanged(first, 1, 0), PresharedKeyChanged(replace(second, preshared_key=None), "cleared")]
    changes += map(PeerAdded, others)
    for incremental, words in ((False, "10.0.1.0/24,172.20.0.0/16"), (True, "+172.20.0.0/16")):
        file, rest = wg_commands("wg0", changes, "private", 100, incremental)
        assert file.argv == ["wg", "addconf", "wg0", "/dev/stdin"]
        assert file.stdin == "".join(
            [
                "[Interface]\nPrivateKey = private\nFwMark = 0xff\n",
                f"[Peer]\nPublicKey = {second.public_key}\nAllowedIPs = {words}\nPresharedKey = {'A' * 43}=\n",
                *(filed(peer, *peer.allowed_ips) for peer in others),
                f"[Peer]\nPublicKey = {third.public_key}\nAllowedIPs = {','.join(third.allowed_ips)}\n",
            ]
        )
        assert rest == Command(
            ["wg", "set", "wg0", "peer", BETA.public_key, "remove", "peer", first.public_key, "persistent-keepalive", "0"]
        )


def test_peers_without_prefixes_in_a_file():
    staged = [replace(peer, allowed_ips=()) for peer in MANY_PEERS[:200]]
    (file,) = wg_commands("wg0", list(map(PeerAdded, staged)), "private", 100)
    assert file.stdin == "[Interface]\n" + "".join(filed(peer, "").replace("AllowedIPs = \n", "") for peer in staged)


@pytest.mark.parametrize("kind", ["another key", "removed"])
def test_twenty_thousand_changes_of_peers_whose_prefixes_stay(kind):
    """Commands that the kernel takes, with as many secrets as a process may have open files; each peer once, in its order."""
    change, wanted = {
        "another key": (
            lambda peer: PresharedKeyChanged(peer, "replaced"),
            lambda peer: ["preshared-key", Secret(peer.preshared_key)],
        ),
        "removed": (PeerRemoved, lambda _peer: ["remove"]),
    }[kind]
    commands = wg_commands("wg0", list(map(change, MANY_PEERS)), "private", Host().most_secrets())
    assert all((command.argv[:3], command.stdin) == (["wg", "set", "wg0"], "") for command in commands)
    assert [word for command in commands for word in command.argv[3:]] == [
        word for peer in MANY_PEERS for word in ("peer", peer.public_key, *wanted(peer))
    ]
    assert 1 < len(commands) <= 8
    for command in commands:
        assert length(command.argv) <= LONGEST < 2 * 1024 * 1024
        assert Host().run(["true", *command.argv]).status == 0


def test_the_prefixes_of_one_peer_are_no_argument_that_is_too_long():
    """The kernel takes 128 KiB for one, and about 2 MiB for all."""
    prefixes = tuple(f"2001:db8:ffff:{n:x}:ffff:ffff:ffff:ffff/128" for n in range(60000))
    beta = Peer(key("beta"), None, prefixes[:9000])
    (command,) = wg_commands("wg0", [PeerAdded(beta)], "private", 100)
    start = command.argv.index("allowed-ips")
    assert command.argv[start::2] == ["allowed-ips"] * 5
    assert ",".join(command.argv[start + 1 :: 2]) == ",".join(beta.allowed_ips)
    assert max(map(len, command.argv)) < 128 * 1024
    assert Host().run(["true", *command.argv]).status == 0
    (command,) = wg_commands("wg0", [AllowedIpsChanged(beta, beta.allowed_ips, ())], "private", 100, True)
    assert [text.count("+") for text in command.argv[6::2]] == [2000] * 4 + [1000]
    (command,) = wg_commands("wg0", [PeerAdded(replace(beta, allowed_ips=prefixes))], "private", 100)
    assert command.argv[1] == "addconf"
    lines = [line.partition(" = ") for line in command.stdin.splitlines()]
    assert ",".join(value for option, _equals, value in lines if option == "AllowedIPs") == ",".join(prefixes)


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
