# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of one node in several jobs, and runs that only apply."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import ELSEWHERE
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.adoption import Answer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked, record
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key

HUB = {
    "hub": True,
    "endpoint": "198.18.0.10",
    "floating": [{"address": "198.18.0.10/16", "interface": "eth0"}],
}
ADDRESSES = {"hub1": "198.18.0.1", "hub2": "198.18.0.2"}
REMEDIES = "run record on all its hosts in one job, or give them one key (wireguard_private_keys)"
SPOKE = {"public_key": key("spoke")}


def document(*hosts):
    nodes = {"spoke": SPOKE}
    if hosts:
        nodes["hub"] = {**HUB, "hosts": list(hosts), "vrrp_addresses": {host: ADDRESSES[host] for host in hosts}}
    return {"name": "wg", "prefixes": ["10.8.0.0/24"], "topology": "star", "failover": "vrrp", "nodes": nodes}


def job(*hosts, registry=Registry(), keys=None, **asked):  # noqa: B008 - it is frozen
    seen = {(host, "wireguard"): key(name) if name else None for host, name in (keys or {}).items()}
    seen = {(host, "wg0"): found for (host, _interface), found in seen.items()}
    live = {host: {} for host in keys or {}}
    return record(document(*hosts), registry, seen, Asked(sliced=True, **asked), "2026-01-31", None, True, live, {}, ELSEWHERE)


def test_a_node_with_a_host_in_another_job_gets_no_key():
    """Its address is recorded, it is named, and its hosts are told to make none."""
    first = job("hub1", keys={"hub1": None})
    assert first.merged.registry.nodes["hub"] == {
        "addresses": ["10.8.0.1"], "endpoint": "198.18.0.10:51820", "hub": True, "hosts": ["hub1"],
        "vrrp_addresses": {"hub1": "198.18.0.1"}, "floating": [{"address": "198.18.0.10/16", "interface": "eth0"}],
    }  # fmt: skip
    assert set(first.given) == {"spoke", "hub1"}
    line = "network wg: node hub gets no key, because only hub1 of its hosts is in this run; "
    assert first.warnings == (line + REMEDIES,)
    second = job("hub2", registry=first.merged.registry, keys={"hub2": None})
    node = second.merged.network.nodes["hub"]
    assert (node.hosts, dict(node.vrrp_addresses), node.pending) == (("hub1", "hub2"), ADDRESSES, True)
    assert set(second.given) == {"spoke", "hub1", "hub2"}
    both = job("hub1", "hub2", registry=second.merged.registry, keys={"hub1": "hub", "hub2": None})
    assert both.merged.network.nodes["hub"].public_key == key("hub")
    assert (both.refused, both.warnings) == ({}, ())


def test_a_key_from_a_vault_is_recorded_by_each_job():
    first = job("hub1", keys={"hub1": "hub"})
    second = job("hub2", registry=first.merged.registry, keys={"hub2": "hub"})
    assert [one.merged.registry.nodes["hub"]["public_key"] for one in (first, second)] == [key("hub")] * 2
    assert (second.refused, second.warnings) == ({}, ())


@pytest.mark.parametrize("mine", [None, "other"])
def test_it_never_gets_a_second_key(mine):
    both = job("hub1", "hub2", keys={"hub1": "hub", "hub2": "hub"})
    alone = job("hub2", registry=both.merged.registry, keys={"hub2": mine})
    assert alone.merged.registry == both.merged.registry
    assert alone.refused == {
        "hub2": f"host hub2: lacks the key of hub, {short(key('hub'))}, which hosts in other jobs have; {REMEDIES}"
    }


def test_any_of_its_hosts_is_applied_alone():
    both = job("hub1", "hub2", keys={"hub1": "hub", "hub2": "hub"})
    for host in ("hub1", "hub2"):
        one = job(host, registry=both.merged.registry, keys={host: "hub"}, only_recorded=True)
        assert (one.refused, one.merged.network.nodes["hub"].hosts) == ({}, ("hub1", "hub2"))


