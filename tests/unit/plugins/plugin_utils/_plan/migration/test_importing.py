# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import config_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.found import Found
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import ALL, Imports, imported
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import ERROR, PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key, shorthand

A, B, C, PHONE = (key(name) for name in ("a", "b", "c", "phone"))
ENDPOINTS = {A: "203.0.113.1:51820", B: "203.0.113.2:51820"}


def config(address, *peers, **values):
    return Config(addresses=(address,), **{"port": 51820, **values}, peers=peers)


def to(public, *prefixes, **values):
    return Peer(public, allowed_ips=prefixes, **{"endpoint": ENDPOINTS.get(public), **values})


PAIR = [
    Found("a", "wg0", A, config("10.8.0.1/24", to(B, "10.8.0.2/32")), 1420),
    Found("b", "wg0", B, config("10.8.0.2/24", to(A, "10.8.0.1/32")), 1420),
]
HUB = [
    Found("a", "wg0", A, config("10.8.0.1/24", to(B, "10.8.0.2/32"), to(C, "10.8.0.3/32", "172.20.3.0/24")), 1420),
    Found("b", "wg0", B, config("10.8.0.2/24", to(A, "10.8.0.0/24", "172.20.3.0/24")), 1420),
    Found("c", "wg0", C, config("10.8.0.3/24", to(A, "10.8.0.0/24", keepalive=25)), 1420),
]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"host": "a b"}, "host: 'a b' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"),
        (
            {"host": "../a"},
            ("host: '../a' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"),
        ),
        (
            {"host": "a\u2028b"},
            ("host: 'a\\u2028b' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"),
        ),
        ({"interface": "all"}, "host a: interface: 'all' has another meaning for wg, ip, systemd or Linux; choose another name"),
    ],
)
def test_names_that_no_inventory_may_have(values, message):
    assert imported([replace(PAIR[0], **values)]) == Imports(problems=(f"{message}; rename it before importing",))


def documents(found, name="wireguard"):
    return [network_to_dict(item.network) for item in imported(found, name, [ALL]).networks]


def differences(found):
    return [
        {host: list(lines) for host, lines in item.differences.items() if lines}
        for item in imported(found, understand=[ALL]).networks
    ]


def changed(found, number, **values):
    return [replace(item, **values) if index == number else item for index, item in enumerate(found)]


def test_a_mesh():
    assert documents(PAIR, "vpn") == [
        {
            "version": 1, "name": "vpn", "interface": "wg0", "topology": "mesh", "prefixes": ["10.8.0.0/24"],
            "nodes": {
                "a": {"public_key": A, "addresses": ["10.8.0.1"], "endpoint": ENDPOINTS[A]},
                "b": {"public_key": B, "addresses": ["10.8.0.2"], "endpoint": ENDPOINTS[B]},
            },
        }
    ]  # fmt: skip


def test_a_star():
    (found,) = imported(HUB).networks
    assert (found.network.topology, found.distance, found.notes) == ("star", 0, ())
    assert network_to_dict(found.network)["nodes"] == {
        "a": {"public_key": A, "addresses": ["10.8.0.1"], "endpoint": ENDPOINTS[A], "hub": True},
        "b": {"public_key": B, "addresses": ["10.8.0.2"], "endpoint": ENDPOINTS[B]},
        "c": {"public_key": C, "addresses": ["10.8.0.3"], "routes": ["172.20.3.0/24"]},
    }


@pytest.mark.parametrize("topology", ["mesh", "ring", "chain"])
def test_a_topology_is_recognised(topology):
    """By its name, although every one can also be told by its links."""
    nodes = {
        name: {"public_key": key(name), "addresses": [f"10.8.0.{number}"], "endpoint": f"203.0.113.{number}"}
        for number, name in enumerate(("n1", "n2", "n3", "n4", "n5"), 1)
    }
    network = network_from_dict({"prefixes": ["10.8.0.0/24"], "topology": topology, "nodes": nodes})
    peers = Peers(graph_of(network))
    found = [Found(name, "wg0", node.public_key, config_of(peers, node), 1420) for name, node in network.nodes.items()]
    (made,) = imported(found).networks
    assert (made.network.topology, made.network.links, made.distance) == (topology, (), 0)


def test_two_networks_of_a_host():
    other = [
        Found("a", "wg1", key("a1"), config("10.9.0.1/24", to(C, "10.9.0.3/32"), port=1)),
        Found("c", "wg1", C, config("10.9.0.3/24", to(key("a1"), "10.9.0.1/32", endpoint="203.0.113.1:1"))),
    ]
    assert [(one["name"], one["interface"], list(one["nodes"])) for one in documents([*other, *PAIR])] == [
        ("wireguard_wg0", "wg0", ["a", "b"]),
        ("wireguard_wg1", "wg1", ["a", "c"]),
    ]


