# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry that was lost, in whole or in part, or that is an old copy, renumbers nobody."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.adoption import Answer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked, record
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key

STOPS = (
    "Nothing was recorded or changed; restore the registry, for example from git; or run this for all members at once, with all "
    "of them up; or rebuild it from the hosts that answer (ansible-playbook meshwork.wireguard.import -e import_registry=true), "
    "and review it; or set wireguard_addresses; or let all of them get new addresses (-e wireguard_renumber=true)"
)
FLEET = {"a": {"endpoint": "203.0.113.1"}, "b": {"endpoint": "203.0.113.2"}, "c": {"endpoint": "203.0.113.3"}}


def on(*addresses, peers=()):
    return {"wg0": Answer(addresses, tuple(key(name) for name in peers), named=tuple((name, key(name)) for name in peers))}


def run(nodes, live, registry=None, asked=None, others=None, **values):
    document = {"name": "wireguard", "prefixes": ["10.8.0.0/24"], **values, "nodes": nodes}
    seen = {(host, "wg0"): key(host) for host in live or {}}
    return record(document, registry or Registry(), seen, asked or Asked(), "2027-01-01", "seed", True, live, others)


def addresses(found):
    return {name: list(node.addresses) for name, node in found.merged.network.nodes.items()}


def known(**nodes):
    return Registry({name: {"public_key": key(name), "addresses": [address]} for name, address in nodes.items()})


NEW = {"a": {}, "b": on("10.8.0.1", peers=["c"]), "c": on("10.8.0.2", peers=["b"])}
"""Host a is new. Without the registry it would get the address of b."""


@pytest.mark.parametrize(
    ("nodes", "live", "registry", "expected"),
    [
        pytest.param(FLEET, NEW, None, {"a": ["10.8.0.3"], "b": ["10.8.0.1"], "c": ["10.8.0.2"]}, id="lost"),
        pytest.param(FLEET, NEW, known(b="10.8.0.1"), {"a": ["10.8.0.3"], "b": ["10.8.0.1"], "c": ["10.8.0.2"]}, id="half of it"),
        pytest.param(
            FLEET,
            {"a": {}, "b": {}},
            None,
            {"a": ["10.8.0.1"], "b": ["10.8.0.2"], "c": ["10.8.0.3"]},
            id="a new network, one host down",
        ),
        pytest.param(
            FLEET,
            {"a": on(peers=["evil"]), "b": {}},
            None,
            {"a": ["10.8.0.1"], "b": ["10.8.0.2"], "c": ["10.8.0.3"]},
            id="peers alone prove nothing",
        ),
        pytest.param(
            FLEET,
            {"a": {}, "b": on("10.9.0.1"), "c": {}},
            None,
            {"a": ["10.8.0.1"], "b": ["10.8.0.2"], "c": ["10.8.0.3"]},
            id="the prefix no longer holds the live address",
        ),
        pytest.param(
            {**FLEET, "b": {**FLEET["b"], "addresses": ["10.8.0.50"]}},
            {**NEW, "b": on("10.8.0.1", peers=["c"])},
            None,
            {"a": ["10.8.0.1"], "b": ["10.8.0.50"], "c": ["10.8.0.2"]},
            id="another address is asked for",
        ),
        pytest.param(
            {"a": FLEET["a"]},
            {"a": {"wg1": Answer(("10.8.0.7",))}},
            None,
            {"a": ["10.8.0.1"]},
            id="an interface of another network",
        ),
    ],
)
def test_addresses(nodes, live, registry, expected):
    found = run(nodes, live, registry)
    assert addresses(found) == expected
    assert {name: entry["addresses"] for name, entry in found.merged.registry.nodes.items()} == expected
    assert (found.undecided, found.refused) == ((), {})


def test_before_a_host_has_answered_nothing_is_recorded():
    assert [run(FLEET, live).undecided for live in ({}, None)] == [("a", "b", "c"), ()]
    assert run(FLEET, {}, known(a="10.8.0.1", b="10.8.0.2")).undecided == ("c",)
    all_but_phone = known(a="10.8.0.1", b="10.8.0.2", c="10.8.0.3")
    assert set(run(PHONE, {}, all_but_phone).merged.registry.nodes) == set(FLEET)
    assert set(run(PHONE, {"a": on("10.8.0.1")}, all_but_phone).merged.registry.nodes) == set(PHONE)


