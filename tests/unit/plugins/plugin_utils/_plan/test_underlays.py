# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints on several underlays, from the inventory to peers."""

# ruff: noqa: E501, ISC004 - the messages are a table, whole and one to a line

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import documents as documents_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import lint
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import picture_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.clients import client_config
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.firewall import firewalls
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers, peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import can_link
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Registry,
    merge,
    parse_registry,
    render_registry,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import TOPOLOGIES, graph_of
from ansible_collections.meshwork.wireguard.tests.unit.plugins.plugin_utils._plan.test_plan import documents, plan
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BOTH = {"endpoints": {"ipv4": "203.0.113.20", "ipv6": "2001:db8::20"}}
ONLY_V4, ONLY_V6 = {"underlays": ["ipv4"]}, {"underlays": ["ipv6"]}


def document(topology="mesh", links=(), **nodes):
    whole = {
        name: {"public_key": key(name), "addresses": [f"10.8.0.{number}"], **values}
        for number, (name, values) in enumerate(nodes.items(), start=1)
    }
    return {"prefixes": ["10.8.0.0/24"], "topology": topology, "links": list(links), "nodes": whole}


def dialled(planned):
    """Node -> peer -> endpoint."""
    network = network_from_dict(planned)
    return {name: {peer.name: peer.endpoint for peer in peers_of(network, name)} for name in network.nodes}


def test_an_inventory_with_two_endpoints():
    """Those who can use one of them dial it; nobody needs both."""
    hosts = {
        "hub": {"wireguard_endpoints": BOTH["endpoints"], "wireguard_public_key": key("hub")},
        "old": {"wireguard_underlays": ["ipv4"], "wireguard_public_key": key("old")},
        "v6only": {"wireguard_underlays": ["ipv6"], "wireguard_public_key": key("v6only")},
    }
    whole = {
        name: {**values, "wireguard_prefixes": ["10.8.0.0/24"], "wireguard_topology": "star"} for name, values in hosts.items()
    }
    whole["hub"]["wireguard_hub"] = True
    (planned,) = documents_of(Inventory(whole, {"wireguard": list(whole)}, {}), whole).values()
    for number, node in enumerate(planned["nodes"].values(), start=1):
        node["addresses"] = [f"10.8.0.{number}"]
    assert dialled(planned) == {
        "hub": {"old": None, "v6only": None},
        "old": {"hub": "203.0.113.20:51820"},
        "v6only": {"hub": "[2001:db8::20]:51820"},
    }
    assert [finding.code for finding in lint([planned])] == ["no-endpoint"]


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        pytest.param(
            document(a=BOTH, b={"endpoint": "203.0.113.21", "underlays": ["ipv6", "ipv4"]}),
            {"a": {"b": "203.0.113.21:51820"}, "b": {"a": "[2001:db8::20]:51820"}},
            id="the preferred one of both",
        ),
        pytest.param(
            document(a={"endpoints": {"ipv6": "2001:db8::1"}, **ONLY_V6}, b={"endpoints": {"ipv4": "203.0.113.2"}, "underlays": ["ipv6", "ipv4"]}),
            {"a": {"b": None}, "b": {"a": "[2001:db8::1]:51820"}},
            id="only one end can dial",
        ),
        pytest.param(
            document(
                "sites",
                a={"site": "fra", "gateway": True, "endpoints": {"lan": "10.0.0.1", "ipv4": "203.0.113.1"}},
                b={"site": "fra"},
                c={"site": "nue", "gateway": True, "underlays": ["ipv4"]},
            ),
            {
                "a": {"b": None, "c": None},
                "b": {"a": "10.0.0.1:51820"},
                "c": {"a": "203.0.113.1:51820"},
            },
            id="lan inside a site",
        ),
        pytest.param(
            document(
                "sites",
                a={"site": "fra", "gateway": True, "endpoints": {"lan": "10.0.0.1"}, "endpoint": "203.0.113.1"},
                b={"site": "fra", "underlays": ["lan"]},
                c={"site": "fra", "underlays": ["ipv4"], "endpoints": {"ipv4": "203.0.113.3"}},
            ),
            {
                "a": {"b": None, "c": "203.0.113.3:51820"},
                "b": {"a": "10.0.0.1:51820"},
                "c": {"a": "203.0.113.1:51820"},
            },
            id="two nodes of a site without a common underlay",
        ),
        pytest.param(
            document("star", h={"hub": True, **BOTH}, i={"hub": True, "endpoints": {"ipv6": "2001:db8::21"}}, a=ONLY_V4, b=ONLY_V4),
            {
                "h": {"a": None, "b": None, "i": "[2001:db8::21]:51820"},
                "i": {"h": "203.0.113.20:51820"},
                "a": {"h": "203.0.113.20:51820"},
                "b": {"h": "203.0.113.20:51820"},
            },
            id="spokes go to the hub that they can dial",
        ),
    ],
)  # fmt: skip
def test_who_dials_whom(planned, expected):
    assert dialled(planned) == expected


