# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import (
    SECRETS,
    VARIABLES,
    Inventory,
    documents,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

PREFIXES = ["10.8.0.0/24"]
FLAT = {"wireguard_prefixes": PREFIXES}


def inventory(hosts, play=None, **groups):
    return Inventory(hosts, groups or {"wireguard": list(hosts)}, play or {})


@pytest.mark.parametrize(
    ("hosts", "groups", "expected"),
    [
        pytest.param({"a": {}, "b": {}}, {"all": ["a", "b"]}, {}, id="no network"),
        pytest.param(
            {"b": FLAT, "a": FLAT},
            {"wireguard": ["b", "a"]},
            {"wireguard": {"name": "wireguard", "prefixes": PREFIXES, "nodes": {"a": {}, "b": {}}}},
            id="the default group",
        ),
        pytest.param(
            {
                "a": {
                    **FLAT, "wireguard_topology": "star", "wireguard_interface": "wg7", "wireguard_hub": True,
                    "wireguard_endpoint": "203.0.113.1", "wireguard_port": 51821, "wireguard_group": "vpn",
                },
                "b": {**FLAT, "wireguard_topology": "star", "wireguard_interface": "wg7", "wireguard_group": "vpn"},
                "c": {},
            },
            {"vpn": ["a", "b"], "wireguard": []},
            {
                "vpn": {
                    "name": "vpn",
                    "interface": "wg7",
                    "topology": "star",
                    "prefixes": PREFIXES,
                    "nodes": {"a": {"hub": True, "endpoint": "203.0.113.1", "port": 51821}, "b": {}},
                }
            },
            id="another group, network values and node values",
        ),
        pytest.param(
            {
                "a": {
                    "wireguard_networks": {
                        "office": {"interface": "wg1", "prefixes": ["10.9.0.0/24"], "group": "staff", "port": 51821},
                        "backbone": {"prefixes": PREFIXES},
                        "elsewhere": {"prefixes": ["10.7.0.0/24"]},
                    },
                    "wireguard_memberships": {"office": {"endpoint": "203.0.113.1"}},
                },
                "b": {
                    "wireguard_networks": {
                        "office": {"interface": "wg1", "prefixes": ["10.9.0.0/24"], "group": "staff", "port": 51821},
                        "backbone": {"prefixes": PREFIXES},
                        "elsewhere": {"prefixes": ["10.7.0.0/24"]},
                    }
                },
            },
            {"staff": ["a", "b"], "backbone": ["a"], "elsewhere": ["z"]},
            {
                "backbone": {"name": "backbone", "prefixes": PREFIXES, "nodes": {"a": {}}},
                "office": {
                    "name": "office",
                    "interface": "wg1",
                    "prefixes": ["10.9.0.0/24"],
                    "port": 51821,
                    "nodes": {"a": {"endpoint": "203.0.113.1"}, "b": {}},
                },
            },
            id="several networks",
        ),
        pytest.param(
            {"a": {"wireguard_networks": {"empty": None}}, "b": {"wireguard_networks": {"empty": None}}},
            {"empty": ["a", "b"]},
            {"empty": {"name": "empty", "nodes": {"a": {}, "b": {}}}},
            id="a network without values",
        ),
    ],
)  # fmt: skip
def test_documents(hosts, groups, expected):
    assert documents(inventory(hosts, **groups), hosts) == expected


LINKS = [["core", "edges"], {"nodes": ["edges", "b"], "weight": 5}, ["nobody", "unknown"]]
GROUPS = {"edges": ["b", "a", "z"], "core": ["a"], "nobody": [], "others": ["a"], "b": ["a"]}
NAMED = {"core": ["a"], "edges": ["a", "b", "z"], "nobody": []}


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (LINKS, {"groups": NAMED}),
        ([*LINKS, ["others"]], {"groups": {**NAMED, "others": ["a"]}}),
        ([["a", "b"]], {}),
        ([], {}),
        ("core", {}),
        (["core", {"weight": 5}, 7], {}),
    ],
)
def test_the_groups_that_links_name(links, expected):
    """Whole, as the inventory has them; not those that no link names, and none with the name of a node."""
    flat = {host: {"wireguard_links": links} for host in "ab"}
    assert documents(inventory(flat, wireguard=["a", "b"], **GROUPS), "a") == {
        "wireguard": {"name": "wireguard", "links": links, "nodes": {"a": {}, "b": {}}, **expected}
    }
    named = {host: {"wireguard_networks": {"office": {"links": links}}} for host in "ab"}
    assert documents(inventory(named, office=["a", "b"], **GROUPS), "a") == {
        "office": {"name": "office", "links": links, "nodes": {"a": {}, "b": {}}, **expected}
    }