PHONE = {**FLEET, "phone": {"managed": False}}


@pytest.mark.parametrize(
    ("nodes", "live", "registry", "others", "names", "faults"),
    [
        pytest.param(
            FLEET, {"a": {}, "b": NEW["b"]}, None, None, "a, b, c", "no answer from c; b has peers that", id="one is down"
        ),
        pytest.param(
            FLEET, {"a": {}}, None, {"b": on("10.8.0.1"), "c": {}}, "a, b, c", "not in this run: b, c", id="others not in the run"
        ),
        pytest.param(FLEET, {"a": {}}, None, {"b": on("10.8.0.1")}, "a, b, c", "not in this run: b; no answer from c", id="both"),
        pytest.param(
            FLEET,
            {"a": {}, "b": on("10.8.0.1"), "c": on("10.8.0.1")},
            None,
            None,
            "a, b, c",
            "10.8.0.1 belongs to b and c",
            id="two claim the same",
        ),
        pytest.param(
            FLEET,
            {**NEW, "b": on("10.8.0.1", peers=["c", "phone"])},
            None,
            None,
            "a, b, c",
            f"b has peers that nobody knows, such as removed hosts or clients: {key('phone')[:8]}...",
            id="a peer was known to the registry alone",
        ),
        pytest.param(PHONE, NEW, None, None, "a, b, c", "the client phone has no recorded key or address", id="a client was"),
    ],
)
def test_it_stops(nodes, live, registry, others, names, faults):
    with pytest.raises(PlanError) as caught:
        run(nodes, live, registry, others=others)
    begins = f"network wireguard: it is running, but the registry does not know {names}, and the hosts cannot complete it: "
    assert str(caught.value).startswith(begins + faults)
    assert str(caught.value).endswith(STOPS)
    again = run(nodes, live, registry, Asked(renumber=True), others)
    assert addresses(again) == addresses(run(nodes, None, registry))


@pytest.mark.parametrize(
    ("nodes", "peers", "registry", "lost"),
    [
        pytest.param(FLEET, {"a": ["b", "c"], "b": ["a", "c"]}, {}, {"a": "c", "b": "c"}, id="a host that is down"),
        pytest.param(PHONE, {"a": ["b", "phone"], "b": ["a"]}, {"c": "10.8.0.3"}, {"a": "phone"}, id="a client"),
        pytest.param(FLEET, {"a": ["b"], "b": ["a", "stranger"]}, {}, {}, id="who is not in the inventory"),
        pytest.param(FLEET, {"a": ["b"], "b": ["a"]}, {}, {}, id="a new host"),
    ],
)
def test_a_live_peer_whose_key_is_lost_is_not_removed(nodes, peers, registry, lost):
    """Its hosts are left out, and it gets no other address. The others go on."""
    have = known(a="10.8.0.1", b="10.8.0.2", **registry)
    live = {host: on(have.nodes[host]["addresses"][0], peers=names) for host, names in peers.items()}
    found = run(nodes, live, have)
    assert {host: why.partition(", but")[0] for host, why in found.refused.items()} == {
        host: f"host {host}: has the live peers {name}" for host, name in lost.items()
    }
    assert set(found.merged.registry.nodes) == set(nodes) - set(lost.values())
    forced = run(nodes, live, have, Asked(renumber=True))
    assert (forced.refused, set(forced.merged.registry.nodes)) == ({}, set(nodes))


def test_subnets_of_containers_are_known_to_the_registry_alone():
    with pytest.raises(PlanError) as caught:
        run(FLEET, NEW, container_prefixes=["10.9.0.0/16"])
    assert "subnets of container networks are not recorded: b, c (wireguard_container_subnets)" in str(caught.value)
    given = {name: {**FLEET[name], "container_subnets": [f"10.9.{number}.0/24"]} for number, name in enumerate("abc")}
    assert addresses(run(given, NEW, container_prefixes=["10.9.0.0/16"])) == {
        "a": ["10.8.0.3"],
        "b": ["10.8.0.1"],
        "c": ["10.8.0.2"],
    }