APART = "neither can dial the other, a (has endpoints on ipv4 and dials on ipv4) and b (has endpoints on ipv6 and dials on ipv6)"
REMEDY = "correct wireguard_underlays, or give one of them an endpoint on an underlay of the other (wireguard_endpoints)"
A, B = {"endpoints": {"ipv4": "203.0.113.1"}, **ONLY_V4}, {"endpoints": {"ipv6": "2001:db8::2"}, **ONLY_V6}


@pytest.mark.parametrize(
    ("planned", "code", "message"),
    [
        (
            document(a=A, b=B), "unreachable",
            f"nodes a and b cannot reach each other: {APART}; {REMEDY}, or link both to a forwarding node",
        ),
        (
            document("sites", a={**A, "site": "x"}, b={**B, "site": "x"}), "unreachable",
            f"nodes a and b cannot reach each other: {APART}; {REMEDY}, or link both to a forwarding node",
        ),
        (document("custom", [["a", "b"]], a=A, b=B), "undialable-link", f"the link a - b of network wireguard: {APART}; {REMEDY}"),
        (document("chain", a=A, b=B), "undialable-link", f"network wireguard: neighbours in the chain: {APART}; {REMEDY}"),
        (document("star", b={"hub": True, **B}, a=A), "undialable-link", f"node a and hub b: {APART}; {REMEDY}"),
        (
            document(a=A, b=B, c={"endpoint": "203.0.113.3"}), "forwarding-off",
            "nodes a and b cannot reach each other: c between them does not forward; let it forward (wireguard_forward: true on c), "
            "or give a or b an endpoint that the other can dial (wireguard_endpoint)",
        ),
        (
            {**document("star", a={"hub": True, **BOTH}, b={"hub": True, "endpoints": {"ipv4": "203.0.113.2"}}, c=ONLY_V6),
             "failover": "bgp"},
            "bgp",
            "node b: all nodes are linked to all hubs, but c cannot dial it on any of their underlays; correct "
            "wireguard_underlays, or give the hub more wireguard_endpoints",
        ),
        (
            document(a={"endpoints": {"lan": "10.0.0.1", "ipv4": "203.0.113.1"}}, b={"endpoint": "203.0.113.2"}), "no-site",
            "node a: has a site endpoint but no site, so no node dials it at 10.0.0.1:51820; set wireguard_site, or remove lan from "
            "wireguard_endpoints",
        ),
        (
            document(a=BOTH, b={"underlays": ["ipv5", "ipv4"]}), "no-effect",
            "node b: no node has underlay ipv5 of its wireguard_underlays in wireguard_endpoints; correct the name, or give other "
            "nodes an endpoint there",
        ),
        (
            document(a={"port": 0, "endpoints": {"ipv4": "203.0.113.1:5"}}, b={}), "port-zero",
            "node a: has an endpoint, but no fixed port; set wireguard_port to 1 to 65535",
        ),
        (
            document(a={"endpoints": {"ipv4": "203.0.113.1", "ipv6": "2001:db8::1"}, "routes": ["2001:db8::/64"]}, b={}),
            "endpoint-in-route",
            "node a: its route 2001:db8::/64 contains its endpoint [2001:db8::1]:51820, so packets to it would go into the tunnel; "
            "narrow the route so that the endpoint is outside",
        ),
    ],
)  # fmt: skip
def test_findings(planned, code, message):
    assert [str(finding) for finding in lint([planned]) if finding.code == code] == [message]


