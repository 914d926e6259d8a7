# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import inventory_of, preshared_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

STAR = {
    "version": 1, "name": "wireguard", "interface": "wg0", "topology": "star", "prefixes": ["10.8.0.0/24"],
    "isolate_spokes": True,
    "nodes": {
        "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1:51820", "hub": True},
        "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"], "routes": ["172.20.2.0/24"], "port": 0},
        "phone": {"public_key": key("phone"), "addresses": ["10.8.0.9"], "managed": False},
    },
}  # fmt: skip
OFFICE = {
    "version": 1, "name": "office", "interface": "wg1", "topology": "mesh", "prefixes": ["10.9.0.0/24"],
    "nodes": {"alpha": {"public_key": key("alpha1"), "addresses": ["10.9.0.1"], "endpoint": "203.0.113.1:1", "port": 1}},
}  # fmt: skip
KEYS = {("alpha", "phone"): key("shared")}


def seen(inventory, network):
    """The document as the inventory gives it, with the keys that runs see."""
    (top,) = inventory
    group = inventory[top]
    hosts = {name: {**group["vars"], **values} for name, values in group["hosts"].items()}
    groups = {name: list(child["hosts"]) for name, child in group.get("children", {}).items()} or {top: list(group["hosts"])}
    document = documents(Inventory(hosts, groups, {}), hosts)[network["name"]]
    for name, node in document["nodes"].items():
        node.setdefault("public_key", network["nodes"][name]["public_key"])
    return network_to_dict(network_from_dict(document))


def test_one_network():
    inventory = inventory_of([network_from_dict(STAR)], {})
    assert inventory == {
        "wireguard": {
            "hosts": {
                "alpha": {
                    "wireguard_addresses": ["10.8.0.1"], "wireguard_endpoint": "203.0.113.1:51820", "wireguard_hub": True,
                },
                "beta": {"wireguard_addresses": ["10.8.0.2"], "wireguard_routes": ["172.20.2.0/24"], "wireguard_port": 0},
            },
            "vars": {
                "wireguard_interface": "wg0",
                "wireguard_topology": "star",
                "wireguard_prefixes": ["10.8.0.0/24"],
                "wireguard_isolate_spokes": True,
                "wireguard_clients": {"phone": {"public_key": key("phone"), "addresses": ["10.8.0.9"]}},
            },
        }
    }  # fmt: skip
    assert seen(inventory, STAR) == STAR
    assert preshared_of([("wireguard", KEYS)]) == (
        {"wireguard_preshared_keys": [{"nodes": ["alpha", "phone"], "key": key("shared")}]},
        {},
    )
    assert preshared_of([("wireguard", {})]) == ({}, {})


def test_several_networks():
    secrets, references = preshared_of([("wireguard", KEYS), ("office", {})])
    assert secrets == {"wireguard_preshared_keys_of": {"wireguard": [{"nodes": ["alpha", "phone"], "key": key("shared")}]}}
    assert references == {"wireguard": "{{ wireguard_preshared_keys_of['wireguard'] }}"}
    inventory = inventory_of([network_from_dict(STAR), network_from_dict(OFFICE)], references)
    networks = inventory["wireguard"]["vars"]["wireguard_networks"]
    assert {name: values.get("preshared_keys") for name, values in networks.items()} == {**references, "office": None}
    assert inventory["wireguard"]["children"] == {
        "wireguard": {"hosts": {"alpha": {}, "beta": {}}},
        "office": {"hosts": {"alpha": {}}},
    }
    assert [seen(inventory, network) for network in (STAR, OFFICE)] == [STAR, OFFICE]
