# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    EndpointChanged,
    FwmarkChanged,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PeerRemoved,
    PortChanged,
    PrefixMoved,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RestartNeeded,
    RouteAdded,
    RouteRemoved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import LONGEST, MANY, ip_commands, wg_commands
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live, compare, connected_routes, routes_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import LivePeer, parse_dump
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import Secret
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs, keys
from ansible_collections.meshwork.wireguard.tests.unit.support import key, live_of

NOW = 1_700_000_000.0
OWN = key("own public")
BETA = Peer(key("beta"), None, ("10.8.0.2/32", "172.20.2.0/24"), "203.0.113.2:51820", 0, "beta")
GAMMA = Peer(key("gamma"), key("shared"), ("10.8.0.3/32",), None, 25, "gamma")
BASE = Config(addresses=("10.8.0.1/24",), port=51820, mtu=1420, peers=(BETA, GAMMA))
EVERYTHING = ("0.0.0.0/0", "::/0")


def with_beta(**values):
    return replace(BASE, peers=(replace(BETA, **values), GAMMA))


def changes_of(desired, previous, live, public=OWN):
    return compare(desired, public, previous, live, NOW)


def commands_of(desired, changes, incremental=False):
    """What would run, with names for the secrets."""
    names = {peer.preshared_key: f"/psk/{peer.name}" for peer in desired.peers}
    names["private"] = "/private"
    wg = [command.argv for command in wg_commands("wg0", changes, "private", 100, incremental)]
    commands = [*wg, *ip_commands("wg0", desired.table, changes)]
    return [" ".join(names[word.text] if isinstance(word, Secret) else word for word in words) for words in commands]


def live(config=BASE, **beta):
    """The live state of a configuration, with other values for peer beta."""
    state = live_of(config)
    peers = dict(state.device.peers)
    if beta:
        peers[BETA.public_key] = replace(peers[BETA.public_key], **beta)
    return replace(state, device=replace(state.device, peers=peers))


def device(config=BASE, **values):
    state = live_of(config)
    return replace(state, device=replace(state.device, **values))


B, G = key("beta"), key("gamma")
DELTA = Peer(key("delta"), key("other"), ("10.8.0.4/32", "172.20.4.0/24"), "[2001:db8::4]:1", 25, "delta")
PROMOTE = "sysctl -q -w net/ipv4/conf/wg0/promote_secondaries=1"