SHARED = "is already a's; give one of them another port (wireguard_port)"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"endpoints": {"ipv4": "203.0.113.1"}}, {"endpoints": {"ipv4": "203.0.113.1"}}, ["203.0.113.1:51820 on ipv4"]),
        ({"endpoints": {"ipv4": "203.0.113.1"}}, {"endpoint": "203.0.113.1"}, ["203.0.113.1:51820"]),
        ({"endpoint": "203.0.113.1", "endpoints": {"ipv4": "203.0.113.1"}}, {"endpoint": "203.0.113.1"}, ["203.0.113.1:51820"]),
        ({"endpoints": {"ipv4": "203.0.113.1:5"}}, {"endpoints": {"ipv4": "203.0.113.1:6"}}, []),
        # Private addresses of two carriers may be equal, and so may LANs.
        ({"endpoints": {"one": "10.0.0.1"}}, {"endpoints": {"two": "10.0.0.1"}}, []),
        ({"endpoints": {"lan": "10.0.0.1"}, "site": "x"}, {"endpoints": {"lan": "10.0.0.1"}, "site": "y"}, []),
        ({"endpoints": {"lan": "10.0.0.1"}, "site": "x"}, {"endpoint": "10.0.0.1", "site": "x"}, []),
    ],
)
def test_two_nodes_behind_one_address(a, b, expected):
    found = [str(finding) for finding in lint([document(a=a, b=b)]) if finding.code == "shared-endpoint"]
    assert found == [f"node b: endpoint {text} {SHARED}" for text in expected]


def test_one_site_endpoint_of_two_nodes():
    near = {"endpoints": {"lan": "10.0.0.1"}, "site": "x"}
    (found,) = (str(finding) for finding in lint([document(a=near, b=near)]) if finding.code == "shared-endpoint")
    assert found == f"node b: site endpoint 10.0.0.1:51820 of site x {SHARED}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"endpoint": ["203.0.113.20", "2001:db8::20"]},
            "node a.endpoint: must be one text; give several as wireguard_endpoints: {ipv4: ..., ipv6: ...}",
        ),
        (
            {"endpoint": {"ipv4": "203.0.113.20"}},
            "node a.endpoint: must be one text; give several as wireguard_endpoints: {ipv4: ..., ipv6: ...}",
        ),
        (
            {"endpoints": ["203.0.113.20", "2001:db8::20"]},
            "node a.endpoints: must be a mapping from underlays to endpoints, like {ipv4: 203.0.113.1, ipv6: '2001:db8::1'}",
        ),
        ({"endpoints": {"ipv4": ["203.0.113.20"]}}, "node a.endpoints.ipv4: must be text"),
        (
            {"endpoints": {"ipv4": "203.0.113.20:x"}},
            "node a: endpoints.ipv4: 'x' is not a port (0 to 65535)",
        ),
        (
            {"endpoints": {"my lan": "10.0.0.1"}, "underlays": ["my lan"]},
            "\n".join(
                f"node a.{where}: 'my lan' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"
                for where in ("endpoints", "underlays[0]")
            ),
        ),
        (
            {"site_endpoint": "10.0.0.1", "endpoints": {"lan": "10.0.0.2"}},
            "node a: site_endpoint is 10.0.0.1:51820, but endpoints.lan is 10.0.0.2:51820; they are one endpoint; remove one of them",
        ),
        (
            {"endpoint": "203.0.113.1", "endpoints": {"ipv4": "203.0.113.2"}},
            "node a: endpoint is 203.0.113.1:51820, but endpoints.ipv4 is 203.0.113.2:51820; they are one endpoint; remove one of them",
        ),
        (
            {"endpoints": {"ipv4": "2001:db8::1", "ipv6": "203.0.113.1"}},
            "node a: endpoints.ipv4: [2001:db8::1]:51820 is an address of ipv6; correct it, or name it ipv6\n"
            "node a: endpoints.ipv6: 203.0.113.1:51820 is an address of ipv4; correct it, or name it ipv4",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(values, message):
    with pytest.raises(PlanError) as refused:
        network_from_dict(document(a=values))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "values",
    [
        {"endpoint": "203.0.113.1", "endpoints": {"ipv4": "203.0.113.1:51820"}},
        {"endpoint": "203.0.113.1", "endpoints": {"ipv6": "2001:db8::1"}},
        {"endpoint": "vpn.example.org", "endpoints": {"ipv4": "203.0.113.1"}},
        {"site": "x", "site_endpoint": "10.0.0.1", "endpoints": {"lan": "10.0.0.1:51820"}},
    ],
)
def test_both_forms_side_by_side(values):
    network = network_from_dict(document(a=values))
    assert network_from_dict(json.loads(json.dumps(network_to_dict(network)))) == network


