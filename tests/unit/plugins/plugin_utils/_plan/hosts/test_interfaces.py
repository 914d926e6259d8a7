# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import check_applicable, config_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import Interfaces, interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared, read_preshared
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ALPHA = {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1"}
BETA = {"public_key": key("beta"), "addresses": ["10.8.0.2"]}


def network(alpha=None, beta=None, **values):
    nodes = {"alpha": {**ALPHA, **(alpha or {})}, "beta": {**BETA, **(beta or {})}}
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": nodes, **values})


def office(alpha, **values):
    nodes = {"alpha": {"addresses": ["10.9.0.1"], **alpha}, "gamma": {"addresses": ["10.9.0.3"], "endpoint": "203.0.113.3"}}
    document = {"name": "office", "interface": "wg1", "prefixes": ["10.9.0.0/24"], "nodes": nodes}
    return network_from_dict({**document, **values})


PEER_BETA = {"name": "beta", "public_key": key("beta"), "allowed_ips": ["10.8.0.2/32"]}
ENTRY = {
    "name": "wg0",
    "network": "wireguard",
    "node": "alpha",
    "key": "wg0",
    "make_key": True,
    "forward": False,
    "needs": [],
    "config": {"addresses": ["10.8.0.1/24"], "port": 51820, "mtu": 1420, "peers": [PEER_BETA]},
}


def test_what_hosts_have_in_common_changes_no_host():
    networks = [
        network(topology="star", alpha={"hub": True}),
        office({"port": 51821, "public_key": key("office")}),
        network(name="other", interface="wg2", alpha={"port": 51822}, beta={"port": 51822}),
    ]
    secret = {"wireguard": read_preshared("wireguard", "sixteen characters", None)}
    for preshared in (None, secret):
        whole = Interfaces(networks)
        whole.compute_common()
        for host in ("alpha", "beta", "gamma", "nobody"):
            alone = interfaces_of(networks, host, preshared)
            texts = [render_conf(config_from_dict(entry.pop("config"))) for entry in interfaces_of(networks, host, preshared)]
            assert whole.of(host, preshared) == alone
            assert [text for _entry, text in whole.rendered(host, preshared)] == texts
            assert [entry["name"] for entry, _text in whole.rendered(host, preshared)] == [entry["name"] for entry in alone]
    assert [whole.networks_of(host) for host in ("alpha", "beta", "nobody")] == [
        ["wireguard", "office", "other"],
        ["wireguard", "other"],
        [],
    ]


def test_one_network():
    assert interfaces_of([network()], "alpha") == [ENTRY]
    assert interfaces_of([network()], "beta") == [
        {
            **ENTRY,
            "node": "beta",
            "config": {
                "addresses": ["10.8.0.2/24"],
                "port": 51820,
                "mtu": 1420,
                "peers": [
                    {
                        "name": "alpha",
                        "public_key": key("alpha"),
                        "allowed_ips": ["10.8.0.1/32"],
                        "endpoint": "203.0.113.1:51820",
                        "keepalive": 25,
                    }
                ],
            },
        }
    ]


@pytest.mark.parametrize(
    ("values", "config"),
    [
        ({"mtu": "auto"}, {"addresses": ["10.8.0.1/24"]}),
        ({"addresses": ["10.8.0.1/32"]}, {"addresses": ["10.8.0.1/32"], "mtu": 1420}),
        ({"addresses": ["10.8.0.1/24"]}, {"addresses": ["10.8.0.1/24"], "mtu": 1420}),
    ],
)
def test_an_mtu_that_no_run_sets_and_a_prefix_length_of_its_own(values, config):
    planned = network({**ALPHA, **values})
    (entry,) = interfaces_of([planned], "alpha")
    assert entry["config"] == {**config, "port": 51820, "peers": [PEER_BETA]}
    document = network_to_dict(planned)
    assert network_from_dict(document) == planned
    written = {name: document["nodes"]["alpha"].get(name) for name in ("mtu", "addresses")}
    addresses = ["10.8.0.1/32"] if config["addresses"] == ["10.8.0.1/32"] else ["10.8.0.1"]
    assert written == {"mtu": values.get("mtu"), "addresses": addresses}


def test_two_networks():
    found = interfaces_of([network(), office({"port": 51821})], "alpha")
    assert found == [
        ENTRY,
        {
            "name": "wg1",
            "network": "office",
            "node": "alpha",
            "key": "wg1",
            "make_key": True,
            "forward": False,
            "needs": [],
            "config": {"addresses": ["10.9.0.1/24"], "port": 51821, "mtu": 1420},
        },
    ]
    assert [entry["name"] for entry in interfaces_of([network(), office({"port": 51821})], "gamma")] == ["wg1"]


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        (
            [network(), office({})],
            "host alpha: networks wireguard and office both use port 51820; give one of them another port",
        ),
        (
            [network(), office({"port": 51821}, interface="wg0")],
            "host alpha: networks wireguard and office both use interface wg0; give one of them another interface",
        ),
        (
            [network(alpha={"port": 0, "endpoint": None}), office({"port": 0}, interface="wg0")],
            "host alpha: networks wireguard and office both use interface wg0; give one of them another interface",
        ),
    ],
)
def test_two_networks_in_conflict(networks, message):
    with pytest.raises(PlanError) as caught:
        interfaces_of(networks, "alpha")
    assert str(caught.value) == message
    assert len(interfaces_of(networks, "gamma")) == 1


def test_two_ports_that_the_kernel_chooses():
    found = interfaces_of([network(alpha={"port": 0, "endpoint": None}), office({"port": 0})], "alpha")
    assert [entry["config"].get("port") for entry in found] == [None, None]