@pytest.mark.parametrize(
    ("desired", "previous", "state", "changes", "commands"),
    [
        pytest.param(BASE, BASE, live(), [], [], id="nothing to do"),
        pytest.param(BASE, None, live(), [], [], id="nothing to do, no file"),
        pytest.param(Config(), Config(), live(Config()), [], [], id="nothing at all"),
        pytest.param(
            replace(BASE, peers=(*BASE.peers, DELTA)),
            BASE,
            live(),
            [PeerAdded(DELTA), RouteAdded("172.20.4.0/24")],
            [
                (
                    f"wg set wg0 peer {key('delta')} preshared-key /psk/delta endpoint [2001:db8::4]:1 "
                    "persistent-keepalive 25 allowed-ips 10.8.0.4/32,172.20.4.0/24"
                ),
                "ip -4 route replace 172.20.4.0/24 dev wg0",
            ],
            id="a peer comes",
        ),
        pytest.param(
            replace(BASE, peers=(GAMMA,)),
            BASE,
            live(),
            [PeerRemoved(BETA), RouteRemoved("172.20.2.0/24")],
            [f"wg set wg0 peer {B} remove", "ip -4 route delete 172.20.2.0/24 dev wg0"],
            id="a peer goes",
        ),
        pytest.param(
            replace(BASE, peers=(GAMMA,)),
            None,
            live(),
            [PeerRemoved(Peer(B))],
            [f"wg set wg0 peer {B} remove"],
            id="an unknown peer goes, its routes may be somebody's",
        ),
        pytest.param(
            replace(BASE, peers=(BETA, GAMMA, Peer(key("bare")))),
            BASE,
            live(),
            [PeerAdded(Peer(key("bare")))],
            [["wg", "set", "wg0", "peer", key("bare"), "persistent-keepalive", "0", "allowed-ips", ""]],
            id="a peer without AllowedIPs",
        ),
        pytest.param(
            with_beta(allowed_ips=("10.8.0.2/32", "172.20.3.0/24")),
            BASE,
            live(),
            [
                AllowedIpsChanged(
                    replace(BETA, allowed_ips=("10.8.0.2/32", "172.20.3.0/24")), ("172.20.3.0/24",), ("172.20.2.0/24",)
                ),
                RouteAdded("172.20.3.0/24"),
                RouteRemoved("172.20.2.0/24"),
            ],
            [
                f"wg set wg0 peer {B} allowed-ips 10.8.0.2/32,172.20.3.0/24",
                "ip -4 route replace 172.20.3.0/24 dev wg0",
                "ip -4 route delete 172.20.2.0/24 dev wg0",
            ],
            id="another prefix",
        ),
        pytest.param(
            with_beta(endpoint="203.0.113.9:51820", keepalive=15, preshared_key=key("new")),
            BASE,
            live(),
            [
                EndpointChanged(
                    replace(BETA, endpoint="203.0.113.9:51820", keepalive=15, preshared_key=key("new")),
                    "203.0.113.2:51820",
                    "203.0.113.9:51820",
                ),
                KeepaliveChanged(
                    replace(BETA, endpoint="203.0.113.9:51820", keepalive=15, preshared_key=key("new")), 0, 15
                ),
                PresharedKeyChanged(
                    replace(BETA, endpoint="203.0.113.9:51820", keepalive=15, preshared_key=key("new")), "set"
                ),
            ],
            [f"wg set wg0 peer {B} endpoint 203.0.113.9:51820 persistent-keepalive 15 preshared-key /psk/beta"],
            id="several values of one peer",
        ),
        pytest.param(
            replace(BASE, peers=(BETA, replace(GAMMA, preshared_key=key("new")))),
            BASE,
            live(),
            [PresharedKeyChanged(replace(GAMMA, preshared_key=key("new")), "replaced")],
            [f"wg set wg0 peer {G} preshared-key /psk/gamma"],
            id="another preshared key",
        ),
        pytest.param(
            replace(BASE, port=51821, fwmark=0xCA6C, mtu=1380),
            BASE,
            live(),
            [PortChanged(51820, 51821), FwmarkChanged(0, 0xCA6C), MtuChanged(1420, 1380)],
            ["wg set wg0 listen-port 51821 fwmark 0xca6c", "ip link set mtu 1380 dev wg0"],
            id="values of the interface",
        ),
        pytest.param(
            BASE,
            BASE,
            device(public_key=None, port=1, fwmark=7),
            [PrivateKeyChanged(None, OWN), PortChanged(1, 51820), FwmarkChanged(7, 0)],
            ["wg set wg0 private-key /private listen-port 51820 fwmark 0x0"],
            id="altered by hand",
        ),
        pytest.param(
            replace(BASE, addresses=("10.8.0.9/24", "fd00:8::1/64")),
            BASE,
            live(),
            [AddressAdded("10.8.0.9/24"), AddressAdded("fd00:8::1/64"), AddressRemoved("10.8.0.1/24")],
            [
                "ip -4 address add 10.8.0.9/24 dev wg0",
                "ip -6 address add fd00:8::1/64 dev wg0",
                PROMOTE,  # or the kernel takes 10.8.0.9 together with 10.8.0.1, and all routes
                "ip -4 address delete 10.8.0.1/24 dev wg0",
            ],
            id="another address",
        ),
        pytest.param(
            BASE,
            BASE,
            replace(live(), addresses=("fe80::33b7:4b59:5ea9:399b/64", "10.8.0.1/24")),
            [],
            [],
            id="the kernel's own link-local address on a device of userspace",
        ),
        pytest.param(
            replace(BASE, addresses=("10.8.0.1/24",)),
            replace(BASE, addresses=("10.8.0.1/24", "fe80::1/64")),
            replace(live(), addresses=("10.8.0.1/24", "fe80::1/64", "fd00::1/64")),
            [AddressRemoved("fe80::1/64"), AddressRemoved("fd00::1/64")],
            ["ip -6 address delete fe80::1/64 dev wg0", "ip -6 address delete fd00::1/64 dev wg0"],
            id="a link-local address that the file had",
        ),
        pytest.param(
            BASE,
            BASE,
            replace(live(), routes=("172.20.2.0/24",)),
            [RouteAdded("10.8.0.0/24")],
            ["ip -4 route replace 10.8.0.0/24 dev wg0"],
            id="the route that came with an address is lost",
        ),
        pytest.param(
            replace(with_beta(allowed_ips=("10.8.0.0/24",)), addresses=("10.9.0.1/24",)),
            BASE,
            live(),
            [
                AllowedIpsChanged(
                    replace(BETA, allowed_ips=("10.8.0.0/24",)), ("10.8.0.0/24",), ("10.8.0.2/32", "172.20.2.0/24")
                ),
                AddressAdded("10.9.0.1/24"),
                AddressRemoved("10.8.0.1/24"),
                RouteAdded("10.8.0.0/24"),
                RouteAdded("10.8.0.3/32"),
                RouteRemoved("172.20.2.0/24"),
            ],
            [
                f"wg set wg0 peer {B} allowed-ips 10.8.0.0/24",
                "ip -4 address add 10.9.0.1/24 dev wg0",
                PROMOTE,
                "ip -4 address delete 10.8.0.1/24 dev wg0",
                "ip -4 route replace 10.8.0.0/24 dev wg0",
                "ip -4 route replace 10.8.0.3/32 dev wg0",
                "ip -4 route delete 172.20.2.0/24 dev wg0",
            ],
            id="a route that goes with its address is wanted for a peer",
        ),
        pytest.param(
            replace(BASE, addresses=("10.8.0.1/25",)),
            BASE,
            live(),
            [AddressAdded("10.8.0.1/25"), AddressRemoved("10.8.0.1/24")],
            ["ip -4 address add 10.8.0.1/25 dev wg0", PROMOTE, "ip -4 address delete 10.8.0.1/24 dev wg0"],
            id="another prefix length",
        ),
        pytest.param(
            replace(BASE, addresses=("10.8.0.1/25",)),
            BASE,
            replace(live(), unrouted=("10.8.0.1/24",)),
            [AddressAdded("10.8.0.1/25"), AddressRemoved("10.8.0.1/24"), RouteRemoved("10.8.0.0/24")],
            [
                "ip -4 address add 10.8.0.1/25 dev wg0",
                PROMOTE,
                "ip -4 address delete 10.8.0.1/24 dev wg0",
                "ip -4 route delete 10.8.0.0/24 dev wg0",
            ],
            id="another prefix length, and it is not the kernel that has made the route",
        ),
        pytest.param(
            replace(BASE, addresses=("10.8.0.9/24",)),
            BASE,
            replace(live(), unrouted=("10.8.0.1/24",)),
            [AddressAdded("10.8.0.9/24"), AddressRemoved("10.8.0.1/24")],
            ["ip -4 address add 10.8.0.9/24 dev wg0", PROMOTE, "ip -4 address delete 10.8.0.1/24 dev wg0"],
            id="another address of the prefix, and it is not the kernel that has made the route",
        ),
        pytest.param(
            replace(BASE, hooks=Hooks(post_up=("x",)), dns=("9.9.9.9",), table="off"),
            BASE,
            live(),
            [RestartNeeded("table"), RestartNeeded("dns"), RestartNeeded("hooks"), RouteRemoved("172.20.2.0/24")],
            ["ip -4 route delete 172.20.2.0/24 dev wg0"],
            id="what only a restart applies",
        ),
        pytest.param(
            with_beta(allowed_ips=EVERYTHING),
            BASE,
            live(),
            [
                RestartNeeded("full tunnel"),
                AllowedIpsChanged(
                    replace(BETA, allowed_ips=EVERYTHING), EVERYTHING, ("10.8.0.2/32", "172.20.2.0/24")
                ),
                RouteRemoved("172.20.2.0/24"),
            ],
            [
                f"wg set wg0 peer {B} allowed-ips 0.0.0.0/0,::/0",
                "ip -4 route delete 172.20.2.0/24 dev wg0",
            ],
            id="to a full tunnel",
        ),
    ],
)  # fmt: skip
def test_changes_and_commands(desired, previous, state, changes, commands):
    found = changes_of(desired, previous, state)
    assert found == changes
    assert commands_of(desired, found) == [" ".join(c) if isinstance(c, list) else c for c in commands]


