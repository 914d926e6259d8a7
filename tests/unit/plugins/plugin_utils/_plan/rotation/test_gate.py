# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.gate import Hosts, blocked_by, rounds_of, unstaged
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAMES = ("alpha", "beta", "gamma", "hub")


def network(topology="star", failover=None, **values):
    """Every node but those that say otherwise has a next key."""
    nodes = {
        name: {
            "public_key": key(name), "next_public_key": key(f"next {name}"), "addresses": [f"10.8.0.{number}"],
            "endpoint": f"203.0.113.{number}", "hub": name == "hub" and topology == "star", **values.get(name, {}),
        }
        for number, name in enumerate(NAMES, start=1)
    }  # fmt: skip
    head = {"topology": topology, "prefixes": ["10.8.0.0/24"], **({"failover": failover} if failover else {})}
    return network_from_dict({**head, "nodes": nodes})


def staged(net, **less):
    """Every host has answered, and has the next keys of all neighbours but some; None: it has not answered."""
    graph = graph_of(net)
    found = {}
    for name, node in net.nodes.items():
        lacking = less.get(name, ())
        if lacking is not None:
            has = {str(net.nodes[other].next_public_key) for other in graph.neighbours(name)}
            found.update(dict.fromkeys(node.hosts, has - {key(f"next {other}") for other in lacking}))
    return Hosts(found, set(found))


STAR, MESH = network(), network("mesh")


@pytest.mark.parametrize(
    ("net", "asked", "hosts", "blocked"),
    [
        pytest.param(STAR, NAMES, staged(STAR), {}, id="nobody"),
        pytest.param(
            STAR, NAMES, staged(STAR, beta=None),
            {"beta": "beta has not answered", "hub": "its peer beta has not answered"}, id="a spoke is down",
        ),
        pytest.param(
            STAR, NAMES, staged(STAR, hub=None),
            {**dict.fromkeys(NAMES[:3], "its peer hub has not answered"), "hub": "hub has not answered"}, id="the hub is down",
        ),
        pytest.param(STAR, ["alpha"], staged(STAR, beta=None), {}, id="who is down is nobody's peer that is asked for"),
        pytest.param(
            network(beta={"managed": False}), NAMES, staged(STAR),
            {
                "beta": "Ansible does not configure it",
                "hub": "its peer beta is not configured by Ansible; to cut it off for a while: -e wireguard_rotate_clients=true",
            },
            id="a phone",
        ),
        pytest.param(network(beta={"public_key": None}), ["hub"], staged(STAR, beta=None), {}, id="a peer that is pending"),
        pytest.param(
            network(beta={"public_key": None}), ["beta"], staged(STAR), {"beta": "it has no key yet"}, id="pending",
        ),
        pytest.param(
            STAR, NAMES, Hosts(staged(STAR).keys, vaulted={"beta": ["wg0"], "alpha": ["wg1"]}),
            {"beta": "its key is in wireguard_private_keys of beta; change it there"}, id="a key from a vault",
        ),
    ],
)  # fmt: skip
def test_who_cannot_change(net, asked, hosts, blocked):
    assert blocked_by(net, asked, hosts) == blocked


@pytest.mark.parametrize(
    ("hosts", "later"),
    [
        pytest.param(staged(STAR), {}, id="nobody"),
        pytest.param(staged(STAR, hub=["beta"]), {"beta": "its peer hub does not have the next key yet"}, id="not staged"),
        pytest.param(
            Hosts(staged(STAR).keys, {*NAMES} - {"beta"}),
            {"beta": "beta differs from the plan", "hub": "its peer beta differs from the plan"}, id="not applied",
        ),
    ],
)  # fmt: skip
def test_who_has_to_wait(hosts, later):
    assert unstaged(STAR, NAMES, hosts) == later


def test_all_hosts_of_a_node_have_to_answer_and_to_have_its_next_key():
    floating = [{"address": "203.0.113.4/24", "interface": "eth0"}]
    addresses = {"h1": "198.51.100.1", "h2": "198.51.100.2"}
    net = network(failover="vrrp", hub={"hosts": ["h1", "h2"], "vrrp_addresses": addresses, "floating": floating})
    hosts = staged(net)
    assert blocked_by(net, ["alpha", "hub"], hosts) == {}
    upcoming = net.nodes["hub"].next_public_key
    shared = replace(hosts, next={("h1", "wg0"): upcoming})
    assert unstaged(net, ["hub"], shared) == {"hub": "hub on h2 does not have the next key yet"}
    assert unstaged(net, ["hub"], replace(hosts, next=dict.fromkeys([("h1", "wg0"), ("h2", "wg0")], upcoming))) == {}
    del hosts.keys["h2"]
    assert blocked_by(net, ["alpha", "hub"], hosts) == {
        "alpha": "its peer hub on h2 has not answered",
        "hub": "hub on h2 has not answered",
    }


def test_who_is_left_behind_blocks_nobody():
    hosts = staged(STAR, beta=None)
    assert (set(blocked_by(STAR, NAMES, hosts, ["beta"])), unstaged(STAR, ["hub"], hosts, ["beta"])) == ({"beta"}, {})


@pytest.mark.parametrize(
    ("net", "names", "rounds"),
    [
        pytest.param(STAR, NAMES, (("alpha", "beta", "gamma"), ("hub",)), id="all spokes at once"),
        pytest.param(MESH, NAMES, tuple((name,) for name in NAMES), id="a mesh one by one"),
        pytest.param(STAR, ["beta"], (("beta",),), id="one"),
        pytest.param(STAR, [], (), id="none"),
    ],
)
def test_rounds(net, names, rounds):
    assert rounds_of(net, names) == rounds


@pytest.mark.parametrize("net", [STAR, MESH, network("custom")], ids=["star", "mesh", "no links"])
def test_no_two_of_a_round_are_linked_and_nobody_is_forgotten(net):
    found, graph = rounds_of(net, NAMES), graph_of(net)
    assert sorted(name for group in found for name in group) == sorted(NAMES)
    assert [pair for group in found for pair in combinations(group, 2) if pair[1] in graph.neighbours(pair[0])] == []