def test_the_drawn_prefix_is_the_one_that_hosts_have():
    live = {"a": {}, "b": on("fd12:3456:789a::1"), "c": on("fd12:3456:789a::2")}
    found = run(FLEET, live, prefixes=["ula"])
    assert found.merged.registry.ula == "fd12:3456:789a::/64"
    assert addresses(found) == {"a": ["fd12:3456:789a::3"], "b": ["fd12:3456:789a::1"], "c": ["fd12:3456:789a::2"]}
    with pytest.raises(PlanError) as caught:
        run(FLEET, {**live, "c": on("fd99::1")}, prefixes=["ula"])
    assert str(caught.value) == (
        "network wireguard: the registry does not know its prefix 'ula', and hosts have addresses in fd12:3456:789a::/64, "
        "fd99::/64; write the right one instead of 'ula'"
    )


def test_a_registry_that_contradicts_a_host_does_not_renumber_it():
    registry = known(a="10.8.0.1", b="10.8.0.2", c="10.8.0.3")
    live = {"a": on("10.8.0.1"), "b": on("10.8.0.1"), "c": {}}
    reason = (
        "host b: has 10.8.0.1, but the registry has 10.8.0.2 for b, and nobody asked for another address; restore the newest "
        "registry, set wireguard_addresses, or let the host get the recorded address (-e wireguard_renumber=true)"
    )
    assert run(FLEET, live, registry).refused == {"b": reason}
    assert run(FLEET, live, registry, Asked(renumber=True)).refused == {}
    asked = {**FLEET, "b": {**FLEET["b"], "addresses": ["10.8.0.2"]}}
    assert run(asked, live, registry).refused == {}


def test_a_new_host_that_has_the_address_of_another_is_left_out_alone():
    """Whether it lies, or was made by hand: the others go on."""
    reason = (
        "host c: has 10.8.0.1, which belongs to a; remove it from the host's interface, or give a another address "
        "(wireguard_addresses)"
    )
    live = {"b": {}, "c": on("10.8.0.1", peers=["evil"])}
    for registry in (known(a="10.8.0.1"), Registry({}, {"a": {"addresses": ["10.8.0.1"]}})):
        found = run(FLEET, live, registry)
        assert found.refused == {"c": reason}
        assert addresses(found) == {"a": ["10.8.0.1"], "b": ["10.8.0.2"], "c": ["10.8.0.3"]}
    given = {**FLEET, "a": {**FLEET["a"], "addresses": ["10.8.0.1"]}}
    assert run(given, live).refused == {"c": reason}


OLD = known(a="10.8.0.1", b="10.8.0.2", c="10.8.0.3", gone="10.8.0.4")


@pytest.mark.parametrize(
    ("live", "stays"),
    [
        pytest.param({"a": on("10.8.0.1", peers=["b"]), "b": on("10.8.0.2", peers=["a"])}, False, id="no host has it"),
        pytest.param({"a": on("10.8.0.1", peers=["b"]), "b": on("10.8.0.2", peers=["gone"])}, True, id="one has it"),
        pytest.param({}, True, id="no answer"),
        pytest.param({"a": {}}, True, id="a host that is down says nothing"),
    ],
)
def test_an_old_copy_brings_nobody_back(live, stays):
    found = run(FLEET, live, OLD)
    assert ("gone" in found.merged.network.nodes) is stays
    assert found.merged.registry.nodes["gone"] == OLD.nodes["gone"]
    assert found.merged.ended == ()
    left_out = (
        "network wireguard: in the registry, but neither in the inventory nor a peer of a host that answered, so left out: gone; "
        "if the registry is an old copy, restore the newest; -e wireguard_prune=gone removes them from it"
    )
    assert (left_out in found.merged.warnings) is not stays
    assert addresses(run({**FLEET, "d": {}}, live, OLD))["d"] == ["10.8.0.5"]