@pytest.mark.parametrize(
    ("host", "variables", "expected"),
    [
        ("a", {"ansible_host": "192.0.2.1"}, {"management": "192.0.2.1"}),
        ("a", {"ansible_host": "2001:DB8::1"}, {"management": "2001:db8::1"}),
        ("a", {"ansible_host": "a.example.org"}, {}),
        ("a", {}, {}),
        ("192.0.2.1", {}, {"management": "192.0.2.1"}),
        ("192.0.2.1", {"ansible_host": "192.0.2.2"}, {"management": "192.0.2.2"}),
        ("192.0.2.1", {"ansible_host": "a.example.org"}, {}),
    ],
)
def test_the_address_over_which_a_host_is_managed(host, variables, expected):
    for also in ({}, {"wireguard_networks": {"wireguard": {}}}):
        hosts = {host: {**variables, **also}}
        assert documents(inventory(hosts), hosts)["wireguard"]["nodes"] == {host: expected}


def test_members_are_the_groups_hosts_and_not_the_plays():
    hosts = dict.fromkeys("abc", FLAT)
    everything = documents(inventory(hosts), hosts)
    assert documents(inventory(hosts), ["b"]) == everything
    assert list(everything["wireguard"]["nodes"]) == ["a", "b", "c"]
    assert documents(inventory(hosts), []) == {}
    assert documents(inventory(hosts), ["localhost"]) == {}


SECRET = tuple(f"wireguard_{key}" for key in SECRETS)


@pytest.mark.parametrize("name", sorted({*VARIABLES} - {"wireguard_networks", "wireguard_memberships", *SECRET}))
def test_every_flat_variable_is_a_key_of_the_document(name):
    if name == "wireguard_group":
        assert list(documents(inventory({"a": {name: "vpn", **FLAT}}, vpn=["a"]), ["a"])) == ["vpn"]
        return
    if name == "wireguard_clients":
        document = documents(inventory({"a": {name: {"phone": {"mtu": 1280}, "tablet": None}, **FLAT}}), ["a"])["wireguard"]
        assert document["nodes"] == {"a": {}, "phone": {"mtu": 1280, "managed": False}, "tablet": {"managed": False}}
        return
    document = documents(inventory({"a": {name: "value"}}), ["a"])["wireguard"]
    if name == "wireguard_node":
        assert document["nodes"] == {"value": {"hosts": ["a"]}}
        return
    if name == "wireguard_vrrp_address":
        assert document["nodes"] == {"a": {"vrrp_addresses": {"a": "value"}}}
        return
    short = name[len("wireguard_") :]
    assert {**document, **document["nodes"]["a"]}[short] == "value"


def test_secret_variables_are_read_and_in_no_document():
    assert set(SECRET) <= set(VARIABLES)
    hosts = {"a": dict.fromkeys(SECRET, "value")}
    assert documents(inventory(hosts), hosts) == {"wireguard": {"name": "wireguard", "nodes": {"a": {}}}}


def test_a_document_can_be_read():
    hosts = {"a": {**FLAT, "wireguard_endpoint": "203.0.113.1"}, "b": FLAT}
    network = network_from_dict(documents(inventory(hosts), hosts)["wireguard"])
    assert network.nodes["a"].endpoint == "203.0.113.1:51820"


@pytest.mark.parametrize(
    ("hosts", "play", "expected"),
    [
        ({"a": {}, "b": {}}, {"wireguard_topology": "star"}, "star"),
        ({"a": {"wireguard_topology": "star"}, "b": {"wireguard_topology": "star"}}, {}, "star"),
        (
            {"a": {"wireguard_topology": "star"}, "b": {"wireguard_topology": "star"}},
            {"wireguard_topology": "star"},
            "star",
        ),
    ],
)
def test_the_play_may_say_values_of_the_network(hosts, play, expected):
    assert documents(inventory(hosts, play), hosts)["wireguard"]["topology"] == expected


def test_the_play_may_name_the_networks():
    play = {"wireguard_networks": {"office": {"prefixes": PREFIXES}}}
    assert documents(inventory({"a": {}}, play, office=["a"]), ["a"]) == {
        "office": {"name": "office", "prefixes": PREFIXES, "nodes": {"a": {}}}
    }
    assert list(documents(inventory({"a": FLAT}, {"wireguard_group": "vpn"}, vpn=["a"]), ["a"])) == ["vpn"]


NETWORKS = {"office": {"prefixes": PREFIXES}}


