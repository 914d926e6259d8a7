# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.compromised import (
    compromised_keys,
    still_compromised,
    without_compromised,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked, record
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ENTRY = {
    "addresses": ["10.8.0.1"], "public_key": key("b"), "next_public_key": key("c"), "retired_public_keys": [key("a")],
    "key_since": "2027-01-31", "preshared_id": key("a"), "preshared_secret_id": "0123456789abcdef",
    "next_preshared_secret_id": "0123456789abcdef", "endpoint": "203.0.113.1:51820",
}  # fmt: skip
OTHER = {"addresses": ["10.8.0.2"], "public_key": key("beta")}
REGISTRY = Registry({"alpha": ENTRY, "beta": OTHER})
LEFT = {"addresses": ["10.8.0.1"], "endpoint": "203.0.113.1:51820", "compromised_public_keys": [key("a"), key("b"), key("c")]}


def document(**values):
    nodes = {"alpha": {"endpoint": "203.0.113.1", "hosts": ["alpha"], **values}, "beta": {"hosts": ["beta"]}}
    return {"topology": "mesh", "prefixes": ["10.8.0.0/24"], "nodes": nodes}


NETWORK = network_from_dict(document())


@pytest.mark.parametrize(
    ("names", "answered", "nodes"),
    [
        pytest.param([], [], REGISTRY.nodes, id="nobody"),
        pytest.param(["alpha"], [], {"alpha": LEFT, "beta": OTHER}, id="all its keys"),
        pytest.param(["alpha"], ["beta"], {"alpha": LEFT, "beta": OTHER}, id="another host has answered"),
        pytest.param(["alpha"], ["alpha"], REGISTRY.nodes, id="it has made its new key"),
        pytest.param(["gamma"], [], REGISTRY.nodes, id="of another network"),
    ],
)
def test_the_registry(names, answered, nodes):
    assert without_compromised(NETWORK, REGISTRY.nodes, names, answered) == nodes


def test_twice_is_once():
    once = without_compromised(NETWORK, REGISTRY.nodes, ["alpha"], [])
    assert without_compromised(NETWORK, once, ["alpha"], []) == once
    assert compromised_keys(NETWORK, once) == {"alpha": (key("a"), key("b"), key("c"))}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"managed": False}, "Ansible does not configure it; revoke it, or set wireguard_client_rekey"),
        ({"public_key": key("b")}, r"its public key is in the inventory \(wireguard_public_key\); change it there"),
        ({"management": "10.8.0.1"}, "Ansible reaches it through the tunnel, at 10.8.0.1, where another may answer"),
        ({"management": "10.8.0.9"}, "Ansible reaches it through the tunnel, at 10.8.0.9, where another may answer"),
    ],
)
def test_refused(values, why):
    nodes = {"alpha": {"addresses": ["10.8.0.1"], **values}, "beta": {"addresses": ["10.8.0.2"], "endpoint": "203.0.113.2"}}
    net = network_from_dict({"topology": "mesh", "prefixes": ["10.8.0.0/24"], "nodes": nodes})
    with pytest.raises(PlanError, match=f"^node alpha: {why}"):
        without_compromised(net, REGISTRY.nodes, ["alpha"], [])


def recorded(registry, seen, compromised=()):
    keys = {(host, "wg0"): key(name) for host, name in seen.items()}
    return record(document(), registry, keys, Asked(compromised=compromised), "2027-02-01", None, True)


def test_a_run():
    """Nobody's peer at first, then with the new key; the former ones stay reserved, and nobody is believed who has one."""
    first = recorded(REGISTRY, {}, ["alpha"])
    alpha = first.merged.network.nodes["alpha"]
    assert (alpha.pending, alpha.next_public_key, alpha.preshared_id, alpha.addresses) == (True, None, None, ("10.8.0.1",))
    assert first.foreign == {"alpha": (key("a"), key("b"), key("c"))}
    assert {*first.merged.ended} == {key("a"), key("b"), key("c")}
    liar = recorded(first.merged.registry, {"alpha": "b", "beta": "beta"}, ["alpha"])
    assert liar.refused == {
        "alpha": "host alpha: has a compromised key of alpha; remove its file, or change wireguard_private_keys"
    }
    assert liar.merged.network.nodes["alpha"].pending
    second = recorded(first.merged.registry, {"alpha": "d", "beta": "beta"}, ["alpha"])
    assert (second.refused, second.merged.network.nodes["alpha"].public_key) == ({}, key("d"))
    assert recorded(second.merged.registry, {"alpha": "d", "beta": "beta"}, ["alpha"]).merged == second.merged
    assert recorded(second.merged.registry, {"alpha": "c"}).refused
    (why,) = recorded(second.merged.registry, {"beta": "b"}).refused.values()
    assert why.startswith("host beta: reports the public key of alpha; ")


def test_in_check_mode_a_host_makes_no_key_and_the_former_one_goes():
    keys = {("alpha", "wg0"): None, ("beta", "wg0"): key("beta")}
    found = record(document(), REGISTRY, keys, Asked(compromised=["alpha"]), "2027-02-01", None, True)
    assert found.merged.network.nodes["alpha"].pending


SINCE = {"public_key": key("d"), "compromised_public_keys": [key("b")]}


@pytest.mark.parametrize(
    ("present", "restored"),
    [
        pytest.param({}, ENTRY, id="not there"),
        pytest.param(OTHER, ENTRY, id="nothing is compromised"),
        pytest.param(
            {"addresses": ["10.8.0.7"], **SINCE}, {"addresses": ENTRY["addresses"], "endpoint": ENTRY["endpoint"], **SINCE},
            id="compromised since",
        ),
    ],
)  # fmt: skip
def test_an_older_registry_is_restored(present, restored):
    assert still_compromised(ENTRY, present) == restored