def test_a_host_that_left_the_inventory_stays_until_it_is_removed():
    both = job("hub1", "hub2", keys={"hub1": "hub", "hub2": "hub"})
    seen, live = {("hub1", "wg0"): key("hub")}, {"hub1": {}}
    one = record(document("hub1"), both.merged.registry, seen, Asked(), "2026-01-31", None, True, live)
    assert one.merged.network.nodes["hub"].hosts == ("hub1", "hub2")
    line = "network wg: node hub: no longer in the inventory, but still among its hosts: hub2; "
    assert one.warnings == (f"{line}-e wireguard_remove=hub2 removes them",)


@pytest.mark.parametrize("shown", [("hub1",), ("hub1", "hub2")], ids=["it left the inventory", "it is still there"])
def test_a_host_that_is_removed_is_no_longer_part_of_it(shown):
    both = job("hub1", "hub2", keys={"hub1": "hub", "hub2": "hub"})
    one = job(*shown, registry=both.merged.registry, keys={"hub1": "hub"}, remove=["hub2"])
    entry = one.merged.registry.nodes["hub"]
    assert (entry["hosts"], entry["vrrp_addresses"]) == (["hub1"], {"hub1": ADDRESSES["hub1"]})
    after = job("hub1", registry=one.merged.registry, keys={"hub1": "hub"})
    assert after.merged.network.nodes["hub"].hosts == ("hub1",)


@pytest.mark.parametrize(
    ("mine", "known", "line"),
    [
        ("new", "old", f"has the public key {short(key('new'))}, but the registry has {short(key('old'))} for spoke"),
        ("new", None, f"has the public key {short(key('new'))}, but the registry has none for spoke"),
        (None, "old", f"has no key, but the registry has {short(key('old'))} for spoke"),
        ("old", "old", None),
    ],
)
def test_only_what_is_recorded_is_applied(mine, known, line):
    entry = {"addresses": ["10.8.0.2"], **({"public_key": key(known)} if known else {})}
    spoke = {"name": "wg", "prefixes": ["10.8.0.0/24"], "nodes": {"spoke": {}}}
    seen = {("spoke", "wg0"): key(mine) if mine else None}
    registry = Registry({"spoke": entry})
    one = record(spoke, registry, seen, Asked(only_recorded=True), "2026-01-31", None, True, {"spoke": {}})
    expected = {"spoke": f"host spoke: {line}; run meshwork.wireguard.record on it first"} if line else {}
    assert (one.refused, one.merged.network.nodes["spoke"].public_key) == (expected, key(known) if known else None)
    assert one.given == ("spoke",)


@pytest.mark.parametrize(
    ("name", "removed", "sliced", "refused"),
    [
        ("elsewhere", {}, True, True),
        ("elsewhere", {"elsewhere": {"public_key": key("elsewhere")}}, True, False),
        ("spoke", {}, True, False),  # it has another key now
        ("elsewhere", {}, False, False),  # a peer by hand, which a run repairs
    ],
)
def test_a_peer_of_another_job_that_the_registry_lost_is_kept(name, removed, sliced, refused):
    nodes = {"alpha": {"endpoint": "203.0.113.1"}, "spoke": {}}
    known = {one: {"addresses": [f"10.8.0.{number}"], "public_key": key(one)} for number, one in enumerate(("alpha", "spoke"), 1)}
    here = Answer(("10.8.0.1",), (key("elsewhere"),), named=((name, key("elsewhere")),))
    one = record(
        {"name": "wg", "prefixes": ["10.8.0.0/24"], "nodes": nodes}, Registry(known, removed), {("alpha", "wg0"): key("alpha")},
        Asked(sliced=sliced), "2026-01-31", None, True, {"alpha": {"wg0": here}},
    )  # fmt: skip
    assert list(one.refused) == (["alpha"] if refused else [])
