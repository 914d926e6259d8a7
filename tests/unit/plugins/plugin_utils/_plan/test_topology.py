# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.network import Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

SEEN = {"endpoint": "203.0.113.1:51820"}


def network(topology, **nodes):
    return Network(nodes={n: Node(n, **values) for n, values in sorted(nodes.items())}, topology=topology)


def links(network):
    """All links, each once; that both ends agree is checked on the way."""
    graph = graph_of(network)
    found = {(name, other) for name in network.nodes for other in graph.neighbours(name)}
    assert found == {(b, a) for a, b in found}
    assert all(tuple(sorted(graph.neighbours(name))) == graph.neighbours(name) for name in network.nodes)
    return sorted("".join(link) for link in found if link[0] < link[1])


@pytest.mark.parametrize(
    ("net", "expected", "forwarders"),
    [
        (network("mesh", a=SEEN, b=SEEN, c=SEEN), ["ab", "ac", "bc"], ""),
        (network("mesh", a=SEEN, b={}, c={}), ["ab", "ac"], ""),
        (network("mesh", a={**SEEN, "forward": True}, b={}, c={}), ["ab", "ac"], "a"),
        (network("mesh", a={}, b={}), [], ""),
        (network("mesh", a=SEEN), [], ""),
        (network("mesh"), [], ""),
        (network("mesh", a={**SEEN, "hub": True}, b={}), ["ab"], "a"),
        (network("star", h={**SEEN, "hub": True}, a={}, b={}, c=SEEN), ["ah", "bh", "ch"], "h"),
        (network("star", h={"hub": True}, a=SEEN, b=SEEN), ["ah", "bh"], "h"),
        (network("star", h={**SEEN, "hub": True}), [], "h"),
        (
            network("star", h={**SEEN, "hub": True}, i={**SEEN, "hub": True}, a={"home": "h"}, b={"home": "i"}, c={"home": "i"}),
            ["ah", "bi", "ci", "hi"],
            "hi",
        ),
        (network("star", h={**SEEN, "hub": True}, a={"forward": True}), ["ah"], "ah"),
        # Spread: of two hubs, a spoke that nobody can dial goes to the one that can be dialled.
        (network("star", h={**SEEN, "hub": True}, i={"hub": True}, a={}, b={}, c={}, d={}), ["ah", "bh", "ch", "dh", "hi"], "hi"),
        (network("star", h={"hub": True}, i={"hub": True}, a={**SEEN, "home": "h"}, b={**SEEN, "home": "i"}), ["ah", "bi"], "hi"),
    ],
)
def test_links(net, expected, forwarders):
    assert links(net) == expected
    assert graph_of(net).forwarders == frozenset(forwarders)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            network("bush", a={}),
            "network wireguard: unknown topology 'bush'; known are chain, custom, mesh, ring, sites, star, tree",
        ),
        (
            network("star", a=SEEN, b={}),
            "network wireguard: a star needs a hub; set wireguard_hub: true on one node or more",
        ),
        (
            network("star", h={**SEEN, "hub": True}, a={"home": "x"}),
            "node a: its home 'x' is not a hub of network wireguard; correct wireguard_home, or set wireguard_hub: true there",
        ),
        (
            network("star", h={**SEEN, "hub": True}, a={"home": "b"}, b={}),
            "node a: its home 'b' is not a hub of network wireguard; correct wireguard_home, or set wireguard_hub: true there",
        ),
        (
            network("star", h={"hub": True}, a={}),
            "node a: neither it nor hub h has an endpoint; give the hub one",
        ),
        (
            network("star", h={**SEEN, "hub": True}, i={"hub": True}, a={"home": "i"}),
            "node a: neither it nor hub i has an endpoint; give the hub one",
        ),
    ],
)
def test_errors(net, message):
    with pytest.raises(PlanError) as caught:
        graph_of(net)
    assert str(caught.value) == message
    assert outcome(graph_of, net) == "refused: " + message


def homes(hubs, spokes):
    nodes = {**{hub: {**SEEN, "hub": True} for hub in hubs}, **{spoke: {} for spoke in spokes}}
    graph = graph_of(network("star", **nodes))
    found = {}
    for spoke in spokes:
        (found[spoke],) = graph.neighbours(spoke)
    return found


hub_names = st.sets(st.sampled_from([f"hub{n}" for n in range(6)]), min_size=2)
spoke_names = st.sets(st.sampled_from([f"spoke{n}" for n in range(40)]), min_size=1)


@given(hub_names, spoke_names, st.data())
def test_a_hub_that_goes_moves_only_its_spokes(hubs, spokes, data):
    before = homes(hubs, spokes)
    gone = data.draw(st.sampled_from(sorted(hubs)))
    after = homes(hubs - {gone}, spokes)
    assert {s: hub for s, hub in before.items() if hub != gone} == {s: after[s] for s, hub in before.items() if hub != gone}
    assert gone not in after.values()


@given(hub_names, spoke_names)
def test_a_spoke_that_comes_moves_nobody(hubs, spokes):
    before = homes(hubs, spokes)
    after = homes(hubs, spokes | {"another"})
    assert {spoke: after[spoke] for spoke in spokes} == before


def test_spokes_spread():
    spread = Counter(homes(["hub0", "hub1", "hub2"], [f"spoke{n}" for n in range(300)]).values())
    assert set(spread) == {"hub0", "hub1", "hub2"}
    assert min(spread.values()) > 70
