# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Link, Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import TOPOLOGIES, graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

SEEN = {"endpoint": "203.0.113.1:51820"}


def network(topology, links=(), groups=None, **nodes):
    whole = {n: Node(n, **values) for n, values in sorted(nodes.items())}
    pairs = tuple(link if isinstance(link, Link) else Link(*link) for link in links)
    members = {name: tuple(found) for name, found in (groups or {}).items()}
    return Network(nodes=whole, topology=topology, links=pairs, groups=members)


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
        # Sites: all nodes of a site, and the gateways of all sites; a node without a site is linked to the gateways.
        (
            network("sites", **{n: {"site": "x", "site_endpoint": "10.0.0.1:1"} for n in "ab"},
                    c={"site": "x", "gateway": True, **SEEN}, d={"site": "y", "gateway": True},
                    e={"site": "y", "site_endpoint": "10.0.0.2:1"}, f={}),
            ["ab", "ac", "bc", "cd", "cf", "de"], "cd",
        ),
        (network("sites", a={"site": "x", "site_endpoint": "10.0.0.1:1"}, b={"site": "x"}, c={"site": "x"}), ["ab", "ac"], ""),
        (network("mesh", a=SEEN, b={"site": "x", "site_endpoint": "10.0.0.1:1"}, c={"site": "x"}, d={"site": "y"}),
         ["ab", "ac", "ad", "bc"], ""),
        (network("ring", **dict.fromkeys("abcd", SEEN)), ["ab", "ad", "bc", "cd"], "abcd"),
        (network("ring", a=SEEN, b={}), ["ab"], "ab"),
        (network("chain", **dict.fromkeys("abcd", SEEN)), ["ab", "bc", "cd"], "bc"),
        (network("tree", a=SEEN, b={**SEEN, "home": "a"}, c={"home": "b"}, d={"home": "a"}), ["ab", "ad", "bc"], "ab"),
        (network("custom", a=SEEN, b=SEEN), [], ""),
        (network("custom", links=["ab", "bc"], a=SEEN, b=SEEN, c=SEEN), ["ab", "bc"], ""),
        (network("custom", links=["xx"], groups={"x": "abc"}, a=SEEN, b={}, c={}), ["ab", "ac"], ""),
        (network("custom", links=["xa", "xx", "yy"], groups={"x": "ab", "y": "c"}, a=SEEN, b={}, c={}), ["ab"], ""),
        (network("custom", links=["xc"], groups={"x": "ab"}, a=SEEN, b={}, c={"forward": True}), ["ac"], "c"),
        (network("mesh", links=[Link("a", "b", exclude=True)], **dict.fromkeys("abc", SEEN)), ["ac", "bc"], ""),
        (network("mesh", links=[Link("a", "b", exclude=True), Link("a", "b")], **dict.fromkeys("ab", SEEN)), ["ab"], ""),
        (network("star", links=["ab"], h={**SEEN, "hub": True}, a=SEEN, b={}), ["ab", "ah", "bh"], "h"),
    ],
)  # fmt: skip
def test_links(net, expected, forwarders):
    assert links(net) == expected
    assert graph_of(net).forwarders == frozenset(forwarders)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            network("bush", a={}),
            f"network wireguard: unknown topology 'bush'; known are {', '.join(sorted(TOPOLOGIES))}",
        ),
        (
            network("tree", a=SEEN, b=SEEN),
            (
                "network wireguard: in a tree, every node except the root has a parent, but here a, b have none; set "
                "wireguard_home on all nodes but one"
            ),
        ),
        (
            network("tree", a=SEEN, b={"home": "x"}),
            "node b: its parent 'x' is not another node of network wireguard; correct wireguard_home",
        ),
        (
            network("chain", a={}, b={}),
            (
                "network wireguard: neighbours in the chain: neither a nor b can be dialled; give one of them an endpoint "
                "(wireguard_endpoint)"
            ),
        ),
        *(
            (
                network("mesh", links=[link], groups={"a": "b", "x": "a"}, a=SEEN, b=SEEN),
                "network wireguard: a link is between a and itself; correct wireguard_links",
            )
            for link in (Link("a", "a"), Link("a", "a", weight=5), Link("a", "a", exclude=True))
        ),
        (
            network("star", a=SEEN, b={}),
            "network wireguard: a star needs at least one hub; set wireguard_hub: true on a node",
        ),
        (
            network("star", h={**SEEN, "hub": True}, a={"home": "x"}),
            (
                "node a: its primary hub 'x' is not a hub of network wireguard; correct wireguard_home, or set "
                "wireguard_hub: true on that node"
            ),
        ),
        (
            network("star", h={**SEEN, "hub": True}, a={"home": "b"}, b={}),
            (
                "node a: its primary hub 'b' is not a hub of network wireguard; correct wireguard_home, or set "
                "wireguard_hub: true on that node"
            ),
        ),
        (
            network("star", h={"hub": True}, a={}),
            "node a: neither it nor hub h has an endpoint; give the hub one (wireguard_endpoint)",
        ),
        (
            network("star", h={**SEEN, "hub": True}, i={"hub": True}, a={"home": "i"}),
            "node a: neither it nor hub i has an endpoint; give the hub one (wireguard_endpoint)",
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


def test_numbers_in_names_count_by_their_value():
    net = network("chain", **dict.fromkeys(("n1", "n2", "n10"), SEEN))
    assert graph_of(net).neighbours("n2") == ("n1", "n10")
    assert links(network("chain", **dict.fromkeys(("alpha", "b", "z"), SEEN))) == ["alphab", "bz"]


def test_weights():
    graph = graph_of(network("mesh", links=[Link("a", "b", weight=5)], **dict.fromkeys("abc", SEEN)))
    assert (graph.weight("a", "b"), graph.weight("b", "a"), graph.weight("a", "c")) == (5, 5, 1)


def test_isolated_spokes():
    net = network("star", h={**SEEN, "hub": True}, a={}, b={})
    assert graph_of(net).isolated == frozenset()
    assert graph_of(replace(net, isolate_spokes=True)).isolated == frozenset("ab")