@given(configs, keys)
def test_what_is_there_needs_nothing(config, public):
    """Peers that follow others are in test_following.py: what they have depends on handshakes."""
    peers = {peer.public_key: replace(peer, follows=None) for peer in config.peers}
    config = replace(config, save_config=False, peers=tuple(peers.values()))
    state = live_of(config, public)
    assert compare(config, public, config, state, NOW) == []


def pairs(words):
    """`wg set` arguments after the name as (option, value); `remove` has no value."""
    rest = iter(words)
    return [(word, None if word == "remove" else next(rest)) for word in rest]


PEER_OPTIONS = {
    "allowed-ips": ("allowed_ips", lambda text: tuple(prefix.lstrip("+") for prefix in filter(None, text.split(",")))),
    "endpoint": ("endpoint", str),
    "persistent-keepalive": ("keepalive", int),
    "preshared-key": ("preshared_key", lambda given: None if given == "/dev/null" else given.text),
}


def wg_applied(state, words):
    """What `wg set` makes of a device: a prefix that is set on a peer is taken from the others."""
    peers, current, values = dict(state.peers), None, {}
    for option, value in pairs(words):
        if option == "peer":
            current = value
            peers.setdefault(current, LivePeer(current))
        elif option == "remove":
            del peers[current]
        elif option == "listen-port":
            values["port"] = int(value)
        elif option == "fwmark":
            values["fwmark"] = int(value, 16)
        else:
            name, read = PEER_OPTIONS[option]
            kept = peers[current].allowed_ips if option == "allowed-ips" and value.startswith("+") else ()
            peers[current] = replace(peers[current], **{name: kept + read(value) if kept else read(value)})
            for other in [other for other in peers if other != current and name == "allowed_ips"]:
                left = tuple(p for p in peers[other].allowed_ips if p not in read(value))
                peers[other] = replace(peers[other], allowed_ips=left)
    return replace(state, peers=peers, **values)


IN_FILES = {
    "PublicKey": "peer",
    "PresharedKey": "preshared-key",
    "Endpoint": "endpoint",
    "PersistentKeepalive": "persistent-keepalive",
    "AllowedIPs": "allowed-ips",
    "ListenPort": "listen-port",
    "FwMark": "fwmark",
    "PrivateKey": "private-key",
}