def test_peers_that_no_host_is():
    phone = replace(to(PHONE, "10.8.0.9/32", "172.20.9.0/24"), name="Anna's phone", preshared_key=key("shared"))
    nameless = to(C, "10.8.0.8/32")
    (found,) = imported([Found("a", "wg0", A, config("10.8.0.1/24", phone, nameless))]).networks
    nodes = network_to_dict(found.network)["nodes"]
    assert {name: node for name, node in nodes.items() if name != "a"} == {
        "Anna-s-phone": {"public_key": PHONE, "addresses": ["10.8.0.9"], "routes": ["172.20.9.0/24"], "managed": False},
        f"peer-{shorthand('c')[:8].replace('+', '').lower()}": {"public_key": C, "addresses": ["10.8.0.8"], "managed": False},
    }
    assert nodes["a"]["endpoint"] == "a:51820"
    assert found.notes == ("a: has no known endpoint, so its name is used, a:51820; correct wireguard_endpoint",)
    assert found.preshared == {("Anna-s-phone", "a"): key("shared")}


def test_all_that_a_host_says_of_itself():
    hooks = Hooks(post_up=("true",))
    said = replace(PAIR[0].config, mtu=1300, table="off", fwmark=7, dns=("192.0.2.53",), hooks=hooks, port=1)
    peer = replace(PAIR[1].config, peers=(to(A, "10.8.0.1/32", endpoint="203.0.113.1:1", keepalive=15),))
    (document,) = documents(changed(changed(PAIR, 0, config=said), 1, config=peer, mtu=1400))
    assert document["nodes"] == {
        "a": {
            "public_key": A, "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1:1", "port": 1, "mtu": 1300, "table": "off",
            "fwmark": 7, "dns": ["192.0.2.53"], "hooks": {"post_up": ["true"]},
        },
        "b": {"public_key": B, "addresses": ["10.8.0.2"], "endpoint": ENDPOINTS[B], "keepalive": 15, "mtu": "auto"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (PAIR, {}),
        (changed(PAIR, 1, mtu=1420), {}),
        (changed(PAIR, 0, notes=("file: there is none",)), {"a": ["file: there is none"]}),
        (
            changed(PAIR, 0, config=replace(PAIR[0].config, save_config=True)),
            {"a": ["SaveConfig: true; the interface would overwrite the file when it stops"]},
        ),
        (changed(PAIR, 1, config=replace(PAIR[1].config, peers=())), {"b": ["peer a: is added"]}),
        (
            changed(HUB, 2, config=config("10.8.0.3/24", to(A, "10.8.0.1/32", keepalive=25))),
            {"c": ["peer a: AllowedIPs 10.8.0.1/32, planned 10.8.0.0/24"]},
        ),
        (
            changed(HUB, 2, interface="wg7"),
            {"c": ["interface wg7: differs from the name on most hosts, wg0; the host is not managed until it is renamed"]},
        ),
    ],
)
def test_what_a_network_does_not_catch_is_told(found, told):
    assert differences(found) == [told]


def test_a_host_with_another_interface_is_not_managed():
    (document,) = documents(changed(HUB, 2, interface="wg7"))
    assert document["nodes"]["c"] == {
        "public_key": C, "addresses": ["10.8.0.3"], "routes": ["172.20.3.0/24"], "managed": False,
    }  # fmt: skip


def test_hosts_that_share_a_key():
    found = imported([*PAIR, replace(PAIR[0], host="c")])
    assert (found.networks, [(one.found.host, one.why) for one in found.adopted]) == (
        (),
        [(host, ("several hosts have the same key; hosts of one node are not recognised",)) for host in "abc"],
    )


def kinds(found, understand=()):
    """What an import makes of interfaces: networks as their topologies and hosts, and the adopted interfaces."""
    made = imported(found, understand=understand)
    networks = [
        (one.network.topology, *sorted(n for n, node in one.network.nodes.items() if node.managed)) for one in made.networks
    ]
    return networks, [f"{one.found.host}/{one.found.interface}" for one in made.adopted]


