# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer, check_applicable
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import KEEPALIVE, peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.ipam import assign
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def network(topology="mesh", prefixes=("10.8.0.0/24",), **nodes):
    """Every node has a key, and its addresses in order, unless it says otherwise."""
    document = {name: {"public_key": key(name), **values} for name, values in nodes.items()}
    return assign(network_from_dict({"topology": topology, "prefixes": list(prefixes), "nodes": document}), {}, frozenset())


def at(number):
    return {"endpoint": f"203.0.113.{number}"}


def peer(name, *allowed_ips, endpoint=None, keepalive=0):
    return Peer(key(name), None, allowed_ips, endpoint and f"203.0.113.{endpoint}:51820", keepalive, name)


DUAL = ("10.8.0.0/24", "fd00:8::/64")


@pytest.mark.parametrize(
    ("net", "node", "expected"),
    [
        pytest.param(
            network(a=at(1), b=at(2), c=at(3)),
            "a",
            [peer("b", "10.8.0.2/32", endpoint=2), peer("c", "10.8.0.3/32", endpoint=3)],
            id="mesh",
        ),
        pytest.param(
            network(a=at(1), b=at(2), c={}),
            "c",
            [
                peer("a", "10.8.0.1/32", endpoint=1, keepalive=25),
                peer("b", "10.8.0.2/32", endpoint=2, keepalive=25),
            ],
            id="behind NAT: it dials, and keeps the mapping alive",
        ),
        pytest.param(
            network(a=at(1), b=at(2), c={}),
            "a",
            [peer("b", "10.8.0.2/32", endpoint=2), peer("c", "10.8.0.3/32")],
            id="the other side of NAT: it cannot dial",
        ),
        pytest.param(
            network(prefixes=DUAL, a={**at(1), "routes": ["172.20.1.0/24", "fd20::/64"]}, b=at(2), c=at(3)),
            "b",
            [
                peer("a", "10.8.0.1/32", "172.20.1.0/24", "fd00:8::1/128", "fd20::/64", endpoint=1),
                peer("c", "10.8.0.3/32", "fd00:8::3/128", endpoint=3),
            ],
            id="dual stack with routes",
        ),
        pytest.param(
            network(a={**at(1), "forward": True, "routes": "192.168.1.0/24"}, b={}, c={"routes": "172.20.3.0/24"}),
            "b",
            [peer("a", "10.8.0.0/24", "172.20.3.0/24", "192.168.1.0/24", endpoint=1, keepalive=25)],
            id="one peer only: all of the network",
        ),
        pytest.param(
            network(a={**at(1), "forward": True}, b={}, c={}, d=at(4)),
            "d",
            [peer("a", "10.8.0.1/32", endpoint=1), peer("b", "10.8.0.2/32"), peer("c", "10.8.0.3/32")],
            id="nodes that can dial need no forwarder",
        ),
        pytest.param(
            network(a=at(1), b={**at(2), "public_key": None}, c=at(3)),
            "a",
            [peer("c", "10.8.0.3/32", endpoint=3)],
            id="a pending node",
        ),
        pytest.param(
            network("star", h={**at(1), "hub": True, "public_key": None}, a={}, b={}), "a", [], id="the only peer is pending"
        ),
        pytest.param(network(a=at(1)), "a", [], id="alone"),
        pytest.param(
            network(a={**at(1), "keepalive": 15}, b={"keepalive": 0}, c=at(3)),
            "a",
            [peer("b", "10.8.0.2/32", keepalive=15), peer("c", "10.8.0.3/32", endpoint=3, keepalive=15)],
            id="a keepalive that is given",
        ),
        pytest.param(
            network(a={**at(1), "keepalive": 15}, b={"keepalive": 0}, c=at(3)),
            "b",
            [peer("a", "10.8.0.1/32", endpoint=1), peer("c", "10.8.0.3/32", endpoint=3)],
            id="a keepalive that is switched off",
        ),
        pytest.param(
            network("star", h={**at(1), "hub": True}, a={}, b={"routes": "172.20.2.0/24"}),
            "h",
            [peer("a", "10.8.0.1/32"), peer("b", "10.8.0.2/32", "172.20.2.0/24")],
            id="hub",
        ),
        pytest.param(network("star", h={**at(1), "hub": True}, a={}), "h", [peer("a", "10.8.0.1/32")], id="hub with one spoke"),
        pytest.param(
            network("star", h={**at(1), "hub": True}, a={}, b={"routes": "172.20.2.0/24"}),
            "a",
            [peer("h", "10.8.0.0/24", "172.20.2.0/24", endpoint=1, keepalive=25)],
            id="spoke",
        ),
        pytest.param(
            network("star", h={**at(1), "hub": True}, a={}, b={"routes": "172.20.2.0/24"}),
            "b",
            [peer("h", "10.8.0.0/24", endpoint=1, keepalive=25)],
            id="spoke: its own route is not behind the hub",
        ),
        pytest.param(
            network(
                "star",
                h={**at(1), "hub": True, "routes": "172.20.0.0/24"},
                **{f"s{number}": {"routes": f"172.20.{number}.0/24"} for number in range(1, 8)},
            ),
            "s5",
            [peer("h", "10.8.0.0/24", "172.20.0.0/22", "172.20.4.0/24", "172.20.6.0/23", endpoint=1, keepalive=25)],
            id="spoke: the routes around its own are joined",
        ),
    ],
)
def test_whole_lists(net, node, expected):
    assert peers_of(net, node) == tuple(expected)