def words_of(text):
    """What `wg set` would be told instead of `wg addconf` with this file: a section replaces the prefixes of its peer."""
    words = []
    for section in text.split("[Peer]\n"):
        pairs = dict(line.split(" = ") for line in section.splitlines() if not line.startswith("["))
        for option, value in pairs.items():
            secret = "/dev/null" if value == "A" * 43 + "=" else Secret(value)
            words += [IN_FILES[option], secret if option in ("PresharedKey", "PrivateKey") else value]
        words += ["allowed-ips", ""] if "PublicKey" in pairs and "AllowedIPs" not in pairs else []
    return words


def applied(state, desired, changes, incremental=False, longest=LONGEST, many=MANY):
    """The live state after the commands."""
    device = state.device
    for command in wg_commands("wg0", changes, "private", 1, incremental, longest, many):
        device = wg_applied(device, words_of(command.stdin) if command.stdin else command.argv[3:])
    addresses, routes, mtu = list(state.addresses), list(state.routes), state.mtu
    for words in ip_commands("wg0", desired.table, changes):
        if words[0] == "sysctl":
            continue
        if "mtu" in words:
            mtu = int(words[4])
        elif "address" in words:
            before = connected_routes(addresses)
            (addresses.append if words[3] == "add" else addresses.remove)(words[4])
            after = connected_routes(addresses)
            routes = [*(r for r in routes if r not in before or r in after), *(r for r in after if r not in before)]
        else:
            (routes.append if words[3] == "replace" else routes.remove)(words[4])
    return Live(device, tuple(addresses), mtu, tuple(routes))


few = st.lists(
    st.sampled_from(["10.8.0.2/32", "10.8.0.3/32", "172.20.2.0/24", "172.20.3.0/24", "fd00::/64"]), unique=True, max_size=5
)


@st.composite
def small_configs(draw):
    """Configurations over few values, so that two of them share much; a prefix has one peer."""
    prefixes = draw(few)
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, max_size=4))
    owners = [draw(st.sampled_from(names)) for _prefix in prefixes] if names else []
    peers = tuple(
        Peer(
            key(name),
            draw(st.sampled_from([None, key("one"), key("two")])),
            tuple(prefix for prefix, owner in zip(prefixes, owners) if owner == name),
            draw(st.sampled_from([None, "203.0.113.1:1", "203.0.113.2:1"])),
            draw(st.sampled_from([0, 25])),
        )
        for name in names
    )
    peers = tuple(replace(peer, allowed_ips=tuple(sorted(peer.allowed_ips))) for peer in peers)
    addresses = tuple(draw(st.lists(st.sampled_from(["10.8.0.1/24", "10.8.0.9/24", "fd00::1/64"]), unique=True)))
    fwmark, port = draw(st.sampled_from([None, 0, 1])), draw(st.sampled_from([1, 2]))
    return Config(addresses=addresses, port=port, fwmark=fwmark, mtu=draw(st.sampled_from([1380, 1420])), peers=peers)


@given(small_configs(), small_configs(), st.booleans(), st.sampled_from([LONGEST, 250]), st.sampled_from([MANY, 0]))
def test_the_commands_bring_about_what_is_wanted(before, desired, incremental, longest, many):
    """From any state to any other: after the commands, nothing is left to do, also where they are several short ones."""
    state = live_of(before)
    after = applied(state, desired, changes_of(desired, before, state), incremental, longest, many)
    assert changes_of(desired, desired, after) == []
    assert {k: set(p.allowed_ips) for k, p in after.device.peers.items()} == {
        p.public_key: set(p.allowed_ips) for p in desired.peers
    }


@given(small_configs(), small_configs())
def test_unchanged_peers_are_not_touched(before, desired):
    commands = wg_commands("wg0", changes_of(desired, before, live_of(before)), "private", 100)
    words = [word for command in commands for word in command.argv]
    same = {peer.public_key for peer in before.peers} & {peer.public_key for peer in desired.peers if peer in before.peers}
    assert not same & set(words)


def test_pitfall_3_a_preshared_key_and_a_keepalive_that_go_are_cleared():
    desired = replace(BASE, peers=(BETA, replace(GAMMA, preshared_key=None, keepalive=0)))
    changes = changes_of(desired, BASE, live())
    peer = desired.peers[1]
    assert changes == [KeepaliveChanged(peer, 25, 0), PresharedKeyChanged(peer, "cleared")]
    assert commands_of(desired, changes) == [f"wg set wg0 peer {G} persistent-keepalive 0 preshared-key /dev/null"]


def test_pitfall_4_no_port_in_the_configuration_keeps_the_live_one():
    assert changes_of(replace(BASE, port=None), BASE, device(port=41234)) == []
    assert changes_of(replace(BASE, port=0), BASE, device(port=41234)) == []  # 0: the kernel chooses


