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
    Found("a", "wg0", A, config("10.8.0.1/24", to(B, "10.8.0.2/32"))),
    Found("b", "wg0", B, config("10.8.0.2/24", to(A, "10.8.0.1/32"))),
]
HUB = [
    Found("a", "wg0", A, config("10.8.0.1/24", to(B, "10.8.0.2/32"), to(C, "10.8.0.3/32", "172.20.3.0/24"))),
    Found("b", "wg0", B, config("10.8.0.2/24", to(A, "10.8.0.0/24", "172.20.3.0/24"))),
    Found("c", "wg0", C, config("10.8.0.3/24", to(A, "10.8.0.0/24", keepalive=25))),
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
            "name": "vpn", "interface": "wg0", "topology": "mesh", "prefixes": ["10.8.0.0/24"],
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


def test_two_networks_of_a_host():
    other = [
        Found("a", "wg1", key("a1"), config("10.9.0.1/24", to(C, "10.9.0.3/32"), port=1)),
        Found("c", "wg1", C, config("10.9.0.3/24", to(key("a1"), "10.9.0.1/32", endpoint="203.0.113.1:1"))),
    ]
    assert [(one["name"], one["interface"], list(one["nodes"])) for one in documents([*other, *PAIR])] == [
        ("wireguard", "wg0", ["a", "b"]),
        ("wireguard-wg1", "wg1", ["a", "c"]),
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
        "b": {"public_key": B, "addresses": ["10.8.0.2"], "endpoint": ENDPOINTS[B], "keepalive": 15, "mtu": 1400},
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
