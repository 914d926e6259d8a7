# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import combinations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.gate import rounds_of
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
    return found


STAR, MESH = network(), network("mesh")


@pytest.mark.parametrize(
    ("net", "asked", "live", "rounds", "blocked"),
    [
        pytest.param(STAR, NAMES, staged(STAR), [("alpha", "beta", "gamma"), ("hub",)], {}, id="all spokes at once"),
        pytest.param(MESH, NAMES, staged(MESH), [(name,) for name in NAMES], {}, id="a mesh one by one"),
        pytest.param(STAR, ["beta"], staged(STAR), [("beta",)], {}, id="the one that is asked for"),
        pytest.param(
            STAR, NAMES, staged(STAR, hub=["beta"]), [("alpha", "gamma"), ("hub",)],
            {"beta": "its peer hub does not have the next key yet"}, id="not staged",
        ),
        pytest.param(
            STAR, NAMES, staged(STAR, beta=None), [("alpha", "gamma")],
            {"beta": "beta has not answered", "hub": "its peer beta has not answered"}, id="a spoke is down",
        ),
        pytest.param(
            STAR, NAMES, staged(STAR, hub=None), [],
            {**dict.fromkeys(NAMES[:3], "its peer hub has not answered"), "hub": "hub has not answered"}, id="the hub is down",
        ),
        pytest.param(
            network(beta={"next_public_key": None}), ["beta"], staged(STAR), [], {"beta": "it has no next key"}, id="not made",
        ),
        pytest.param(
            network(beta={"managed": False}), NAMES, staged(STAR), [("alpha", "gamma")],
            {"beta": "Ansible does not configure it", "hub": "its peer beta is not configured by Ansible"}, id="a phone",
        ),
        pytest.param(
            network(beta={"public_key": None}), ["hub"], staged(STAR, beta=None), [("hub",)], {}, id="a peer that is pending",
        ),
    ],
)  # fmt: skip
def test_rounds(net, asked, live, rounds, blocked):
    found = rounds_of(net, asked, live)
    assert (list(found.rounds), found.blocked) == (rounds, blocked)


def test_a_host_of_several():
    floating = [{"address": "203.0.113.4/24", "interface": "eth0"}]
    addresses = {"h1": "198.51.100.1", "h2": "198.51.100.2"}
    net = network(failover="vrrp", hub={"hosts": ["h1", "h2"], "vrrp_addresses": addresses, "floating": floating})
    live = staged(net)
    del live["h2"]
    assert rounds_of(net, ["alpha", "hub"], live).blocked == {
        "alpha": "its peer hub on h2 has not answered",
        "hub": "hub on h2 has not answered",
    }


def test_who_is_left_behind_blocks_nobody():
    found = rounds_of(STAR, NAMES, staged(STAR, beta=None), without=["beta"])
    assert (found.rounds, set(found.blocked)) == ((("alpha", "gamma"), ("hub",)), {"beta"})


@pytest.mark.parametrize("net", [STAR, MESH, network("custom")], ids=["star", "mesh", "no links"])
def test_no_two_of_a_round_are_linked_and_nobody_is_forgotten(net):
    found, graph = rounds_of(net, NAMES, staged(net)), graph_of(net)
    assert sorted(name for group in found.rounds for name in group) == sorted(NAMES)
    assert [pair for group in found.rounds for pair in combinations(group, 2) if pair[1] in graph.neighbours(pair[0])] == []
