# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS, Hooks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
    node_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document_keys import NODE_KEYS
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Floating, Link, Network, Node
from ansible_collections.meshwork.wireguard.tests.unit.strategies import commands, ips, keys, names
from ansible_collections.meshwork.wireguard.tests.unit.support import key

PREFIXES = ["10.8.0.0/24"]
NOT_A_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"
FORM = "(host:port, IPv6 as [address]:port)"


def network(**values):
    return network_from_dict({"prefixes": PREFIXES, "nodes": {"alpha": {}}, **values})


def test_defaults():
    assert network() == Network(
        nodes={
            "alpha": Node(
                name="alpha", public_key=None, addresses=(), endpoint=None, site=None, site_endpoint=None, routes=(), hub=False,
                home=None, gateway=False, forward=False, port=51820, keepalive=None, mtu=None, underlay_mtu=1500, table="auto",
                fwmark=None, dns=(), hooks=NO_HOOKS, hosts=("alpha",), vrrp_addresses={}, floating=(),
                management=None, managed=True,
            )
        },
        name="wireguard",
        interface="wg0",
        topology="mesh",
        prefixes=("10.8.0.0/24",),
        isolate_spokes=False,
        links=(),
        groups={},
    )  # fmt: skip


def test_everything_normalised():
    found = network(
        name="office",
        interface="wg7",
        topology="star",
        prefixes=["10.8.0.0/24", "FD00:8::/64", "10.8.0.0/24"],
        nodes={
            "beta": None,
            "alpha": {
                "public_key": f" {key('alpha')}\n",
                "addresses": ["10.8.0.1/24", "FD00:8::1"],
                "endpoint": "2001:DB8::1",
                "site": "fra",
                "site_endpoint": "10.0.0.1",
                "routes": "172.20.1.0/24",
                "hub": "yes",
                "home": "alpha",
                "gateway": "on",
                "forward": "True",
                "port": "51821",
                "keepalive": "off",
                "mtu": "1380",
                "underlay_mtu": 9000,
                "table": 7,
                "fwmark": "0xca6c",
                "dns": "9.9.9.9",
                "hooks": {"post_up": "x"},
                "hosts": ["one"],
                "vrrp_addresses": {"one": "198.51.100.11"},
                "floating": [{"address": "198.51.100.10/24", "interface": "eth0"}],
                "management": "192.0.2.1",
                "managed": "false",
                "endpoints": {"ipv6": "2001:DB8::1", "ipv4": "203.0.113.1", "lan": None, "carrier-2": ""},
                "underlays": "ipv6",
            },
        },
    )
    assert list(found.nodes) == ["alpha", "beta"]
    assert (found.name, found.interface, found.topology) == ("office", "wg7", "star")
    assert found.prefixes == ("10.8.0.0/24", "fd00:8::/64")
    assert found.nodes["beta"] == Node("beta", hosts=("beta",))
    assert found.nodes["alpha"] == Node(
        "alpha", key("alpha"), ("10.8.0.1", "fd00:8::1"), "[2001:db8::1]:51821", "fra", "10.0.0.1:51821",
        ("172.20.1.0/24",), True, "alpha", True, True, 51821, 0, 1380, 9000, "7", 0xCA6C, ("9.9.9.9",),
        Hooks(post_up=("x",)), ("one",), {"one": "198.51.100.11"}, (Floating("198.51.100.10/24", "eth0"),), "192.0.2.1", False,
        endpoints={"ipv6": "[2001:db8::1]:51821", "ipv4": "203.0.113.1:51821"}, underlays=("ipv6",),
    )  # fmt: skip
    assert list(found.nodes["alpha"].endpoints) == ["ipv6", "ipv4"]


COMMON = {
    "port": (51821, 51822),
    "keepalive": (15, 16),
    "mtu": (1380, 1381),
    "underlay_mtu": (1400, 1401),
    "table": ("7", "8"),
    "fwmark": (1, 2),
    "dns": (("9.9.9.9",), ("1.1.1.1",)),
    "hooks": (Hooks(post_up=("a",)), Hooks(post_up=("b",))),
}


@pytest.mark.parametrize("name", COMMON)
def test_a_value_of_the_network_is_every_nodes_unless_it_has_its_own(name):
    def plain(value):
        return {"post_up": list(value.post_up)} if isinstance(value, Hooks) else value

    for_all, own = COMMON[name]
    found = network(nodes={"alpha": {}, "beta": {name: plain(own)}}, **{name: plain(for_all)})
    assert getattr(found.nodes["alpha"], name) == for_all
    assert getattr(found.nodes["beta"], name) == own