def test_pitfall_4_the_mark_of_a_full_tunnel_stays():
    tunnel = with_beta(allowed_ips=EVERYTHING)
    assert changes_of(tunnel, tunnel, device(tunnel, fwmark=51820)) == []
    # Given explicitly it is wg-quick's, too: 0 is `off`, and wg-quick then chooses one.
    off = replace(tunnel, fwmark=0)
    assert changes_of(off, off, device(off, fwmark=51820)) == []


@pytest.mark.parametrize(
    ("before", "after", "setting"),
    [
        (with_beta(allowed_ips=EVERYTHING), replace(with_beta(allowed_ips=EVERYTHING), fwmark=7), "fwmark"),
        (with_beta(allowed_ips=EVERYTHING[:1]), with_beta(allowed_ips=EVERYTHING), "full tunnel"),
        (with_beta(allowed_ips=EVERYTHING), with_beta(allowed_ips=EVERYTHING[1:]), "full tunnel"),
        (with_beta(allowed_ips=EVERYTHING), BASE, "full tunnel"),
        (replace(with_beta(allowed_ips=EVERYTHING), table="7"), with_beta(allowed_ips=EVERYTHING), "table"),
    ],
)
def test_rules_of_a_full_tunnel_come_with_a_restart(before, after, setting):
    """wg-quick's rules are there per IP version and name the mark: changed live they would cut the host off."""
    assert RestartNeeded(setting) in changes_of(after, before, live_of(before))


def test_a_full_tunnel_moves_between_peers_without_a_restart():
    before = replace(BASE, peers=(replace(BETA, allowed_ips=EVERYTHING), GAMMA))
    after = replace(BASE, peers=(replace(BETA, allowed_ips=()), replace(GAMMA, allowed_ips=EVERYTHING)))
    changes = changes_of(after, before, live_of(before))
    moves = [PrefixMoved(prefix, *after.peers) for prefix in EVERYTHING]
    assert changes == [*moves, AllowedIpsChanged(after.peers[1], (), GAMMA.allowed_ips)]
    assert commands_of(after, changes) == [f"wg set wg0 peer {G} allowed-ips 0.0.0.0/0,::/0"]


def test_pitfall_7_only_peers_that_changed_are_in_the_command():
    changes = changes_of(with_beta(allowed_ips=("10.8.0.2/32",)), BASE, live())
    (command,) = wg_commands("wg0", changes, "private", 100)
    words = command.argv
    assert words == ["wg", "set", "wg0", "peer", B, "allowed-ips", "10.8.0.2/32"]
    assert not [word for word in words if word.startswith("+")]


def prefixes(**wanted):
    """BASE with other AllowedIPs, by the names of the peers."""
    return replace(BASE, peers=tuple(replace(peer, allowed_ips=wanted.get(peer.name, peer.allowed_ips)) for peer in BASE.peers))


HEIR = Peer(key("heir"), None, ("172.20.2.0/24",), None, 0, "heir")


