# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.hosts import keys_in, live_peers, steps_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked, record
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NODES = {
    "alpha": {"addresses": ["10.8.0.1"], "endpoint": "203.0.113.1:51820", "public_key": key("alpha")},
    "beta": {"addresses": ["10.8.0.2"]},
    "gamma": {"addresses": ["10.8.0.3"], "public_key": key("gamma"), "managed": False},
}
NOTHING = {
    "interfaces": [], "unsettled": [], "failover": [], "vrrp": [], "bgp": [], "metrics": None, "names": None, "stale": [],
    "settled": True, "left": {}, "make_keys": True, "foreign_keys": [], "refused": None,
}  # fmt: skip
FRESH = {**NOTHING, "interfaces": ["wg0"], "unsettled": ["wg0"], "settled": False}
DONE = {**NOTHING, "interfaces": ["wg0"]}
LEFT = {"interfaces": ["wg0"], "key_names": ["wg0"], "vrrp": [], "bgp": []}


def steps(looks, present=True, asked=None, **values):
    described = {"name": "wireguard", "prefixes": ["10.8.0.0/24"], "nodes": NODES, **values}
    one = record(described, Registry(), keys_in(looks), asked or Asked(), "2026-01-01", None, remember=True)
    networks = [network_from_dict(described)]
    return steps_of(["alpha", "beta", "other"], networks, [one], looks, "d1", present, {"alpha": ["office"]})


@pytest.mark.parametrize(
    ("look", "present", "expected"),
    [
        ({}, True, FRESH),
        ({"settled": ["wg0"], "plan": "d1"}, True, DONE),
        ({"settled": ["wg0"], "plan": "d1"}, False, FRESH),
        ({"settled": ["wg0"], "plan": "d0"}, True, FRESH),
        ({"settled": [], "plan": "d1"}, True, FRESH),
        ({"settled": ["wg0", "wg1"], "plan": "d1", "stale": ["wg1"]}, True, {**DONE, "stale": ["wg1"], "settled": False}),
        ({"settled": ["wg0"], "plan": "d1", "metrics": "settled"}, True, DONE),
        ({"settled": ["wg0"], "plan": "d1", "metrics": "present"}, True, {**DONE, "metrics": "present", "settled": False}),
        ({"settled": ["wg0"], "plan": "d1", "metrics": "absent"}, True, {**DONE, "metrics": "absent", "settled": False}),
        ({"settled": ["wg0"], "plan": "d0", "metrics": "settled"}, True, {**FRESH, "metrics": "present"}),
        ({"settled": ["wg0"], "plan": "d1", "names": "settled", "metrics": "settled"}, True, DONE),
        ({"settled": ["wg0"], "plan": "d1", "names": "present"}, True, {**DONE, "names": "present", "settled": False}),
        ({"settled": ["wg0"], "plan": "d0", "names": "absent"}, True, {**FRESH, "names": "absent"}),
        (
            {"settled": ["wg0"], "plan": "d1", "vrrp": ["wg0"], "bgp": ["wg1"]},
            True,
            {**DONE, "failover": ["bgp", "vrrp"], "vrrp": ["wg0"], "bgp": ["wg1"], "settled": False},
        ),
    ],
)
def test_one_host(look, present, expected):
    given = {**FRESH, "make_keys": False}
    assert steps({"beta": look} if look else {}, present) == {"alpha": given, "beta": expected, "other": NOTHING}


def test_what_a_host_would_lose_is_said_unless_its_answer_is_rejected_anyway():
    looks = {host: {"keys": {"wg0": key("gamma")}, "interfaces": {}} for host in ("alpha", "beta")}
    one = record({"name": "wireguard", "prefixes": ["10.8.0.0/24"], "nodes": NODES}, Registry(), keys_in(looks), Asked(),
                 "2026-01-01", None, remember=True)  # fmt: skip
    found = steps_of(["alpha", "beta", "other"], [], [one], looks, "d1", True, {}, {"beta": "2 peers", "other": "3 peers"})
    assert one.refused["beta"] == found["beta"]["refused"]
    assert found["other"]["refused"] == "3 peers"


def test_ways_to_fail_over():
    hubs = {name: {**NODES[name], "hub": True, "endpoint": f"203.0.113.{n}:51820"} for n, name in enumerate(["alpha", "beta"], 1)}
    found = steps({}, topology="star", failover="bgp", nodes={**NODES, **hubs})
    assert {host: steps["failover"] for host, steps in found.items()} == {"alpha": ["bgp"], "beta": ["bgp"], "other": []}
    assert [found[host]["interfaces"] for host in ("alpha", "beta")] == [["wg0", "wg0-beta"], ["wg0", "wg0-alpha"]]


def test_a_host_without_interfaces_measures_nothing_and_gets_no_names():
    looks = {"other": {"plan": "d1", "metrics": "settled", "names": "settled"}}
    assert steps(looks)["other"] == {**NOTHING, "metrics": "absent", "names": "absent", "settled": False}


def test_what_a_removed_node_leaves():
    assert steps({}, asked=Asked(remove=("beta",)))["beta"]["left"] == LEFT


def test_what_hosts_have():
    looks = {
        "alpha": {"keys": {"wg0": key("alpha"), "wg1": None}, "interfaces": {"wg0": {"peers": [{"public_key": key("beta")}]}}},
        "beta": {"keys": {"wg0": key("beta")}},
        "gamma": {},
    }
    assert keys_in(looks) == {("alpha", "wg0"): key("alpha"), ("alpha", "wg1"): None, ("beta", "wg0"): key("beta")}
    assert live_peers(looks) == {"alpha": {key("beta")}}