TWO_HUBS = {
    "h": {**at(1), "hub": True},
    "i": {**at(2), "hub": True, "routes": "192.168.9.0/24"},
    "a": {"home": "h", "routes": "172.20.1.0/24"},
    "b": {"home": "h"},
    "c": {"home": "i", "public_key": None},
    "d": {"home": "i"},
}  # a .1, b .2, c .3, d .4, h .5, i .6


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            "h",
            [
                peer("a", "10.8.0.1/32", "172.20.1.0/24"),
                peer("b", "10.8.0.2/32"),
                peer("i", "10.8.0.3/32", "10.8.0.4/32", "10.8.0.6/32", "192.168.9.0/24", endpoint=2),
            ],
        ),
        (
            "i",
            [
                peer("d", "10.8.0.4/32"),
                peer("h", "10.8.0.1/32", "10.8.0.2/32", "10.8.0.5/32", "172.20.1.0/24", endpoint=1),
            ],
        ),
        ("a", [peer("h", "10.8.0.0/24", "192.168.9.0/24", endpoint=1, keepalive=25)]),
        ("b", [peer("h", "10.8.0.0/24", "172.20.1.0/24", "192.168.9.0/24", endpoint=1, keepalive=25)]),
        ("d", [peer("i", "10.8.0.0/24", "172.20.1.0/24", "192.168.9.0/24", endpoint=2, keepalive=25)]),
    ],
)
def test_star_with_two_hubs(node, expected):
    assert peers_of(network("star", **TWO_HUBS), node) == tuple(expected)


def test_an_unknown_node():
    with pytest.raises(PlanError) as caught:
        peers_of(network(a=at(1), b=at(2)), "c")
    assert str(caught.value) == "network wireguard: has no node 'c'; it has a, b"


def test_a_spoke_that_comes_changes_no_other_spoke():
    before, after = network("star", **TWO_HUBS), network("star", **TWO_HUBS, z={})
    changed = [name for name in before.nodes if peers_of(before, name) != peers_of(after, name)]
    assert set(changed) <= {"h", "i"}


def test_peers_are_accepted_by_wg():
    for name in network("star", **TWO_HUBS).nodes:
        check_applicable(Config(peers=peers_of(network("star", **TWO_HUBS), name)), key(name))


def test_keepalive_is_below_what_nat_forgets():
    assert KEEPALIVE < 30
