# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run believes of its hosts, what it takes out, and what it says of that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked, Left, over_lines, record
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome, shorthand

TODAY = "2027-01-01"
ALPHA = {"endpoint": "203.0.113.1", "forward": True}
PAIR = {
    "hosts": ["hub1", "hub2"], "hub": True, "endpoint": "203.0.113.9",
    "vrrp_addresses": {"hub1": "203.0.113.1", "hub2": "203.0.113.2"},
    "floating": [{"address": "203.0.113.9/24", "interface": "eth0"}],
}  # fmt: skip
STAR = {"topology": "star", "failover": "vrrp"}


def document(nodes, **values):
    return {"name": "wireguard", "prefixes": ["10.8.0.0/24"], **values, "nodes": nodes}


def known(removed=(), **nodes):
    """A registry whose nodes have the keys of these names."""
    entries = {name: {"public_key": key(owner)} for name, owner in nodes.items()}
    return Registry(entries, {name: {"public_key": key(name), "addresses": ["10.8.0.99"]} for name in removed})


def run(nodes, registry=None, seen=(), asked=None, remember=True, upcoming=(), **values):
    answers, following = (
        {(host, "wg0"): key(owner) if owner else None for host, owner in dict(some).items()} for some in (seen, upcoming)
    )
    return record(
        document(nodes, **values), registry or Registry(), answers, asked or Asked(), TODAY, None, remember, upcoming=following
    )


def keys_of(found):
    return {name: node.public_key for name, node in found.merged.network.nodes.items()}


ANOTHER = "give it its own key (-e wireguard_regenerate=always, on this host only), and find out how it got this one"
FRESH = {"alpha": ALPHA, "beta": {}, "evil": {}}


@pytest.mark.parametrize(
    ("nodes", "registry", "seen", "keys", "refused"),
    [
        pytest.param(
            FRESH, known(), {"alpha": "a", "beta": "b", "evil": "e"}, {"alpha": "a", "beta": "b", "evil": "e"}, {}, id="its own"
        ),
        pytest.param(
            FRESH,
            known(beta="b"),
            {"alpha": "a", "beta": "b", "evil": "b"},
            {"alpha": "a", "beta": "b", "evil": None},
            {"evil": f"host evil: reports the public key of beta; {ANOTHER}"},
            id="the registry's of another",
        ),
        pytest.param(
            FRESH,
            known(beta="b", evil="e"),
            {"evil": "b"},
            {"alpha": None, "beta": "b", "evil": "e"},
            {"evil": f"host evil: reports the public key of beta; {ANOTHER}"},
            id="and keeps its own in the registry",
        ),
        pytest.param(
            {**FRESH, "beta": {"public_key": key("b")}},
            known(),
            {"evil": "b"},
            {"alpha": None, "beta": "b", "evil": None},
            {"evil": f"host evil: reports the public key of beta; {ANOTHER}"},
            id="the inventory's of another",
        ),
        pytest.param(
            FRESH,
            known(),
            {"beta": "same", "evil": "same"},
            {"alpha": None, "beta": None, "evil": None},
            {
                "beta": f"host beta: reports the same public key as evil; {ANOTHER}",
                "evil": f"host evil: reports the same public key as beta; {ANOTHER}",
            },
            id="two, and nobody knows whose it is",
        ),
        pytest.param(
            FRESH,
            known(removed=["old"]),
            {"evil": "old"},
            {"alpha": None, "beta": None, "evil": None},
            {"evil": f"host evil: reports the public key of old; {ANOTHER}"},
            id="that of a removed node",
        ),
        pytest.param(
            {**FRESH, "evil": {"public_key": key("given")}},
            known(),
            {"evil": "e"},
            {"alpha": None, "beta": None, "evil": "given"},
            {
                "evil": f"host evil: has the public key {shorthand('e')}, but the inventory has {shorthand('given')} for evil; "
                "correct wireguard_public_key, or give the host that key (wireguard_private_keys)"
            },
            id="not the one that the inventory gives",
        ),
        pytest.param(
            {**FRESH, "evil": {"public_key": key("e")}},
            known(),
            {"evil": "e"},
            {"alpha": None, "beta": None, "evil": "e"},
            {},
            id="the one that the inventory gives",
        ),
        pytest.param(FRESH, known(evil="e"), {"evil": None}, {"alpha": None, "beta": None, "evil": "e"}, {}, id="none yet"),
    ],
)
def test_who_is_believed(nodes, registry, seen, keys, refused):
    found = run(nodes, registry, seen)
    assert keys_of(found) == {name: owner and key(owner) for name, owner in keys.items()}
    assert found.refused == refused


