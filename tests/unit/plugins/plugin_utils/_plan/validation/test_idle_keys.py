# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E501 - the messages are a table, whole and one to a line
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Floating, Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.validation.idle_keys import idle_keys

FLOATING = (Floating("203.0.113.10/24", "eth0"),)
VRRP = {"hosts": ("a1", "a2"), "floating": FLOATING, "vrrp_addresses": {"a1": "203.0.113.1", "a2": "203.0.113.2"}}
NO_ALLOWED = "wireguard_exit has no effect without wireguard_allowed_ips"
NO_PAIR = "has no effect without several hosts with the same wireguard_node"


def network(nodes, **values):
    return Network({name: Node(name, **keys) for name, keys in nodes.items()}, name="vpn", **values)


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        (network({"a": {}, "b": {"forward": True, "allowed_ips": ("0.0.0.0/0",), "exit": "a"}}), []),
        (network({"a": {"hub": True}, "b": {"home": "a"}}, topology="star", isolate_spokes=True), []),
        (network({"a": {}, "b": {"home": "a"}}, topology="tree"), []),
        (network({"a": {"gateway": True, "site": "x"}}, topology="sites"), []),
        (network({"a": VRRP}, failover="vrrp"), []),
        (network({"a": {"containers": False}}, container_prefixes=("10.9.0.0/16",)), []),
        (
            network({"a": {"hub": True, "gateway": True}, **{name: {"home": "a"} for name in "bcdef"}}, isolate_spokes=True),
            [
                "wireguard_hub only makes a node forward in topology mesh (node a); remove it, or set wireguard_topology to star",
                "wireguard_home has no effect in topology mesh (nodes b, c, d and 2 more); remove it, or set wireguard_topology to star or tree",
                "wireguard_gateway only makes a node forward in topology mesh (node a); remove it, or set wireguard_topology to sites",
                "wireguard_isolate_spokes has no effect in topology mesh; remove it, or set wireguard_topology to star",
            ],
        ),
        (
            network({"a": {"hub": True, "gateway": True}, "b": {"exit": "a"}, "c": {"exit": "a"}}, topology="star"),
            [
                "wireguard_gateway only makes a node forward in topology star (node a); remove it, or set wireguard_topology to sites",
                f"{NO_ALLOWED} (nodes b, c); remove it, or add that",
            ],
        ),
        (
            network({"a": VRRP, "b": {"floating": FLOATING, "vrrp_addresses": {"b": "203.0.113.3"}}}, failover="vrrp"),
            [
                f"wireguard_floating {NO_PAIR} (node b); remove it, or add that",
                f"wireguard_vrrp_address {NO_PAIR} (node b); remove it, or add that",
            ],
        ),
        (
            network({"a": {"containers": False}}),
            ["wireguard_containers has no effect without wireguard_container_prefixes (node a); remove it"],
        ),
    ],
)
def test_idle_keys(given, messages):
    found = list(idle_keys(given))
    assert [str(finding) for finding in found] == [f"network vpn: {message}" for message in messages]
    assert {(finding.code, finding.severity) for finding in found} <= {("no-effect", "note")}


def test_the_nodes_of_a_finding_are_all_of_them():
    (found,) = idle_keys(network({name: {"home": "a"} for name in "bcdef"}))
    assert found.nodes == tuple("bcdef")