@pytest.mark.parametrize(
    ("hosts", "play", "message"),
    [
        (
            {"a": {"wireguard_topology": "star"}, "b": {"wireguard_topology": "mesh"}},
            {},
            (
                "network wireguard: wireguard_topology is 'star' on a and 'mesh' on b; a value of the network must be the same "
                "on all its members: set it in group_vars"
            ),
        ),
        (
            {"a": {"wireguard_prefixes": PREFIXES}, "b": {}},
            {},
            (
                "network wireguard: wireguard_prefixes is ['10.8.0.0/24'] on a and None on b; a value of the network must be "
                "the same on all its members: set it in group_vars"
            ),
        ),
        (
            {"a": {"wireguard_interface": "wg1"}, "b": {"wireguard_interface": "wg1"}},
            {"wireguard_interface": "wg2"},
            (
                "network wireguard: wireguard_interface is 'wg2' in the play and 'wg1' in the inventory; set it only in the "
                "inventory"
            ),
        ),
        (
            {"a": FLAT, "b": FLAT},
            {"wireguard_endpoint": "203.0.113.1"},
            "wireguard_endpoint is set in the play, so other hosts cannot read it; set it in the inventory",
        ),
        (
            {"a": FLAT, "b": FLAT},
            {"wireguard_port": 51821},
            "wireguard_port is set in the play, so other hosts cannot read it; set it in the inventory",
        ),
        (
            {"a": {"wireguard_networks": ["office"]}},
            {},
            "host a: wireguard_networks must be a mapping from network names to their values",
        ),
        (
            {"a": {"wireguard_networks": {"office": PREFIXES}}},
            {},
            "host a: wireguard_networks.office must be a mapping from keys of the network to their values",
        ),
        (
            {"a": {"wireguard_networks": NETWORKS, "wireguard_memberships": ["office"]}},
            {},
            "host a: wireguard_memberships must be a mapping from network names to the host's values",
        ),
        (
            {"a": {"wireguard_networks": NETWORKS, "wireguard_memberships": {"offfice": {"endpoint": "203.0.113.1"}}}},
            {},
            ("host a: wireguard_memberships names 'offfice', but wireguard_networks has only office; correct the name"),
        ),
        (
            {"a": {"wireguard_networks": NETWORKS, "wireguard_memberships": {"office": ["endpoint"]}}},
            {},
            "host a: wireguard_memberships.office must be a mapping from keys of the host to their values",
        ),
        (
            {"a": {"wireguard_networks": NETWORKS}},
            {"wireguard_memberships": {"office": {"endpoint": "203.0.113.1"}}},
            "wireguard_memberships is set in the play, so other hosts cannot read it; set it in the inventory",
        ),
        (
            {"a": FLAT, "b": {**FLAT, "wireguard_memberships": {"wireguard": {"endpoint": "203.0.113.1"}}}},
            {},
            (
                "host b: wireguard_memberships is not read without wireguard_networks; use wireguard_endpoint and so on "
                "instead, or set wireguard_networks for several networks"
            ),
        ),
        (
            {"a": {**FLAT, "wireguard_group": "vpn"}},
            {},
            (
                "network vpn: the inventory has no group 'vpn'; create it with the network's hosts, or name another group in "
                "wireguard_group"
            ),
        ),
        (
            {"a": {"wireguard_networks": {"lab": None}}},
            {},
            (
                "network lab: the inventory has no group 'lab'; create it with the network's hosts, or name another group in "
                "wireguard_networks: {lab: {group: ...}}"
            ),
        ),
        (
            {"a": {"wireguard_networks": NETWORKS}, "b": {"wireguard_networks": {"office": {"prefixes": ["10.9.0.0/24"]}}}},
            {},
            (
                "network office: wireguard_networks is {'prefixes': ['10.8.0.0/24']} on a and {'prefixes': ['10.9.0.0/24']} "
                "on b; a value of the network must be the same on all its members: set it in group_vars"
            ),
        ),
        (
            {"a": {}, "b": {"wireguard_networks": NETWORKS}},
            {},
            (
                "network office: wireguard_networks has office on b, but nothing on a; Ansible does not merge the mappings of "
                "several groups: put one with all networks (office) where all these hosts read it, as in group_vars/all"
            ),
        ),
        (
            {"a": {"wireguard_networks": NETWORKS, "wireguard_endpoint": "203.0.113.1"}},
            {},
            (
                "host a: wireguard_endpoint is not read together with wireguard_networks; move it to wireguard_memberships: "
                "{office: {endpoint: ...}}"
            ),
        ),
        (
            {"a": {"wireguard_networks": NETWORKS, "wireguard_topology": "star"}},
            {},
            (
                "host a: wireguard_topology is not read together with wireguard_networks; move it to wireguard_networks: "
                "{office: {topology: ...}}"
            ),
        ),
    ],
)
def test_errors(hosts, play, message):
    groups = {"wireguard": list(hosts), "office": list(hosts)}
    with pytest.raises(PlanError) as caught:
        documents(inventory(hosts, play, **groups), hosts)
    assert str(caught.value) == message


def test_the_networks_of_two_groups_in_the_variables_of_each():
    """Ansible takes one of the two mappings for a host that is in both groups."""
    hosts = {
        "a": {"wireguard_networks": NETWORKS},
        "b": {"wireguard_networks": NETWORKS},
        "c": {"wireguard_networks": {"lab": {}}},
    }
    with pytest.raises(PlanError) as caught:
        documents(inventory(hosts, office=["a", "b"], lab=["b", "c"]), hosts)
    assert str(caught.value) == (
        "network lab: wireguard_networks has lab on c, but office on b; Ansible does not merge the mappings of several groups: "
        "put one with all networks (lab, office) where all these hosts read it, as in group_vars/all"
    )
    alone = documents(inventory(hosts, office=["a", "b"], lab=["c"]), hosts)
    assert {name: list(document["nodes"]) for name, document in alone.items()} == {"lab": ["c"], "office": ["a", "b"]}