@pytest.mark.parametrize(
    ("desired", "changes", "command", "incremental"),
    [
        pytest.param(
            prefixes(beta=("10.8.0.2/32",), gamma=("10.8.0.3/32", "172.20.2.0/24")),
            lambda beta, gamma: [PrefixMoved("172.20.2.0/24", beta, gamma)],
            f"peer {G} allowed-ips 10.8.0.3/32,172.20.2.0/24",
            f"peer {G} allowed-ips +172.20.2.0/24",
            id="it moves: its old peer is not named",
        ),
        pytest.param(
            prefixes(beta=("172.20.2.0/24",), gamma=("10.8.0.2/32", "10.8.0.3/32")),
            lambda beta, gamma: [PrefixMoved("10.8.0.2/32", beta, gamma)],
            f"peer {G} allowed-ips 10.8.0.2/32,10.8.0.3/32",
            f"peer {G} allowed-ips +10.8.0.2/32",
            id="another moves",
        ),
        pytest.param(
            prefixes(beta=("10.8.0.3/32",), gamma=("10.8.0.2/32", "172.20.2.0/24")),
            lambda beta, gamma: [
                PrefixMoved("10.8.0.2/32", beta, gamma),
                PrefixMoved("10.8.0.3/32", gamma, beta),
                PrefixMoved("172.20.2.0/24", beta, gamma),
            ],
            f"peer {G} allowed-ips 10.8.0.2/32,172.20.2.0/24 peer {B} allowed-ips 10.8.0.3/32",
            f"peer {G} allowed-ips +10.8.0.2/32,+172.20.2.0/24 peer {B} allowed-ips +10.8.0.3/32",
            id="all change places",
        ),
        pytest.param(
            prefixes(beta=(), gamma=("10.8.0.3/32", "172.20.2.0/24")),
            lambda beta, gamma: [
                PrefixMoved("172.20.2.0/24", beta, gamma),
                AllowedIpsChanged(beta, (), ("10.8.0.2/32",)),
            ],
            f"peer {G} allowed-ips 10.8.0.3/32,172.20.2.0/24 peer {B} allowed-ips ",
            f"peer {G} allowed-ips +172.20.2.0/24 peer {B} allowed-ips ",
            id="one moves, one goes",
        ),
        pytest.param(
            prefixes(beta=("10.8.0.2/32",), gamma=("10.8.0.3/32", "10.8.1.0/30", "172.20.2.0/24")),
            lambda beta, gamma: [
                PrefixMoved("172.20.2.0/24", beta, gamma),
                AllowedIpsChanged(gamma, ("10.8.1.0/30",), ()),
                RouteAdded("10.8.1.0/30"),
            ],
            f"peer {G} allowed-ips 10.8.0.3/32,10.8.1.0/30,172.20.2.0/24",
            f"peer {G} allowed-ips +172.20.2.0/24,+10.8.1.0/30",
            id="one moves, one comes",
        ),
        pytest.param(
            replace(BASE, peers=(*prefixes(beta=("10.8.0.2/32",)).peers, HEIR)),
            lambda beta, **_: [AllowedIpsChanged(beta, (), ("172.20.2.0/24",)), PeerAdded(HEIR)],
            f"peer {HEIR.public_key} persistent-keepalive 0 allowed-ips 172.20.2.0/24",
            f"peer {HEIR.public_key} persistent-keepalive 0 allowed-ips 172.20.2.0/24",
            id="to a peer that is new: its old peer is not named either",
        ),
        pytest.param(
            replace(BASE, peers=(replace(GAMMA, allowed_ips=("10.8.0.3/32", "172.20.2.0/24")),)),
            lambda gamma: [PeerRemoved(BETA), PrefixMoved("172.20.2.0/24", BETA, gamma)],
            f"peer {G} allowed-ips 10.8.0.3/32,172.20.2.0/24 peer {B} remove",
            f"peer {G} allowed-ips +172.20.2.0/24 peer {B} remove",
            id="from a peer that goes",
        ),
        pytest.param(
            prefixes(beta=("10.8.0.2/32", "172.20.2.0/24", "10.8.0.9/32")),
            lambda beta, **_: [AllowedIpsChanged(beta, ("10.8.0.9/32",), ())],
            f"peer {B} allowed-ips 10.8.0.2/32,172.20.2.0/24,10.8.0.9/32",
            f"peer {B} allowed-ips +10.8.0.9/32",
            id="it comes from nowhere",
        ),
    ],
)  # fmt: skip
def test_pitfalls_7_and_8_prefixes_that_move(desired, changes, command, incremental):
    wanted = changes(**{peer.name: peer for peer in desired.peers if peer != HEIR})
    found = changes_of(desired, BASE, live())
    routes = [f"ip -4 route replace {change.value} dev wg0" for change in found if isinstance(change, RouteAdded)]
    assert found == wanted
    assert commands_of(desired, found) == ["wg set wg0 " + command, *routes]
    assert commands_of(desired, found, incremental=True) == ["wg set wg0 " + incremental, *routes]


def test_what_a_foreign_peer_took_comes_back():
    foreign = LivePeer(key("foreign"), allowed_ips=("172.20.2.0/24",))
    state = live(allowed_ips=("10.8.0.2/32",))
    state = replace(state, device=replace(state.device, peers={**state.device.peers, foreign.public_key: foreign}))
    assert changes_of(BASE, BASE, state) == [
        PeerRemoved(Peer(foreign.public_key)),
        PrefixMoved("172.20.2.0/24", Peer(foreign.public_key), BETA),
    ]


@given(small_configs(), small_configs())
def test_a_peer_that_loses_only_what_others_take_is_not_named(before, desired):
    commands = wg_commands("wg0", changes_of(desired, before, live_of(before)), "private", 100)
    words = [word for command in commands for word in command.argv]
    owned = {prefix for peer in desired.peers for prefix in peer.allowed_ips}
    old = {peer.public_key: peer for peer in before.peers}
    for peer in desired.peers:
        had = old.get(peer.public_key)
        if (
            had
            and replace(had, allowed_ips=()) == replace(peer, allowed_ips=())
            and set(peer.allowed_ips) <= set(had.allowed_ips)
        ):
            nobodys = set(had.allowed_ips) - owned
            assert (peer.public_key in words) is bool(nobodys)


def test_pitfall_8_a_new_peer_takes_over_before_the_old_one_goes():
    heir = Peer(key("heir"), None, BETA.allowed_ips, BETA.endpoint, 0, "heir")
    desired = replace(BASE, peers=(GAMMA, heir))
    assert commands_of(desired, changes_of(desired, BASE, live())) == [
        (
            f"wg set wg0 peer {key('heir')} endpoint 203.0.113.2:51820 persistent-keepalive 0 "
            f"allowed-ips 10.8.0.2/32,172.20.2.0/24 peer {B} remove"
        )
    ]


def test_pitfall_10_public_keys_are_compared():
    """An unclamped private key reads back clamped; both have the same public key."""
    desired = replace(BASE, private_key=key("unclamped"))
    assert changes_of(desired, replace(BASE, private_key=key("clamped")), live()) == []