STRANGE = to(key("x"), "10.8.0.99/32", "10.7.0.0/16")
FULL = to(A, "0.0.0.0/0", keepalive=25)
SPLIT = to(A, "10.8.0.0/24", keepalive=25)
CLIENTS = [
    Found("a", "wg0", A, config("10.8.0.1/24", to(B, "10.8.0.2/32", endpoint=None), to(C, "10.8.0.3/32"))),
    Found("b", "wg0", B, Config(addresses=("10.8.0.2/24",), peers=(FULL,))),
    Found("c", "wg0", C, Config(addresses=("10.8.0.3/24",), peers=(SPLIT,))),
]
EAST, WEST = (Peer(key(name), allowed_ips=("172.16.0.0/12",), endpoint=f"{name}.example.net:22550") for name in ("east", "west"))
PHONES = (Peer(PHONE, allowed_ips=("10.8.0.9/32",)), Peer(PHONE, allowed_ips=("10.9.0.9/32",)))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(PAIR, ([("mesh", "a", "b")], []), id="nothing would change"),
        pytest.param(
            changed(PAIR, 0, config=replace(PAIR[0].config, peers=(*PAIR[0].config.peers, STRANGE), table="off")),
            ([("star", "a", "b")], []),
            id="a stranger with a route",
        ),
        pytest.param(CLIENTS, ([], ["a/wg0", "b/wg0", "c/wg0"]), id="a full and a split client"),
        pytest.param(
            [Found("r", f"dn_{peer.endpoint[0]}", A, config("fe80::aa:1/64", peer, table="off")) for peer in (EAST, WEST)],
            ([], ["r/dn_e", "r/dn_w"]),
            id="one key on two interfaces",
        ),
        pytest.param(
            [
                Found("x", "wg0", A, config("10.8.0.1/24", PHONES[0])),
                Found("x", "wg1", B, config("10.9.0.1/24", PHONES[1], port=51821)),
            ],
            ([("mesh", "x"), ("mesh", "x")], []),
            id="one client on two interfaces",
        ),
        pytest.param(
            [Found("h", "wg0", A, Config(peers=(to(B, "172.20.0.0/14"),), hooks=Hooks(post_up=("ip address add ...",))))],
            ([], ["h/wg0"]),
            id="no address",
        ),
        pytest.param(
            [Found("h", "wg0", None, config("10.8.0.1/24", to(B, "10.8.0.2/32")))], ([], ["h/wg0"]), id="no private key"
        ),
        pytest.param(
            [Found("h", "wg0", A, config("10.9.0.1/30", *(to(key(str(n)), f"10.9.0.{n}/32") for n in range(2, 8))))],
            ([], ["h/wg0"]),
            id="more peers than addresses",
        ),
        pytest.param(
            [Found("h", "wg0", A, config("10.9.0.0/24", to(B, "10.9.0.1/32")))], ([], ["h/wg0"]), id="an end of the prefix"
        ),
        pytest.param(
            [Found("h", "wg0", A, config("10.9.0.2/32", to(B, "0.0.0.0/1", "128.0.0.0/1", endpoint="203.0.113.4:51820")))],
            ([], ["h/wg0"]),
            id="halves of the Internet with an endpoint in them",
        ),
        pytest.param(
            [Found("h", "wg0", A, Config(addresses=("10.9.0.2/32",), peers=(to(B, "10.9.0.0/24", endpoint="203.0.113.4:1"),)))],
            ([("star", "h")], []),
            id="a single address",
        ),
    ],
)
def test_levels(found, expected):
    assert kinds(found) == expected


def test_a_full_and_a_split_client_stay_what_they_are():
    (found,) = imported(CLIENTS, understand=["wg0"]).networks
    nodes = network_to_dict(found.network)["nodes"]
    assert {name: (node.get("allowed_ips"), node.get("exit"), node.get("routes")) for name, node in nodes.items()} == {
        "a": (None, None, None), "b": (["0.0.0.0/0"], "a", None), "c": (None, None, None),
    }  # fmt: skip
    assert {host: list(lines) for host, lines in found.differences.items() if lines} == {
        "b": ["peer a: AllowedIPs 0.0.0.0/0, planned 0.0.0.0/0, 10.8.0.0/24"]
    }


def test_peers_that_carry_nothing_are_no_links():
    server = config("10.8.0.1/24", to(B, "10.8.0.2/32", endpoint=None), to(C, "10.8.0.3/32"))
    clients = {
        "b": (B, "10.8.0.2/24", C),
        "c": (C, "10.8.0.3/24", B),
    }
    found = [Found("a", "wg0", A, server)]
    for host, (own, address, other) in clients.items():
        peers = (to(A, "10.8.0.0/24", keepalive=25), Peer(other))
        found.append(Found(host, "wg0", own, Config(addresses=(address,), peers=peers)))
    assert kinds(found, [ALL]) == ([("star", "a", "b", "c")], [])
    (made,) = imported(found, understand=[ALL]).networks
    assert {name: node.endpoint for name, node in made.network.nodes.items()} == {"a": ENDPOINTS[A], "b": None, "c": None}