@pytest.mark.parametrize(
    ("net", "host"),
    [
        (network(), "delta"),
        (network(alpha={"managed": False}), "alpha"),
        (network(alpha={"hosts": ["other"]}), "alpha"),
        (network(alpha={"hosts": []}), "alpha"),
    ],
)
def test_no_interface_on_hosts_that_are_no_managed_node(net, host):
    assert interfaces_of([net], host) == []


def test_a_node_on_another_host():
    assert interfaces_of([network(alpha={"hosts": ["one"]})], "one") == [ENTRY]


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [
        ({}, {"forward": False, "needs": []}),
        ({"forward": True}, {"forward": True, "needs": []}),
        ({"routes": ["172.20.1.0/24"]}, {"forward": True, "needs": []}),
        ({"dns": ["9.9.9.9"]}, {"forward": False, "needs": ["dns"]}),
    ],
)
def test_what_the_host_has_to_bring_along(alpha, expected):
    (entry,) = interfaces_of([network(alpha=alpha)], "alpha")
    assert {key: entry[key] for key in expected} == expected


@pytest.mark.parametrize(("values", "needs"), [({}, ["full_tunnel"]), ({"table": "7"}, []), ({"table": "off"}, [])])
def test_an_exit_makes_the_others_full_tunnels(values, needs):
    (entry,) = interfaces_of([network(alpha={"routes": ["0.0.0.0/0"]}, beta=values)], "beta")
    assert entry["needs"] == needs
    assert "0.0.0.0/0" in entry["config"]["peers"][0]["allowed_ips"]


def test_a_hub_forwards():
    (entry,) = interfaces_of([network(alpha={"hub": True}, topology="star")], "alpha")
    assert entry["forward"] is True


def test_an_exit_forwards():
    """As a node with routes does for these."""
    net = network(beta={"allowed_ips": ["0.0.0.0/0"], "exit": "alpha"})
    assert [interfaces_of([net], host)[0]["forward"] for host in ("alpha", "beta")] == [True, False]


def test_an_address_outside_has_no_prefix_length():
    two = network(alpha={"addresses": ["10.8.0.1", "10.8.1.1"]}, prefixes=["10.8.0.0/16", "10.8.1.0/24"])
    assert interfaces_of([two], "alpha")[0]["config"]["addresses"] == ["10.8.0.1/16", "10.8.1.1/24"]


@pytest.mark.parametrize(
    ("variable", "line"),
    [
        ({"port": 4500, "endpoint": "203.0.113.1:4500"}, "ListenPort = 4500"),
        ({"addresses": ["10.8.0.77"]}, "Address = 10.8.0.77/24"),
        ({"mtu": 1300}, "MTU = 1300"),
        ({"underlay_mtu": 9000}, "MTU = 8920"),
        ({"table": 123}, "Table = 123"),
        ({"table": "off"}, "Table = off"),
        ({"fwmark": "0xca6c"}, "FwMark = 0xca6c"),
        ({"fwmark": "off"}, "FwMark = off"),
        ({"dns": ["9.9.9.9", "example.org"]}, "DNS = 9.9.9.9, example.org"),
        ({"hooks": {"pre_up": ["one %i"]}}, "PreUp = one %i"),
        ({"hooks": {"post_up": ["one %i"]}}, "PostUp = one %i"),
        ({"hooks": {"pre_down": ["one %i"]}}, "PreDown = one %i"),
        ({"hooks": {"post_down": ["one %i"]}}, "PostDown = one %i"),
        ({"keepalive": 15}, "PersistentKeepalive = 15"),
    ],
)
def test_each_variable_reaches_the_text(variable, line):
    (entry,) = interfaces_of([network(alpha=variable)], "alpha")
    config = config_from_dict(json.loads(json.dumps(entry["config"])))
    assert line in render_conf(config).splitlines()


@pytest.mark.parametrize(
    ("variable", "line"),
    [
        ({"routes": ["172.20.1.0/24"]}, "AllowedIPs = 10.8.0.1/32, 172.20.1.0/24"),
        ({"endpoint": "[2001:db8::1]:4500"}, "Endpoint = [2001:db8::1]:4500"),
        ({"port": 4500}, "Endpoint = 203.0.113.1:4500"),
        ({"public_key": key("other")}, "PublicKey = " + key("other")),
    ],
)
def test_each_variable_reaches_the_other_nodes_text(variable, line):
    (entry,) = interfaces_of([network(alpha=variable)], "beta")
    assert line in render_conf(config_from_dict(entry["config"])).splitlines()


STAGED = {
    "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"], "endpoint": "203.0.113.2", "next_public_key": key("next")}
}


@pytest.mark.parametrize("values", [{}, {"topology": "star"}], ids=["mesh", "star"])
def test_a_next_key_follows_the_one_in_use_at_all_peers(values):
    nodes = {
        "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True},
        **STAGED,
        "gamma": {"public_key": key("gamma"), "addresses": ["10.8.0.3"]},
    }
    net = network_from_dict({"name": "wireguard", "prefixes": ["10.8.0.0/24"], "nodes": nodes, **values})
    (entry,) = interfaces_of([net], "alpha", {"wireguard": Preshared("correct horse battery staple")})
    used, following = (
        next(peer for peer in entry["config"]["peers"] if peer["public_key"] == key(name)) for name in ("beta", "next")
    )
    assert following == {
        "name": "beta", "public_key": key("next"), "follows": key("beta"), "endpoint": "203.0.113.2:51820",
        "preshared_key": used["preshared_key"],
    }  # fmt: skip
    assert "follows" not in used
    check_applicable(config_from_dict(entry["config"]), key("alpha"))
    (own,) = interfaces_of([net], "beta")
    assert key("next") not in str(own)