@pytest.mark.parametrize(
    ("interface", "peer", "first", "second"),
    [
        ("ListenPort = 51820", "", "51820\toff", "(none)\toff"),
        ("FwMark = 0xCA6C", "", "51820\t0xca6c", "(none)\toff"),
        ("FwMark = 51820", "", "51820\t0xca6c", "(none)\toff"),
        ("FwMark = off", "", "51820\toff", "(none)\toff"),
        ("FwMark = 0", "", "51820\toff", "(none)\toff"),
        ("", "AllowedIPs = 10.8.0.7/24, 10.8.1.1", "51820\toff", "10.8.1.1/32,10.8.0.0/24\toff"),
        ("", "AllowedIPs = FD00:8:0::7/64\nAllowedIPs = fd00::1", "51820\toff", "fd00::1/128,fd00:8::/64\toff"),
        ("", "AllowedIPs = 0.0.0.0/1, 10.8.0.1/32, 10.8.0.1", "51820\toff", "10.8.0.1/32,0.0.0.0/1\toff"),
        ("", "AllowedIPs =", "51820\toff", "(none)\toff"),
        ("", "PersistentKeepalive = off", "51820\toff", "(none)\toff"),
        ("", "PersistentKeepalive = 0", "51820\toff", "(none)\toff"),
        ("", "PersistentKeepalive = 025", "51820\toff", "(none)\t25"),
        ("", "Endpoint = [2001:DB8:0:0::2]:51820", "51820\toff", "(none)\toff\t[2001:db8::2]:51820"),
        ("", "Endpoint = 203.0.113.2:51820", "51820\toff", "(none)\toff\t203.0.113.2:51820"),
    ],
)
def test_values_in_another_spelling_are_equal(interface, peer, first, second):
    """A configuration as people write it, against `wg show wg0 dump` of an interface that has it."""
    config = parse_conf(f"[Interface]\nTable = off\n{interface}\n[Peer]\nPublicKey = {B}\n{peer}\n")
    allowed, keepalive, endpoint = [*second.split("\t"), "(none)"][:3]
    dump = f"{key('own')}\t{OWN}\t{first}\n{B}\t(none)\t{endpoint}\t{allowed}\t0\t0\t0\t{keepalive}\n"
    state = Live(parse_dump(dump), (), 1420, ())
    changes = changes_of(config, None, state)
    assert [change for change in changes if change != RestartNeeded("table")] == []
    assert wg_commands("wg0", changes, "private", 100) == []


NAMED = "vpn.example.org:51820"


@pytest.mark.parametrize(
    ("wanted", "in_file", "alive", "handshake", "drift"),
    [
        ("203.0.113.2:51820", "203.0.113.2:51820", "198.51.100.7:4242", NOW - 10, False),
        ("203.0.113.2:51820", "203.0.113.2:51820", "198.51.100.7:4242", NOW - 180, False),
        ("203.0.113.2:51820", "203.0.113.2:51820", "198.51.100.7:4242", NOW - 181, True),
        ("203.0.113.2:51820", "203.0.113.2:51820", "198.51.100.7:4242", 0, True),
        ("203.0.113.2:51820", "203.0.113.2:51820", None, 0, True),
        ("203.0.113.2:51820", "203.0.113.9:51820", "198.51.100.7:4242", NOW - 10, True),
        ("203.0.113.2:51820", "203.0.113.9:51820", "203.0.113.2:51820", NOW - 10, False),
        ("203.0.113.2:51820", None, "198.51.100.7:4242", NOW - 10, True),
        (NAMED, NAMED, "203.0.113.2:51820", 0, False),
        (NAMED, NAMED, None, 0, True),
        (NAMED, "old.example.org:51820", "203.0.113.2:51820", NOW - 10, True),
        (None, "203.0.113.2:51820", "203.0.113.2:51820", 0, False),
        (None, None, "198.51.100.7:4242", 0, False),
        ("203.0.113.2:51820", "203.0.113.2:51820", "198.51.100.7:4242", 10, False),  # boringtun: an age
    ],
)
def test_pitfall_11_peers_roam(wanted, in_file, alive, handshake, drift):
    desired, previous = with_beta(endpoint=wanted), with_beta(endpoint=in_file)
    changes = changes_of(desired, previous, live(endpoint=alive, handshake=int(handshake)))
    assert changes == ([EndpointChanged(desired.peers[0], alive, wanted)] if drift else [])


def test_pitfall_11_without_a_file_only_silence_tells():
    alive = {"endpoint": "198.51.100.7:4242"}
    assert changes_of(BASE, None, live(handshake=int(NOW), **alive)) == []
    assert changes_of(BASE, None, live(handshake=0, **alive)) == [EndpointChanged(BETA, "198.51.100.7:4242", "203.0.113.2:51820")]