def test_everything_that_depends_on_being_dialled():
    """The firewall opens the port, a client listens, and pictures show who is dialled, and where."""
    nodes = {"a": {"site": "x", "endpoints": {"lan": "10.0.0.1"}}, "b": {"site": "x"}, "c": BOTH}
    network = network_from_dict(document(**nodes))
    assert [found["ports"] for name in "abc" for found in firewalls([network], name)] == [[51820], [], [51820]]
    ports = {name: client_config(network, name, None, Preshared()).port for name in "abc"}
    assert ports == {"a": 51820, "b": None, "c": 51820}
    assert {(line.a, line.b): (line.label, line.dialled) for line in picture_of(graph_of(network)).lines} == {
        ("a", "b"): ("site", ("a",)), ("a", "c"): ("", ("c",)), ("b", "c"): ("", ("c",)),
    }  # fmt: skip


def test_spokes_under_bgp_dial_hubs_where_they_can():
    nodes = {"h": {"hub": True, **BOTH}, "i": {"hub": True, "endpoint": "203.0.113.21"}, "a": ONLY_V6}
    network = network_from_dict({**document("star", **nodes), "failover": "bgp"})
    found = {entry["name"]: entry["config"]["peers"][0]["endpoint"] for entry in interfaces_of([network], "a")}
    assert found == {"wg0-h": "[2001:db8::20]:51820", "wg0-i": "203.0.113.21:51820"}


def test_a_departed_node_stays_dialled_as_it_was():
    """The order of its endpoints is kept, and so are the underlays that decide who dials it."""
    gone = {"endpoints": {"ipv6": "2001:db8::9", "ipv4": "203.0.113.9"}, "underlays": ["ipv6"]}
    stays = {"endpoints": {"ipv4": "203.0.113.1"}}
    whole = network_from_dict(document(a=stays, z=gone))
    before = merge(whole, Registry(), {}, prune=False, remember=True)
    text = render_registry("wireguard", before.registry)
    after = merge(network_from_dict(document(a=stays)), parse_registry(text, "here"), {}, prune=False, remember=True)
    assert peers_of(after.network, "a") == peers_of(whole, "a")
    assert peers_of(whole, "a")[0].endpoint == "[2001:db8::9]:51820"
    assert render_registry("wireguard", after.registry) == text


# -- properties --------------------------------------------------------------------------------------------------------

underlays = st.lists(st.sampled_from(["lan", "ipv4", "ipv6", "carrier"]), unique=True, max_size=3)