@pytest.mark.parametrize(
    ("values", "endpoint"),
    [
        ({"endpoint": "203.0.113.1"}, "203.0.113.1:51820"),
        ({"endpoint": "203.0.113.1", "port": 1}, "203.0.113.1:1"),
        ({"endpoint": "203.0.113.1:7", "port": 1}, "203.0.113.1:7"),
        ({"endpoint": "vpn.example.org"}, "vpn.example.org:51820"),
        ({"endpoint": "2001:db8::1"}, "[2001:db8::1]:51820"),
        ({}, None),
    ],
)
def test_endpoint(values, endpoint):
    assert network(nodes={"alpha": values}).nodes["alpha"].endpoint == endpoint


@pytest.mark.parametrize(
    ("values", "mtu"), [({}, 1420), ({"underlay_mtu": 9000}, 8920), ({"mtu": 1300, "underlay_mtu": 9000}, 1300)]
)
def test_tunnel_mtu(values, mtu):
    assert network(nodes={"alpha": values}).nodes["alpha"].tunnel_mtu == mtu


NO_NAME = "is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"
NO_INTERFACE = "is not a valid interface name; use 1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"topologie": "mesh"}, "network: unknown key 'topologie'; did you mean 'topology'?"),
        (
            {"colour": "blue"},
            (
                "network: unknown key 'colour'; known are container_prefixes, dns, domain, failover, fwmark, groups, hooks, "
                "interface, isolate_spokes, keepalive, links, mtu, name, nodes, port, prefixes, "
                "preshared_base, table, topology, underlay_mtu, version"
            ),
        ),
        ({"nodes": ["alpha"]}, "network.nodes: must be a mapping from node names to their keys"),
        ({"nodes": None}, "network.nodes: must be a mapping from node names to their keys"),
        ({"nodes": {"alpha": []}}, "node alpha: must be a mapping"),
        ({"nodes": {"a\nb": {}}}, f"node name: 'a\\nb' {NO_NAME}"),
        ({"nodes": {"zz\u2028x": {}}}, f"node name: 'zz\\u2028x' {NO_NAME}"),
        ({"nodes": {"n" * 254: {}}}, f"node name: '{'n' * 60}' {NO_NAME}"),
        *(({"nodes": {name: {}}}, f"node name: '{name}' {NO_NAME}") for name in ("", ".x", "-x", "@x", "a/b", 'a"b')),
        *(({"nodes": {"alpha": {key: "a b"}}}, f"node alpha.{key}: 'a b' {NO_NAME}") for key in ("home", "exit", "site")),
        ({"nodes": {"alpha": {"hosts": ["a b"]}}}, f"node alpha.hosts[0]: 'a b' {NO_NAME}"),
        ({"nodes": {"alpha": {"vrrp_addresses": {"a b": "10.0.0.1"}}}}, f"node alpha.vrrp_addresses: 'a b' {NO_NAME}"),
        ({"links": [["alpha", "a b"]]}, f"network.links[0]: 'a b' {NO_NAME}"),
        ({"groups": {"a b": []}}, f"network.groups: 'a b' {NO_NAME}"),
        ({"groups": {"all": ["a b"]}}, f"network.groups.all[0]: 'a b' {NO_NAME}"),
        ({"nodes": {"alpha": {"colour": 1}}}, f"node alpha: unknown key 'colour'; known are {', '.join(sorted(NODE_KEYS))}"),
        ({"nodes": {"alpha": {"rotues": []}}}, "node alpha: unknown key 'rotues'; did you mean 'routes'?"),
        (
            {
                "prefixes": ["x", "10.8.0.1/24"],
                "topolgy": "mesh",
                "links": ["a", {"nodes": ["a", "b"], "wieght": 2, "exclude": 7}],
                "nodes": {
                    "alpha": {"port": "x", "endpont": "a", "endpoint": "a b", "hooks": {"up": "x", "post_up": "#"}},
                    ".beta": {"mtu": 1, "floating": [{"address": "x", "interfaces": "y"}]},
                    "gamma": {"mtu": 1400},
                },
            },
            "\n".join((
                "network.prefixes[0]: 'x' is not a prefix",
                "network.prefixes[1]: '10.8.0.1/24' has host bits set; write 10.8.0.0/24",
                "network: unknown key 'topolgy'; did you mean 'topology'?",
                "network.links[0]: must name two nodes or groups, like [alpha, beta] or {nodes: [alpha, beta], weight: 5}",
                "network.links[1]: unknown key 'wieght'; did you mean 'weight'?",
                "network.links[1].exclude: '7' is not true or false",
                "node alpha.port: 'x' is not a port (0 to 65535)",
                "node alpha: unknown key 'endpont'; did you mean 'endpoint'?",
                "node alpha.hooks: unknown key 'up'; known are post_down, post_up, pre_down, pre_up",
                "node alpha.hooks.post_up[0]: wg-quick treats '#' as the start of a comment; put the command into a script",
                f"node alpha: endpoint: 'a b' is not an endpoint {FORM}",
                f"node name: '.beta' {NO_NAME}",
                "node .beta.mtu: '1' is not a number from 576 to 65535",
                "node .beta.floating[0].address: 'x' has no prefix length; write it like 203.0.113.10/24",
                "node .beta.floating[0]: unknown key 'interfaces'; did you mean 'interface'?",
            )),
        ),
        (
            {"nodes": {"alpha": {"allowed_ips": "10.0.0.0/8, 10.9.0.0/16,"}}},
            (
                "node alpha.allowed_ips[0]: '10.0.0.0/8, 10.9.0.0/16,' is one text with commas; write a list, "
                "[10.0.0.0/8, 10.9.0.0/16]"
            ),
        ),
        ({"nodes": {"alpha": {"dns": ["a,b"]}}}, "node alpha.dns[0]: 'a,b' is one text with commas; write a list, [a, b]"),
        ({"name": "a/b"}, f"network.name: 'a/b' {NO_NAME.replace('@ ', '')}"),
        ({"name": "../x"}, f"network.name: '../x' {NO_NAME.replace('@ ', '')}"),
        (
            {"interface": "wg/0"},
            f"network.interface: 'wg/0' {NO_INTERFACE}",
        ),
        ({"interface": 0}, f"network.interface: '0' {NO_INTERFACE}"),
        ({"interface": "all"}, "network.interface: 'all' has another meaning for wg, ip, systemd or Linux; choose another name"),
        ({"prefixes": ["10.8.0.1/24"]}, "network.prefixes[0]: '10.8.0.1/24' has host bits set; write 10.8.0.0/24"),
        ({"prefixes": ["x"]}, "network.prefixes[0]: 'x' is not a prefix"),
        ({"prefixes": []}, "network wireguard: has no prefixes; set wireguard_prefixes, for example to ['10.8.0.0/24']"),
        ({"prefixes": None}, "network wireguard: has no prefixes; set wireguard_prefixes, for example to ['10.8.0.0/24']"),
        ({"links": "alpha"}, "network.links: must be a list of links, each a pair of nodes or groups"),
        *(
            (
                {"links": [link]},
                "network.links[0]: must name two nodes or groups, like [alpha, beta] or {nodes: [alpha, beta], weight: 5}",
            )
            for link in ("alpha", ["alpha"], ["alpha"] * 3, {"weight": 5})
        ),
        *(
            ({"links": [{"nodes": ["alpha", "beta"], "exclude": True, "weight": weight}]},
             "network.links[0]: an excluded link has no weight; remove exclude or weight")
            for weight in (1, 5)
        ),
        ({"links": [{"nodes": ["a", "b"], "weight": 0}]}, "network.links[0].weight: '0' is not a number from 1 to 1000000"),
        ({"groups": ["alpha"]}, "network.groups: must be a mapping from groups to their nodes"),
        ({"port": 65536}, "network.port: '65536' is not a port (0 to 65535)"),
        ({"underlay_mtu": 1279}, "network.underlay_mtu: '1279' is not a number from 1280 to 65535"),
        ({"nodes": {"alpha": {"hub": "maybe"}}}, "node alpha.hub: 'maybe' is not true or false"),
        ({"nodes": {"alpha": {"forward": 1}}}, "node alpha.forward: '1' is not true or false"),
        ({"nodes": {"alpha": {"public_key": "x"}}}, f"node alpha.public_key: {NOT_A_KEY}"),
        ({"nodes": {"alpha": {"addresses": ["10.8.0.300"]}}}, "node alpha.addresses[0]: '10.8.0.300' is not an address"),
        (
            {"nodes": {"alpha": {"routes": ["172.20.1.1/24"]}}},
            "node alpha.routes[0]: '172.20.1.1/24' has host bits set; write 172.20.1.0/24",
        ),
        ({"nodes": {"alpha": {"endpoint": "a b"}}}, f"node alpha: endpoint: 'a b' is not an endpoint {FORM}"),
        ({"nodes": {"alpha": {"endpoint": 5}}}, "node alpha.endpoint: must be text"),
        (
            {"nodes": {"alpha": {"endpoint": "203.0.113.1", "port": 0}}},
            "node alpha: endpoint: '203.0.113.1' has no port; write host:port",
        ),
        (
            {"nodes": {"alpha": {"endpoint": "203.0.113.1:5", "port": 0}}},
            "node alpha: has an endpoint, but no fixed port; set wireguard_port to 1 to 65535",
        ),
        (
            {"prefixes": ["10.8.0.0/24", "fd00:8::/64"], "nodes": {"alpha": {"addresses": ["10.9.0.1"]}}},
            (
                "node alpha: address 10.9.0.1 is in no prefix of network wireguard (10.8.0.0/24, fd00:8::/64); change the "
                "address, or add its prefix"
            ),
        ),
        (
            {"nodes": {"alpha": {"addresses": "10.8.0.7"}, "beta": {"addresses": "10.8.0.7/24"}}},
            "node beta: address 10.8.0.7 is already alpha's; give beta another or remove alpha",
        ),
        (
            {"nodes": {"alpha": {"public_key": key("x")}, "beta": {"public_key": key("x")}}},
            f"node beta: public key {key('x')} is already alpha's; give beta another or remove alpha",
        ),
        (
            {"nodes": {"alpha": {"routes": "172.20.1.0/24"}, "beta": {"routes": "172.20.1.0/24"}}},
            "node beta: route 172.20.1.0/24 is already alpha's; give beta another or remove alpha",
        ),
        (
            {"nodes": {"alpha": {"addresses": "10.8.0.7"}, "beta": {"routes": "10.8.0.7/32"}}},
            "node beta: route 10.8.0.7/32 is alpha's address; give beta another or remove alpha",
        ),
    ],
)  # fmt: skip
def test_errors(values, message):
    with pytest.raises(PlanError) as caught:
        network(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize("document", [None, [], "mesh", 7])
def test_no_document(document):
    with pytest.raises(PlanError, match=r"\Anetwork: must be a mapping\Z"):
        network_from_dict(document)


def test_the_longest_prefix_holds_an_address():
    found = network(prefixes=["10.0.0.0/8", "10.8.0.0/24", "fd00::/8"])
    assert [found.prefix_of(a) for a in ("10.8.0.1", "10.9.0.1", "fd00::1", "11.0.0.1")] == [
        "10.8.0.0/24",
        "10.0.0.0/8",
        "fd00::/8",
        None,
    ]


nodes = st.builds(
    Node,
    name=st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True),
    public_key=st.none() | keys,
    preshared_id=st.none() | keys,
    preshared_secret_id=st.none() | st.just("0123456789abcdef"),
    next_preshared_secret_id=st.none() | st.just("fedcba9876543210"),
    endpoint=st.none() | st.builds("203.0.113.{}:{}".format, st.integers(1, 254), st.integers(1, 65535)),
    site=st.none() | names,
    site_endpoint=st.none() | st.just("10.0.0.1:51820"),
    gateway=st.booleans(),
    management=st.none() | ips,
    routes=st.lists(ips.map(lambda ip: ip + ("/128" if ":" in ip else "/32")), max_size=2, unique=True).map(tuple),
    hub=st.booleans(),
    home=st.none() | st.just("hub"),
    forward=st.booleans(),
    port=st.integers(1, 65535),
    keepalive=st.none() | st.integers(0, 65535),
    mtu=st.none() | st.integers(1280, 9000),
    underlay_mtu=st.integers(1280, 9000),
    table=st.sampled_from(["auto", "off", "7"]),
    fwmark=st.none() | st.integers(0, 9),
    dns=st.lists(ips, max_size=2, unique=True).map(tuple),
    hooks=st.builds(Hooks, post_up=st.lists(commands, max_size=2).map(tuple)),
    hosts=st.lists(names, max_size=1).map(tuple),
    managed=st.booleans(),
    endpoints=st.dictionaries(st.sampled_from(["ipv6", "b", "a"]), st.sampled_from(["one.example.org:5", "two.example.org:6"])),
    underlays=st.lists(names, max_size=3, unique=True).map(tuple),
)


