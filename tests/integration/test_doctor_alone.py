# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that need hosts of their own."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.doctoring import verdicts
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

FORGET = "wg showconf wg0 >/run/c; wg set wg0 peer {0} remove; wg addconf wg0 /run/c"


@pytest.mark.long
@needs_x86
def test_a_clock_that_went_back(make_fleet):
    """b still has the endpoint that a had before; otherwise b would dial a, and all would be well."""
    fleet = make_fleet({"a": {"dialled": False}, "b": {}}, kind=KernelFleet)
    assert fleet.play().status == 0
    assert eventually(lambda: fleet.unreachable_pairs(["a", "b"]), []) == []
    keys = {name: key for key, name in fleet.public_keys().items()}
    fleet.run("a", "sh", "-ec", "date -s '1 hour ago'; wg set wg0 listen-port 4501; " + FORGET.format(keys["b"]))
    assert verdicts(fleet) == {("a", "b"): "clock-went-back"}
    fleet.run("a", "sh", "-ec", "date -s '1 hour'; wg set wg0 listen-port 51820")
    assert eventually(lambda: fleet.unreachable_pairs(["a", "b"]), [], 60) == []


@pytest.mark.long
def test_two_nodes_behind_one_router_with_equal_ports(make_fleet):
    variables = {
        "wireguard_prefixes": ["10.8.0.0/24"],
        "wireguard_topology": "custom",
        "wireguard_links": [["a", "b"], ["a", "c"]],
    }
    fleet = make_fleet({"a": {"dialled": False, "wireguard_forward": True}, "b": {}, "c": {}}, variables)
    fleet.members["c"]["wireguard_endpoint"] = fleet.members["b"]["wireguard_endpoint"]
    fleet.write_inventory()
    assert fleet.play().status == 0
    assert eventually(lambda: fleet.unreachable_pairs(["a", "b"]), []) == []
    assert verdicts(fleet) == {("a", "c"): "same-endpoint", ("b", "c"): "link-silent"}
