# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    KeepaliveChanged,
    PeerAdded,
    PeerRemoved,
    PrefixMoved,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.following import followed
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs
from ansible_collections.meshwork.wireguard.tests.unit.support import key, live_of

NOW = 1_700_000_000.0
OWN = key("own public")
PREFIXES, CONFIGURED, ROAMED = ("10.8.0.2/32", "172.20.2.0/24"), "203.0.113.2:51820", "198.51.100.9:4711"
OLD = Peer(key("old"), key("shared"), PREFIXES, CONFIGURED, 25, "beta")
NEXT = Peer(key("next"), key("shared"), (), CONFIGURED, 0, "beta", OLD.public_key)
OTHER = Peer(key("gamma"), None, ("10.8.0.3/32",), None, 0, "gamma")
BASE = Config(addresses=("10.8.0.1/24",), port=51820, mtu=1420, peers=(OLD, NEXT, OTHER))
GIVEN_AWAY = replace(OLD, allowed_ips=(), keepalive=0, endpoint=None)


def live(**peers):
    """What runs: the configuration, with other values of some live peers; None: without that peer."""
    runs = live_of(BASE)
    found = {"old": OLD.public_key, "next": NEXT.public_key}
    changed = dict(runs.device.peers)
    for name, values in peers.items():
        if values is None:
            del changed[found[name]]
        else:
            changed[found[name]] = replace(changed[found[name]], **values)
    return replace(runs, device=replace(runs.device, peers=changed))


def taken(endpoint=None):
    return replace(NEXT, allowed_ips=PREFIXES, keepalive=25, endpoint=endpoint)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param(live(next=None), (OLD, NEXT), id="it comes"),
        pytest.param(live(next=None, old={"endpoint": ROAMED}), (OLD, replace(NEXT, endpoint=ROAMED)), id="where it is now"),
        pytest.param(live(next=None, old={"endpoint": None}), (OLD, NEXT), id="the other has not been heard"),
        pytest.param(live(), (OLD, replace(NEXT, endpoint=None)), id="neither was used yet"),
        pytest.param(live(old={"handshake": 1_699_999_950}), (OLD, replace(NEXT, endpoint=None)), id="the old key is used"),
        pytest.param(
            live(old={"handshake": 1_699_999_950}, next={"handshake": 1_699_999_951}), (GIVEN_AWAY, taken()), id="it changed"
        ),
        pytest.param(
            live(old={"handshake": 1_699_999_952}, next={"handshake": 1_699_999_951, "allowed_ips": PREFIXES}),
            (OLD, replace(NEXT, endpoint=None)),
            id="it went back",
        ),
        pytest.param(live(old={"handshake": 0}, next={"handshake": 1_699_999_951}), (GIVEN_AWAY, taken()), id="after a restart"),
        pytest.param(
            live(old={"handshake": 20}, next={"handshake": 3}), (GIVEN_AWAY, taken()), id="an implementation that reports ages"
        ),
        pytest.param(
            live(old={"handshake": 7, "allowed_ips": ()}, next={"handshake": 7, "allowed_ips": PREFIXES}),
            (GIVEN_AWAY, taken()),
            id="in one second, changed already",
        ),
        pytest.param(
            live(old={"handshake": 7}, next={"handshake": 7}), (OLD, replace(NEXT, endpoint=None)), id="in one second, not yet"
        ),
        pytest.param(live(old=None), (GIVEN_AWAY, taken()), id="the old key is gone"),
        pytest.param(live(next={"endpoint": None}), (OLD, NEXT), id="it lost its endpoint"),
    ],
)
def test_followed(runs, expected):
    assert followed(BASE, runs.device, NOW).peers == (*expected, OTHER)


def test_a_peer_that_follows_none_stays_as_it_is():
    alone = replace(BASE, peers=(NEXT, OTHER))
    assert followed(alone, live().device, NOW) == alone


def changes(desired, previous, runs):
    return compare(desired, OWN, previous, runs, NOW)


def test_the_way_of_a_key():
    """It is staged, the node changes to it, a run in the middle leaves that alone, and the old key goes."""
    before, staged = replace(BASE, peers=(OLD, OTHER)), replace(NEXT, endpoint=ROAMED)
    assert changes(BASE, before, live(next=None, old={"endpoint": ROAMED, "handshake": 1})) == [PeerAdded(staged)]
    assert changes(BASE, BASE, live(old={"handshake": 1}, next={"endpoint": ROAMED})) == []
    seen = {"handshake": 1_699_999_952, "endpoint": ROAMED}
    moved = replace(taken(), endpoint=None)
    assert changes(BASE, BASE, live(old={"handshake": 1_699_999_951}, next=seen)) == [
        *(PrefixMoved(prefix, GIVEN_AWAY, moved) for prefix in PREFIXES),
        KeepaliveChanged(GIVEN_AWAY, 25, 0),
        KeepaliveChanged(moved, 0, 25),
    ]
    runs = live(
        old={"handshake": 1_699_999_951, "allowed_ips": (), "keepalive": 0},
        next={**seen, "allowed_ips": PREFIXES, "keepalive": 25},
    )
    assert changes(BASE, BASE, runs) == []
    after = replace(BASE, peers=(replace(OLD, public_key=NEXT.public_key), OTHER))
    assert changes(after, BASE, runs) == [PeerRemoved(OLD)]


@given(configs, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4))
def test_no_prefix_is_lost_and_it_is_stable(config, handshakes):
    """Whatever the handshakes are, the prefixes of all peers together stay the same, and what is made of it stays as it is."""
    peers = [*config.peers]
    peers += [Peer(key(f"next {number}"), follows=peer.public_key) for number, peer in enumerate(config.peers[: len(handshakes)])]
    whole = replace(config, peers=tuple(peers))
    ages = {}
    for number, (old, new) in enumerate(handshakes[: len(config.peers)]):
        ages[config.peers[number].public_key], ages[key(f"next {number}")] = old, new
    device = live_of(whole).device
    device = replace(device, peers={public: replace(one, handshake=ages.get(public, 0)) for public, one in device.peers.items()})
    found = followed(whole, device, NOW)
    prefixes = sorted(prefix for peer in {p.public_key: p for p in whole.peers}.values() for prefix in peer.allowed_ips)
    assert sorted(prefix for peer in found.peers for prefix in peer.allowed_ips) == prefixes
    now_runs = {peer.public_key: replace(device.peers[peer.public_key], allowed_ips=peer.allowed_ips) for peer in found.peers}
    assert [p.allowed_ips for p in followed(whole, replace(device, peers=now_runs), NOW).peers] == [
        p.allowed_ips for p in found.peers
    ]