NAMES = ("alpha", "beta", "gamma", "evil")


@given(
    lie=st.sampled_from([*NAMES, "removed", "own", "new"]),
    registered=st.sets(st.sampled_from(NAMES)),
    answering=st.sets(st.sampled_from(NAMES[:3])),
)
def test_a_host_decides_its_own_key_alone(lie, registered, answering):
    """Whatever evil answers, the others have the keys that they would have if it had not been reached."""
    nodes = {"alpha": ALPHA, "beta": {}, "gamma": {}, "evil": {}}
    registry = known(removed=["removed"], **{name: name for name in registered})
    honest = {name: name for name in answering}
    taken = lie in (*registered, "removed") and lie != "evil"
    fresh = lie in answering and not taken  # then nobody can tell whose it is
    without, with_lie = run(nodes, registry, honest), run(nodes, registry, {**honest, "evil": lie})
    others = [{name: k for name, k in keys_of(found).items() if name != "evil"} for found in (without, with_lie)]
    assert others[0] == others[1] or fresh
    assert ("evil" in with_lie.refused) is (taken or fresh)


def test_another_key_than_before_is_said():
    found = run(FRESH, known(alpha="a", beta="b"), {"alpha": "a", "beta": "b2"})
    said = f"network wireguard: node beta has a new public key, {shorthand('b')} -> {shorthand('b2')}; "
    assert found.warnings == (said + "if the host was not reinstalled, check which machine answers there",)
    assert found.refused == {}


@pytest.mark.parametrize(
    ("nodes", "what"),
    [
        ({"alpha": ALPHA, "new": {"public_key": key("old")}}, "its public key"),
        ({"alpha": {**ALPHA, "addresses": ["10.8.0.99"]}}, "its address 10.8.0.99"),
    ],
)
def test_keys_and_addresses_of_removed_nodes_are_reserved(nodes, what):
    found = outcome(run, nodes, known(removed=["old"]))
    remedy = "give it another one, or delete old from `removed` in the registry"
    assert found == f"refused: node {list(nodes)[-1]}: {what} belongs to the removed node old; {remedy}"


def test_a_removed_node_may_come_back_itself():
    assert keys_of(run({"alpha": ALPHA, "old": {}}, known(removed=["old"]), {"old": "old"}))["old"] == key("old")


def test_hosts_with_a_given_key_make_none():
    nodes = {"alpha": {**ALPHA, "public_key": key("a")}, "beta": {}, "phone": {"public_key": key("p"), "managed": False}}
    found = run({**nodes, "tablet": {"managed": False}})
    assert (found.given, found.ours) == (("alpha",), ("tablet",))


# -- nodes on several hosts ---------------------------------------------------------------------------------------------

HUBS = {"hub": PAIR, "till": {}, "desk": {}}


@pytest.mark.parametrize(
    ("registry", "seen", "asked", "hub"),
    [
        (known(), {"hub1": "one", "hub2": "two"}, Asked(), "one"),
        (known(), {"hub2": "two"}, Asked(), "two"),
        (known(hub="one"), {"hub1": "one", "hub2": "two"}, Asked(), "one"),
        (known(hub="one"), {"hub1": "new", "hub2": "one"}, Asked(), "one"),
        (known(hub="one"), {"hub1": "new", "hub2": "one"}, Asked(regenerate=True), "new"),
        (known(hub="one"), {"hub1": "one", "hub2": "new"}, Asked(regenerate=True), "one"),
    ],
    ids=["the first", "who answers", "the known one stays", "also against the first", "it is changed", "by the first alone"],
)
def test_a_shared_key(registry, seen, asked, hub):
    found = run(HUBS, registry, seen, asked, **STAR)
    assert (keys_of(found)["hub"], found.refused) == (key(hub), {})


def test_who_was_part_of_a_pair_keeps_no_key_of_it():
    found = run(HUBS, known(hub="one"), **STAR)
    assert found.foreign == {"till": (key("one"),), "desk": (key("one"),)}
    assert run({"alpha": ALPHA, "beta": {}}, known(alpha="a")).foreign == {}