@given(nodes)
def test_node_round_trip(node):
    document = {"prefixes": PREFIXES, "nodes": {node.name: node_to_dict(node)}}
    assert network_from_dict(json.loads(json.dumps(document))).nodes == {node.name: node}


def test_links_and_groups_round_trip():
    links = [["alpha", "all"], {"nodes": ["alpha", "beta"], "weight": 5}, {"nodes": ["all", "all"], "exclude": True}]
    given_links = [*links[:1], {**links[1], "exclude": "no"}, links[2]]
    found = network(links=given_links, groups={"all": ["alpha", "beta", "alpha"]})
    assert found.links == (Link("alpha", "all"), Link("alpha", "beta", 5), Link("all", "all", exclude=True))
    document = network_to_dict(found)
    assert (document["links"], document["groups"]) == (links, {"all": ["alpha", "beta"]})
    assert network_from_dict(document) == found


def test_document_leaves_out_defaults():
    found = network(nodes={"beta": {"fwmark": "off", "hosts": []}, "alpha": {"endpoint": "203.0.113.1"}})
    assert network_to_dict(found) == {
        "version": 1,
        "name": "wireguard",
        "interface": "wg0",
        "topology": "mesh",
        "prefixes": PREFIXES,
        "nodes": {"alpha": {"endpoint": "203.0.113.1:51820"}, "beta": {"fwmark": 0, "hosts": []}},
    }
