# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.containers import container_networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.subnets import assign
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def network(prefixes=("172.30.0.0/16",), **nodes):
    described = {
        name: {"public_key": key(name), "addresses": [f"10.8.0.{number}"], "endpoint": f"203.0.113.{number}", **values}
        for number, (name, values) in enumerate(nodes.items(), start=1)
    }
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "container_prefixes": list(prefixes), "nodes": described})


def given(net, remembered=None, removed=()):
    found = assign(net, remembered or {}, {name: {} for name in removed})
    return {name: node.container_subnets for name, node in found.nodes.items()}


@pytest.mark.parametrize(
    ("net", "remembered", "removed", "subnets"),
    [
        (network(a={}, b={}), {}, (), {"a": ("172.30.0.0/24",), "b": ("172.30.1.0/24",)}),
        (network(a={}, b={}), {"b": ("172.30.0.0/24",)}, (), {"a": ("172.30.1.0/24",), "b": ("172.30.0.0/24",)}),
        (network(a={}), {"gone": ("172.30.0.0/24",)}, ("gone",), {"a": ("172.30.1.0/24",)}),
        (network(a={"container_subnets": ["172.30.0.0/24"]}, b={}), {}, (), {"a": ("172.30.0.0/24",), "b": ("172.30.1.0/24",)}),
        (network(a={"routes": ["172.30.0.0/23"]}, b={}), {}, (), {"a": ("172.30.2.0/24",), "b": ("172.30.3.0/24",)}),
        (network(a={"containers": False}, b={"managed": False}, c={"netns": "lab"}), {}, (), {"a": (), "b": (), "c": ()}),
        (network(("172.30.0.0/16", "fd30::/48"), a={}), {}, (), {"a": ("172.30.0.0/24", "fd30::/64")}),
        (network((), a={"container_subnets": ["172.31.0.0/25"]}), {}, (), {"a": ("172.31.0.0/25",)}),
    ],
)
def test_subnets(net, remembered, removed, subnets):
    assert given(net, remembered, removed) == subnets


def test_a_prefix_that_is_used_up():
    with pytest.raises(PlanError) as caught:
        given(network(("172.30.0.0/24",), a={}, b={}))
    assert str(caught.value) == (
        "network wireguard: container prefix 172.30.0.0/24 has no free subnet for node b; widen it, or set "
        "wireguard_containers: false on nodes without containers"
    )


def test_they_are_routes_and_stay_with_their_node():
    first = merge(network(a={}, b={"routes": ["192.168.1.0/24"]}), Registry(), {}, prune=False, remember=True)
    assert [peer.allowed_ips for peer in peers_of(first.network, "a")] == [("10.8.0.2/32", "172.30.1.0/24", "192.168.1.0/24")]
    entry = first.registry.nodes["b"]
    assert (entry["container_subnets"], entry["routes"]) == (["172.30.1.0/24"], ["192.168.1.0/24"])
    again = merge(
        network(b={"addresses": ["10.8.0.2"]}, c={"addresses": ["10.8.0.3"]}), first.registry, {}, prune=False, remember=True
    )
    assert {name: node.container_subnets for name, node in again.network.nodes.items()} == {
        "a": ("172.30.0.0/24",), "b": ("172.30.1.0/24",), "c": ("172.30.2.0/24",),
    }  # fmt: skip
    assert network_from_dict(network_to_dict(again.network)) == again.network
    with pytest.raises(PlanError, match="none can be allocated without a registry"):
        merge(network(a={}), Registry(), {}, prune=False, remember=False)


def test_container_networks():
    net = assign(network(("172.30.0.0/16", "fd30::/48"), a={"mtu": 1400}, b={}), {}, {})
    assert container_networks([net], "a") == [
        {
            "name": "wireguard",
            "table": "wg0_containers",
            "interfaces": ["wg0"],
            "subnets": ["172.30.0.0/24", "fd30::/64"],
            "mtu": 1400,
            "chains": (
                "  chain postrouting {\n"
                "    type nat hook postrouting priority srcnat - 10; policy accept;\n"
                '    ip saddr 172.30.0.0/24 oifname { "wg0" } snat ip to ip saddr\n'
                '    ip6 saddr fd30::/64 oifname { "wg0" } snat ip6 to ip6 saddr\n'
                "  }\n"
            ),
        }
    ]
    assert container_networks([net], "nobody") == []