BGP = {"topology": "star", "failover": "bgp"}
TWO_HUBS = {
    "hub1": {"hub": True, "endpoint": "203.0.113.1"}, "hub2": {"hub": True, "endpoint": "203.0.113.2"}, "till": {}, "desk": {},
}  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "values", "remove", "left"),
    [
        (FRESH, {}, ["beta"], {"beta": Left(("wg0",), ("wg0",))}),
        (FRESH, {}, ["nobody"], {}),
        (TWO_HUBS, BGP, ["till"], {"till": Left(("wg0-hub1", "wg0-hub2"), ("wg0",), (), ("wg0",))}),
        (HUBS, STAR, ["hub2"], {"hub2": Left(("wg0",), ("wg0",), ("wg0",))}),
        ({**FRESH, "phone": {"managed": False}}, {}, ["phone"], {}),
    ],
    ids=["one interface", "unknown", "one for each hub", "one host of a pair", "a client"],
)
def test_what_goes_from_the_hosts_of_removed_nodes(nodes, values, remove, left):
    assert run(nodes, known(), asked=Asked(remove=remove), **values).left == left


def test_all_hosts_of_a_network_that_is_removed():
    found = run(TWO_HUBS, known(hub1="1", till="t"), asked=Asked(whole=True), **BGP)
    assert sorted(found.left) == sorted(TWO_HUBS)
    assert found.left["hub1"] == Left(("wg0", "wg0-hub2"), ("wg0",), (), ("wg0",))
    assert found.merged.ended == tuple(sorted((key("1"), key("t"))))


# -- what is taken out --------------------------------------------------------------------------------------------------

MANY = {name: name for name in ("a", "b", "c", "d", "e")}


@pytest.mark.parametrize(
    ("registry", "asked", "error"),
    [
        (known(alpha="x", old="y"), Asked(prune=True), None),
        (known(alpha="x", **MANY), Asked(), None),
        (known(alpha="x", **MANY), Asked(prune=True, max_removals=5), None),
        (
            known(alpha="x", **MANY),
            Asked(prune=True),
            (
                "refused: network wireguard: 5 of 6 nodes would be pruned, but at most 1 may be: a, b, c, d, e; if that is "
                "intended, set wireguard_max_removals to 5"
            ),
        ),
        (known(alpha="x", **MANY), Asked(prune=True, remove=["a", "b", "c", "d"]), None),
    ],
    ids=["one", "without prune", "as many as may", "an inventory that came back empty", "removed on purpose"],
)
def test_an_inventory_that_lost_its_hosts_prunes_nobody(registry, asked, error):
    found = outcome(run, {"alpha": ALPHA}, registry, asked=asked)
    assert found == error if error else not isinstance(found, str)


def clients(**days):
    return {"alpha": ALPHA, **{name: {"managed": False, "expires": day} for name, day in days.items()}}


@pytest.mark.parametrize(
    ("nodes", "registry", "asked", "over"),
    [
        (clients(p="2026-12-31", q="2027-12-31"), known(p="p", q="q"), Asked(), ["p"]),
        (clients(p="2026-12-31"), known(p="p"), Asked(), ["p"]),
        (clients(p="2026-12-31", q="2026-12-30"), known(p="p", q="q"), Asked(expire_all=True), ["p", "q"]),
        (clients(p="2026-12-31", q="2026-12-30"), known(), Asked(), ["p", "q"]),
        (clients(p="2026-12-31", q="2026-12-30"), known(removed=["p", "q"]), Asked(), ["p", "q"]),
        (clients(p="2026-12-31", q="2026-12-30"), known(p="p", q="q"), Asked(), None),
    ],
    ids=["one of two", "the only one", "as asked for", "nobody knows them", "long ago", "all at once"],
)
def test_not_all_expire_at_once_unasked(nodes, registry, asked, over):
    found = outcome(run, nodes, registry, asked=asked)
    if over is None:
        assert found == (
            "refused: network wireguard: all nodes with an expiry day would expire in this run: p, q; check the controller's "
            "clock; if that is intended, run with -e wireguard_expire_all=true"
        )
    else:
        assert sorted(found.over) == over


@pytest.mark.parametrize(
    ("remove", "rollback", "revoked", "refused"),
    [
        ("hub1", True, False, True),
        ("hub1", False, False, False),
        ("hub1", True, True, False),
        ("till", True, False, False),
    ],
)
def test_a_node_that_paths_go_through_is_not_removed_with_a_rollback(remove, rollback, revoked, refused):
    hubs = {name: {**node, "revoked": revoked} if name == "hub1" else node for name, node in TWO_HUBS.items()}
    found = outcome(run, hubs, known(), asked=Asked(remove=[remove], rollback=rollback), topology="star")
    start = "refused: node hub1: it forwards for other nodes, and a rollback does not restore removed nodes; "
    assert (isinstance(found, str) and found.startswith(start)) is refused