@pytest.mark.parametrize(
    ("table", "addresses", "prefixes", "expected"),
    [
        ("auto", ("10.8.0.1/24",), ("10.8.0.2/32", "10.8.1.2/32"), ("10.8.1.2/32",)),
        ("auto", ("10.8.0.1/32",), ("10.8.0.2/32",), ("10.8.0.2/32",)),
        ("auto", ("10.8.0.1/24",), ("10.8.0.0/24",), ()),
        ("auto", ("10.8.0.1/24",), ("10.0.0.0/8",), ("10.0.0.0/8",)),
        ("auto", ("10.8.0.1/24", "fd00:8::1/64"), ("fd00:8::2/128", "fd00:9::/64"), ("fd00:9::/64",)),
        ("auto", ("10.8.0.1/24",), (*EVERYTHING, "10.9.0.0/24"), ("10.9.0.0/24",)),
        ("auto", (), (), ()),
        ("123", ("10.8.0.1/24",), ("10.8.0.2/32", "0.0.0.0/0"), ("0.0.0.0/0", "10.8.0.2/32")),
        ("off", ("10.8.0.1/24",), ("10.9.0.0/24",), ()),
    ],
)
def test_routes_follow_allowed_ips(table, addresses, prefixes, expected):
    config = Config(table=table, addresses=addresses, peers=(Peer(B, allowed_ips=prefixes),))
    assert routes_of(config) == expected


def test_a_table_of_its_own():
    config = replace(with_beta(allowed_ips=("0.0.0.0/0", "172.20.2.0/24")), table="123")
    changes = changes_of(config, config, replace(live_of(config), routes=()))
    assert changes == [RouteAdded("0.0.0.0/0"), RouteAdded("10.8.0.3/32"), RouteAdded("172.20.2.0/24")]
    assert ip_commands("wg0", "123", changes) == [
        ["ip", "-4", "route", "replace", prefix, "dev", "wg0", "table", "123"]
        for prefix in ("0.0.0.0/0", "10.8.0.3/32", "172.20.2.0/24")
    ]


FOREIGN = Peer(key("foreign"), None, ("10.8.0.9/32",), name="foreign")
NAMELESS = Peer(key("foreign"))


@pytest.mark.parametrize(
    ("desired", "previous", "exclusive", "expected"),
    [
        (BASE, BASE, True, [PeerRemoved(NAMELESS)]),
        (BASE, BASE, False, []),
        (BASE, None, True, [PeerRemoved(NAMELESS)]),
        (BASE, None, False, []),
        (BASE, replace(BASE, peers=(BETA, GAMMA, FOREIGN)), False, [PeerRemoved(FOREIGN)]),
        (replace(BASE, peers=(BETA,)), BASE, False, [PeerRemoved(GAMMA)]),
        (replace(BASE, peers=(BETA,)), BASE, True, [PeerRemoved(GAMMA), PeerRemoved(NAMELESS)]),
        (replace(BASE, peers=(BETA,)), None, False, []),
    ],
    ids=[
        "a foreign peer goes",
        "a foreign peer stays",
        "without a file all are foreign",
        "without a file they stay as well",
        "one of the file is ours",
        "ours goes, the foreign one stays",
        "both go",
        "without a file nobody knows that it was ours",
    ],
)
def test_foreign_peers(desired, previous, exclusive, expected):
    alive = live_of(replace(BASE, peers=(BETA, GAMMA, FOREIGN)), OWN)
    found = compare(desired, OWN, previous, alive, NOW, exclusive)
    assert [change for change in found if isinstance(change, (PeerAdded, PeerRemoved))] == expected


def test_foreign_routes_are_left_alone():
    foreign = replace(live(), routes=(*live().routes, "192.168.77.0/24", "fd77::/64"))
    assert changes_of(BASE, BASE, foreign) == []
    assert changes_of(replace(BASE, peers=()), BASE, foreign)[-1] == RouteRemoved("172.20.2.0/24")
    assert RouteRemoved("192.168.77.0/24") not in changes_of(replace(BASE, peers=()), None, foreign)


def test_with_the_last_ipv4_address_the_kernel_removes_all_ipv4_routes():
    """All that are wanted are added again, and none has to be removed; an IPv6 route stays."""
    before = with_beta(allowed_ips=("172.20.2.0/24", "10.8.0.2/32", "fd20::/64"))
    desired = replace(before, addresses=())
    changes = changes_of(desired, before, live_of(before))
    assert [change.value for change in changes if isinstance(change, RouteAdded)] == [
        route for route in routes_of(desired) if "." in route
    ]
    assert [change for change in changes if isinstance(change, RouteRemoved)] == []


@given(small_configs(), small_configs())
def test_no_secret_anywhere(before, desired):
    before = replace(before, private_key=key("private one"))
    desired = replace(desired, private_key=key("private two"))
    changes = changes_of(desired, before, live_of(before), key("another public"))
    few, many = (wg_commands("wg0", changes, desired.private_key, 100, many=number) for number in (100, 0))
    texts = [repr(few), repr(many), repr(ip_commands("wg0", "auto", changes))]
    texts += [repr((change, change.describe(), change.public())) for change in changes]
    for secret in ("private one", "private two", "one", "two"):
        assert not [text for text in texts if key(secret) in text]