@st.composite
def several_underlays(draw, topologies=tuple(TOPOLOGIES)):
    """A drawn network whose nodes are on drawn underlays."""
    drawn = draw(documents(topologies=topologies))
    for number, node in enumerate(drawn["nodes"].values(), start=1):
        texts = {
            "lan": f"10.0.0.{number}",
            "ipv4": f"198.18.0.{number}",
            "ipv6": f"2001:db8::{number}",
            "carrier": f"100.64.0.{number}",
        }
        for short in ("endpoint", "site_endpoint"):
            if draw(st.booleans()):
                node.pop(short, None)
        taken = {"lan"} if "site_endpoint" in node else set()
        node["endpoints"] = {name: texts[name] for name in draw(underlays) if name not in taken}
        node["underlays"] = draw(underlays) if draw(st.integers(0, 2)) == 0 else []
    return drawn


@given(several_underlays())
def test_one_end_of_every_link_dials_the_other_at_an_underlay_that_it_may_use(drawn):
    network, graph = plan(drawn)
    peers = None if graph is None else Peers(graph)
    for name, node in network.nodes.items() if peers else ():
        there = {peer.name: peer.endpoint for peer in peers.of(name)}
        assert list(there) == list(graph.neighbours(name))
        for other, endpoint in there.items():
            assert name in graph.neighbours(other)
            assert endpoint or network.nodes[name].endpoint_from(network.nodes[other])
            if endpoint:
                allowed = {key for key, text in network.nodes[other].dialled_at.items() if text == endpoint}
                near = node.site is not None and node.site == network.nodes[other].site
                usable = set(node.underlays) or {"", "lan", "ipv4", "ipv6", "carrier"}
                assert (allowed & usable) - (set() if near else {"lan"}) or ("" in allowed and usable - {"lan"})


@given(several_underlays())
def test_meshes_leave_out_only_what_cannot_be_dialled(drawn):
    network, graph = plan({**drawn, "topology": "mesh", "links": []})
    for name, node in network.nodes.items() if graph is not None else ():
        assert set(graph.neighbours(name)) == {o for o, other in network.nodes.items() if o != name and can_link(node, other)}


@given(documents())
def test_without_underlays_a_node_is_dialled_as_the_two_short_keys_say(drawn):
    network, graph = plan(drawn)
    peers = None if graph is None else Peers(graph)
    for name, node in network.nodes.items() if peers else ():
        for peer in peers.of(name):
            other = network.nodes[peer.name]
            near = other.site_endpoint if node.site and node.site == other.site else None
            assert peer.endpoint == (near or other.endpoint)


@given(documents())
def test_the_long_form_means_the_same_as_the_short_one(drawn):
    long = json.loads(json.dumps(drawn))
    for node in long["nodes"].values():
        found = {"lan": node.pop("site_endpoint", None), "ipv4": node.pop("endpoint", None)}
        node["endpoints"] = {name: text for name, text in found.items() if text}
    (short_network, short), (long_network, graph) = plan(drawn), plan(long)
    assert (short is None) is (graph is None)
    for name in short_network.nodes if short else ():
        assert Peers(short).of(name) == Peers(graph).of(name)
        assert bool(short_network.nodes[name].dialled_at) is bool(long_network.nodes[name].dialled_at)


@pytest.mark.parametrize("topology", sorted(TOPOLOGIES))
def test_the_drawn_networks_are_of_every_topology(topology):
    """Or the properties above would hold for nothing."""
    seen = []

    @settings(database=None, derandomize=True, max_examples=100)
    @given(several_underlays((topology,)))
    def look(drawn):
        network, graph = plan(drawn)
        if graph is not None and sum(bool(node.underlays) for node in network.nodes.values()) > 1:
            seen.extend(name for name in network.nodes if len(graph.neighbours(name)) > 1)

    look()
    assert len(seen) > 5