PEERS = {"alpha": [key("p"), key("beta")], "beta": [key("p")]}


@pytest.mark.parametrize(
    ("live", "running", "said"),
    [
        (PEERS, ["alpha", "beta"], "removed from 2 hosts in this run"),
        (PEERS, ["alpha"], "removed from 1 hosts in this run; still on: beta"),
        ({"alpha": [], "beta": []}, ["alpha", "beta"], "is not a peer of any node"),
        (
            {"alpha": PEERS["alpha"]},
            ["alpha"],
            "removed from 1 hosts in this run; possibly still on, not checked in this run: beta",
        ),
        ({}, [], "possibly still on, not checked in this run: alpha, beta"),
    ],
)  # fmt: skip
def test_what_is_said_is_what_is_done(live, running, said):
    nodes = {"alpha": ALPHA, "beta": {}, "phone": {"managed": False, "revoked": True}}
    found = run(nodes, known(phone="p"))
    assert list(over_lines(found, live, running)) == [f"network wireguard: node phone is revoked: {said}"]


def test_a_key_changes():
    """It is made, the registry has it, the host changes to it, and the old one is never used again."""
    nodes = {"alpha": ALPHA, "beta": {}}
    seen = {"alpha": "a", "beta": "b"}

    def keys(found):
        entry = found.merged.registry.nodes["beta"]
        return {name: value for name, value in entry.items() if "key" in name}

    made = run(nodes, known(alpha="a", beta="b"), seen, upcoming={"beta": "b2"})
    assert keys(made) == {"public_key": key("b"), "next_public_key": key("b2")}
    assert made.merged.network.nodes["beta"].next_public_key == key("b2")
    silent = run(nodes, made.merged.registry, {"alpha": "a"})
    assert silent.merged.registry == made.merged.registry
    applying = run(nodes, made.merged.registry, {"alpha": "a", "beta": "b2"}, Asked(only_recorded=True))
    assert (applying.refused, applying.merged.registry) == ({}, made.merged.registry)
    changed = run(nodes, made.merged.registry, {"alpha": "a", "beta": "b2"})
    assert keys(changed) == {"public_key": key("b2"), "retired_public_keys": [key("b")], "key_since": TODAY}
    assert changed.merged.network.nodes["beta"].preshared_id == key("b")
    assert (changed.merged.ended, changed.warnings) == ((), ())
    later = run(nodes, changed.merged.registry, {"alpha": "a", "beta": "b2"})
    assert (later.merged.ended, later.merged.registry) == ((key("b"),), changed.merged.registry)
    back = run(nodes, changed.merged.registry, seen, upcoming={"beta": "b2"})
    assert keys(back) == {"public_key": key("b"), "next_public_key": key("b2"), "key_since": TODAY}


@pytest.mark.parametrize(
    ("upcoming", "other"),
    [
        ({"evil": "a"}, "alpha"),
        ({"evil": "b2"}, "beta"),
        ({"evil": "b0"}, "beta"),
        ({"evil": "gone"}, "gone"),
        ({"evil": "x", "alpha": "x"}, "alpha"),
    ],
    ids=["used", "next", "retired", "of a removed node", "the same as another's"],
)
def test_a_next_key_of_another_is_refused(upcoming, other):
    registry = known(("gone",), alpha="a", beta="b", evil="e")
    beta = {**registry.nodes["beta"], "next_public_key": key("b2"), "retired_public_keys": [key("b0")]}
    registry = replace(registry, nodes={**registry.nodes, "beta": beta})
    found = run(FRESH, registry, {"alpha": "a", "beta": "b", "evil": "e"}, upcoming={"beta": "b2", **upcoming})
    assert found.refused["evil"] == (
        f"host evil: reports a public key of {other} as its next one; remove the file of its next key"
    )
    assert "next_public_key" not in found.merged.registry.nodes["evil"]


@pytest.mark.parametrize("owner", ["b2", "b0"])
def test_a_host_that_uses_a_next_or_retired_key_of_another_is_refused(owner):
    beta = {"public_key": key("b"), "next_public_key": key("b2"), "retired_public_keys": [key("b0")]}
    found = run(FRESH, Registry({"beta": beta}), {"beta": "b", "evil": owner}, upcoming={"beta": "b2"})
    assert found.refused == {"evil": f"host evil: reports the public key of beta; {ANOTHER}"}