def test_a_preshared_key_on_one_side_is_told_and_not_given_to_the_other():
    secret = replace(HUB[0].config.peers[0], preshared_key=key("shared"))
    found = changed(HUB, 0, config=replace(HUB[0].config, peers=(secret, *HUB[0].config.peers[1:])))
    (made,) = imported(found, understand=[ALL]).networks
    dead = "the preshared key differs from the other end's, so the link is dead; none is imported"
    assert (dict(made.preshared), made.differences["a"], made.differences["b"]) == (
        {}, (f"peer b: {dead}",), (f"peer a: {dead}",),
    )  # fmt: skip


def test_the_own_key_as_a_peer_is_left_out():
    own = changed(PAIR, 0, config=replace(PAIR[0].config, peers=(to(A, "10.8.0.1/32", endpoint=None), *PAIR[0].config.peers)))
    (made,) = imported(own, understand=[ALL]).networks
    assert made.differences["a"] == ("peer with its own key: is left out, as WireGuard leaves it out",)


def test_interfaces_without_addresses_stay_so():
    found = [
        Found("a", "wg0", A, Config(port=51820, peers=(to(B, "10.17.0.2/32"),))),
        Found("b", "wg0", B, Config(port=51820, peers=(to(A, "10.17.0.1/32"),))),
    ]
    assert imported(found).networks == ()
    (made,) = imported(found, understand=[ALL]).networks
    nodes = made.network.nodes
    assert {name: (node.numbered, node.addresses, node.routes) for name, node in nodes.items()} == {
        "a": (False, (), ("10.17.0.1/32",)),
        "b": (False, (), ("10.17.0.2/32",)),
    }
    assert made.differences == dict.fromkeys("ab", ("addresses: it has none; a run removes those that something else sets",))


def test_a_server_without_an_address_is_understood():
    """Its host has the clients' addresses behind the interface, and none of its own."""
    clients = [to(key(name), f"10.17.0.{number}/32") for number, name in enumerate(("phone", "laptop"), 2)]
    (made,) = imported([Found("gw", "wg0", A, Config(port=51820, peers=tuple(clients)))], understand=["wg0"]).networks
    text = network_to_dict(made.network)
    assert text["nodes"]["gw"]["addresses"] == "none"
    assert {name: node.addresses for name, node in network_from_dict(text).nodes.items() if name != "gw"} == {
        node.name: node.addresses for node in made.network.nodes.values() if node.name != "gw"
    }
    assert list(made.differences.values()) == [("addresses: it has none; a run removes those that something else sets",)]


def test_nothing_found():
    assert imported([]) == Imports()


@st.composite
def planned(draw):
    """A sound network and the configurations of its nodes."""
    names = [f"n{number}" for number in range(draw(st.integers(2, 7)))]
    topology = draw(st.sampled_from(["mesh", "star", "ring", "chain"]))
    prefixes = ["10.8.0.0/24", *(["fd00:8::/64"] if draw(st.booleans()) else [])]
    nodes = {}
    for number, name in enumerate(names):
        values = {"public_key": key(name), "addresses": [f"10.8.0.{number + 1}", f"fd00:8::{number + 1}"][: len(prefixes)]}
        if number == 0 or draw(st.integers(0, 3)):
            values["endpoint"] = f"203.0.113.{number + 1}"
        if draw(st.integers(0, 2)) == 0:
            values["routes"] = [f"172.20.{2 * number + 1}.0/24"]
        options = {"mtu": 1300, "keepalive": 15, "hooks": {"post_up": ["true"]}, "dns": ["192.0.2.53"]}
        nodes[name] = {**values, **{option: options[option] for option in draw(st.sets(st.sampled_from(sorted(options))))}}
    if topology == "star":
        nodes["n0"]["hub"] = True
    isolated = {"isolate_spokes": True} if topology == "star" and draw(st.booleans()) else {}
    try:
        network = network_from_dict({"prefixes": prefixes, "topology": topology, "nodes": nodes, **isolated})
        assume(not any(finding.severity == ERROR for finding in network_findings([network])))
    except PlanError:
        assume(False)
    peers = Peers(graph_of(network))
    return network, {name: config_of(peers, node) for name, node in network.nodes.items()}


@given(planned())
def test_what_is_planned_is_recognised_whole(plan):
    network, configs = plan
    found = imported([Found(name, "wg0", network.nodes[name].public_key, one) for name, one in configs.items()]).networks
    assert [item.distance for item in found] == [0]
    assert set(found[0].network.nodes) == set(network.nodes)
    assert {name: node.routes for name, node in found[0].network.nodes.items()} == {
        name: node.routes for name, node in network.nodes.items()
    }
