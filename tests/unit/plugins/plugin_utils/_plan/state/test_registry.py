# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Registry,
    merge,
    parse_registry,
    render_registry,
    with_ula,
)
from ansible_collections.meshwork.wireguard.tests.unit.strategies import ips, keys, names
from ansible_collections.meshwork.wireguard.tests.unit.support import key

WHERE = ".wireguard/wireguard.json"


def network(prefixes=("10.8.0.0/24",), topology="mesh", **nodes):
    return network_from_dict({"prefixes": list(prefixes), "topology": topology, "nodes": nodes})


def run(net, registry=None, prune=False, remember=True, remove=(), **observed):
    return merge(net, registry or Registry(), observed, prune=prune, remember=remember, remove=remove)


# -- text --------------------------------------------------------------------------------------------------------------

entries = st.dictionaries(
    names,
    st.fixed_dictionaries(
        {}, optional={"public_key": keys, "preshared_id": keys, "addresses": st.lists(ips), "hub": st.booleans()}
    ),
)


@given(names, entries, entries)
def test_round_trip(name, nodes, removed):
    registry = Registry(nodes, removed)
    text = render_registry(name, registry)
    assert parse_registry(text, WHERE) == registry
    assert render_registry(name, parse_registry(text, WHERE)) == text
    assert json.loads(text)["network"] == name


def test_whole_text_one_node_per_line():
    nodes = {"beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"]}, "alpha": {"addresses": ["10.8.0.1"]}}
    assert render_registry("office", Registry(nodes, {"old": {"addresses": ["10.8.0.9"]}})) == (
        "{\n"
        '"network": "office",\n'
        '"version": 1,\n'
        '"nodes": {\n'
        '  "alpha": {"addresses": ["10.8.0.1"]},\n'
        f'  "beta": {{"addresses": ["10.8.0.2"], "public_key": "{key("beta")}"}}\n'
        "},\n"
        '"removed": {\n'
        '  "old": {"addresses": ["10.8.0.9"]}\n'
        "}\n"
        "}\n"
    )
    replaced = Registry({"alpha": {"public_key": key("new"), "preshared_id": key("alpha")}})
    assert render_registry("office", replaced) == (
        '{\n"network": "office",\n"version": 2,\n"nodes": {\n'
        f'  "alpha": {{"preshared_id": "{key("alpha")}", "public_key": "{key("new")}"}}\n}}\n}}\n'
    )
    assert render_registry("empty", Registry()) == '{\n"network": "empty",\n"version": 1,\n"nodes": {}\n}\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"version": 1}',
        '{"version": 1, "nodes": []}',
        '{"version": 1, "nodes": {"a": []}}',
        '{"version": 1, "nodes": {}, "removed": []}',
        '{"version": 1, "nodes": {}, "removed": {"a": null}}',
        '<<<<<<< HEAD\n{"version": 1, "nodes": {}}\n',
    ],
)
def test_damage_is_never_an_empty_registry(text):
    with pytest.raises(PlanError) as caught:
        parse_registry(text, WHERE)
    assert str(caught.value) == f"registry {WHERE}: cannot be read; restore it, for example from git"


def test_another_key_is_still_the_same_node_where_preshared_keys_are_derived():
    first = run(network(alpha={}), alpha=key("one"))
    assert first.network.nodes["alpha"].preshared_id is None
    second = run(network(alpha={}), first.registry, alpha=key("two"))
    third = run(network(alpha={}), second.registry, alpha=key("three"))
    for found, public in ((second, "two"), (third, "three")):
        assert found.registry.nodes["alpha"]["public_key"] == found.network.nodes["alpha"].public_key == key(public)
        assert found.registry.nodes["alpha"]["preshared_id"] == found.network.nodes["alpha"].preshared_id == key("one")
    back = run(network(alpha={}), third.registry, alpha=key("one"))
    assert "preshared_id" not in back.registry.nodes["alpha"]
    absent = run(network(beta={}), third.registry, beta=key("beta"))  # also where the inventory does not show it
    assert absent.network.nodes["alpha"].preshared_id == key("one")
    removed = run(network(beta={}), third.registry, prune=True, beta=key("beta"))
    again = run(network(alpha={}), removed.registry, alpha=key("four"))
    assert again.network.nodes["alpha"].preshared_id is None  # a node that was removed begins anew


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            {"zz\u2028AllowedIPs = 10.8.0.2/32": {}},
            ("node name: 'zz\\u2028AllowedIPs = 10.8.0.2/32' is not a valid name; use 1 to 253 of"),
        ),
        ({"a/b": {}}, "node name: 'a/b' is not a valid name; use 1 to 253 of"),
        ({"a": {"home": "x y"}}, "node a.home: 'x y' is not a valid name; use 1 to 253 of"),
        ({"a": {"groups": ['"']}}, "node a.groups[0]: '\"' is not a valid name; use 1 to 253 of"),
        ({"a": {"addresses": ["fd00::1%x"]}}, "node a.addresses[0]: 'fd00::1%x' is not an address"),
        ({"a": {"public_key": "x"}}, "node a.public_key: not a WireGuard key"),
        ({"a": {"hub": "maybe"}}, "node a.hub: 'maybe' is not true or false"),
    ],
)
@pytest.mark.parametrize("part", ["nodes", "removed"])
def test_what_no_document_may_have_is_refused(part, nodes, message):
    with pytest.raises(PlanError) as caught:
        parse_registry(json.dumps({"version": 1, "nodes": {}, part: nodes}), WHERE)
    assert str(caught.value).startswith(f"registry {WHERE}: {message}")
    assert str(caught.value).endswith("; correct it there, or restore the file")


def test_keys_that_a_registry_has_not_are_not_read():
    """Nothing of a node that left the inventory runs on a host because somebody wrote that into the file."""
    ghost = {"public_key": key("ghost"), "addresses": ["10.8.0.9"], "dns": ["9.9.9.9"], "hooks": {"post_up": ["true"]}}
    registry = parse_registry(json.dumps({"version": 1, "nodes": {"ghost": {**ghost, "site": None}}}), WHERE)
    assert registry.nodes == {"ghost": {"public_key": key("ghost"), "addresses": ["10.8.0.9"]}}
    assert run(network(), registry).network.nodes["ghost"].hooks == NO_HOOKS


def test_what_a_departed_node_sends_to_its_exit_is_not_sent_to_it():
    ghost = {"public_key": key("ghost"), "addresses": ["10.8.0.9"], "allowed_ips": ["0.0.0.0/0"], "exit": "alpha"}
    registry = parse_registry(json.dumps({"version": 1, "nodes": {"ghost": ghost}}), WHERE)
    whole = run(network(alpha={"endpoint": "203.0.113.1"}), registry, alpha=key("a")).network
    assert [peer.allowed_ips for peer in peers_of(whole, "alpha")] == [("10.8.0.9/32",)]


# -- merge -------------------------------------------------------------------------------------------------------------


def test_a_fresh_network():
    net = network(alpha={"endpoint": "203.0.113.1"}, beta={"routes": ["172.20.2.0/24"], "keepalive": 15})
    merged = run(net, alpha=key("alpha"), beta=key("beta"))
    assert merged.registry == Registry(
        nodes={
            "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1:51820"},
            "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"], "routes": ["172.20.2.0/24"]},
        }
    )
    assert merged.warnings == ()
    assert merged.network.nodes["beta"].keepalive == 15
    again = run(net, merged.registry, alpha=key("alpha"), beta=key("beta"))
    assert again == merged


def test_what_only_the_registry_knows():
    registry = Registry({"alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.7"]}})
    merged = run(network(alpha={"endpoint": "203.0.113.1"}, beta={}), registry, beta=key("beta"))
    assert merged.network.nodes["alpha"].public_key == key("alpha")
    assert merged.network.nodes["alpha"].addresses == ("10.8.0.7",)
    assert merged.network.nodes["beta"].addresses == ("10.8.0.1",)


@pytest.mark.parametrize(
    ("observed", "said", "known", "expected"),
    [
        ("seen", "said", "known", "seen"),
        (None, "said", "known", "said"),
        (None, None, "known", "known"),
        (None, None, None, None),
    ],
)
def test_what_was_seen_counts_more_than_what_is_said_or_known(observed, said, known, expected):
    registry = Registry({"alpha": {"public_key": key(known)} if known else {}})
    net = network(alpha={"public_key": key(said)} if said else {})
    merged = run(net, registry, **({"alpha": key(observed)} if observed else {}))
    assert merged.network.nodes["alpha"].public_key == (key(expected) if expected else None)


def test_pending_nodes_keep_their_place():
    net = network(alpha={"endpoint": "203.0.113.1"}, beta={}, gamma={})
    merged = run(net, alpha=key("alpha"))
    assert merged.registry.nodes["beta"] == {"addresses": ["10.8.0.2"]}
    assert merged.warnings == ()
    assert peers_of(merged.network, "alpha") == ()


def test_a_node_that_left_the_inventory_stays_everybodys_peer():
    first = run(network(alpha={"endpoint": "203.0.113.1"}, beta={"routes": ["172.20.2.0/24"]}), alpha=key("a"), beta=key("b"))
    merged = run(network(alpha={"endpoint": "203.0.113.1"}), first.registry, alpha=key("a"))
    assert merged.registry == first.registry
    assert merged.warnings == (
        "network wireguard: no longer in the inventory, but still peers of all nodes: beta; -e wireguard_prune=beta removes them",
    )
    assert merged.network.nodes["beta"].hosts == ()
    assert peers_of(merged.network, "alpha") == peers_of(first.network, "alpha")


def test_a_node_without_addresses_gets_none_when_it_leaves_and_returns():
    member = {"alpha": {"endpoint": "203.0.113.1"}, "beta": {"addresses": "none", "routes": ["172.20.2.0/24"]}}
    first = run(network(**member), alpha=key("a"), beta=key("b"))
    assert first.registry.nodes["beta"]["addresses"] == []
    text = render_registry("wireguard", first.registry)
    assert parse_registry(text, "x") == first.registry
    left = run(network(alpha=member["alpha"]), parse_registry(text, "x"), alpha=key("a"))
    assert left.registry == first.registry
    assert [peer.allowed_ips for peer in peers_of(left.network, "alpha")] == [("172.20.2.0/24",)]
    assert run(network(**member), left.registry).registry == first.registry
    numbered = run(network(alpha=member["alpha"], beta={"routes": ["172.20.2.0/24"]}), left.registry)
    assert numbered.network.nodes["beta"].addresses == ("10.8.0.2",)


def test_a_node_that_left_the_inventory_stays_in_the_groups_that_links_name():
    def custom(*names, **groups):
        nodes = {name: {"endpoint": "203.0.113.1"} if name == "core" else {} for name in names}
        document = {"prefixes": ["10.8.0.0/24"], "topology": "custom", "links": [["core", "edges"]], "groups": groups}
        return network_from_dict({**document, "nodes": nodes})

    keys_of = {name: key(name) for name in ("core", "east", "west")}
    first = run(custom("core", "east", "west", edges=["east", "west", "elsewhere"]), **keys_of)
    assert {name: entry.get("groups") for name, entry in first.registry.nodes.items()} == {
        "core": None, "east": ["edges"], "west": ["edges"],
    }  # fmt: skip
    for left in (custom("core", "east", edges=["east"]), custom("core", "east", edges=["east", "west"])):
        merged = run(left, first.registry, **keys_of)
        assert merged.registry == first.registry
        assert merged.network.groups == {"edges": ("east", "west")}
        assert peers_of(merged.network, "core") == peers_of(first.network, "core")
    emptied = run(custom("core"), first.registry, **keys_of)
    assert peers_of(emptied.network, "core") == peers_of(first.network, "core")
    pruned = run(custom("core", "east", edges=["east"]), first.registry, prune=True, **keys_of)
    assert pruned.network.groups == {"edges": ("east",)}


def test_pruned_nodes_are_removed():
    first = run(network(alpha={}, beta={}, gamma={}), alpha=key("a"), beta=key("b"), gamma=key("c"))
    merged = run(network(alpha={}, gamma={}), first.registry, prune=True)
    assert merged.registry == Registry(
        nodes={name: first.registry.nodes[name] for name in ("alpha", "gamma")},
        removed={"beta": {"public_key": key("b"), "addresses": ["10.8.0.2"]}},
    )
    assert merged.warnings == ()
    assert "beta" not in merged.network.nodes
    later = run(network(alpha={}, delta={}, gamma={}), merged.registry)
    assert later.network.nodes["delta"].addresses == ("10.8.0.4",)
    assert later.registry.removed == merged.registry.removed


def test_a_removed_node_that_returns_has_its_key_and_address_again():
    registry = Registry({"alpha": {"addresses": ["10.8.0.1"]}}, {"beta": {"public_key": key("b"), "addresses": ["10.8.0.77"]}})
    merged = run(network(alpha={}, beta={}), registry)
    assert merged.registry.removed == {}
    assert merged.registry.nodes["beta"] == {"public_key": key("b"), "addresses": ["10.8.0.77"]}
    why = "removed earlier, but added again because the inventory has them"
    assert merged.warnings == (f"network wireguard: {why}: beta; remove them from its group if that is not intended",)


def test_a_renamed_host_is_an_error_with_both_names():
    first = run(network(alpha={}, beta={}), alpha=key("a"), beta=key("b"))
    with pytest.raises(PlanError) as caught:
        run(network(alpha={}, renamed={}), first.registry, alpha=key("a"), renamed=key("b"))
    assert str(caught.value) == (f"node renamed: public key {key('b')} is already beta's; give renamed another or remove beta")
    pruned = run(network(alpha={}, renamed={}), first.registry, prune=True, alpha=key("a"), renamed=key("b"))
    assert pruned.network.nodes["renamed"].public_key == key("b")


def test_departed_nodes_outside_the_prefixes_are_named_with_their_network():
    first = run(network_from_dict({"name": "office", "prefixes": ["10.8.0.0/24"], "nodes": {"a": {}, "b": {}}}))
    with pytest.raises(PlanError) as caught:
        run(network_from_dict({"name": "office", "prefixes": ["10.9.0.0/24"], "nodes": {"a": {}}}), first.registry)
    assert str(caught.value) == (
        "node b: address 10.8.0.2 is in no prefix of network office (10.9.0.0/24); change the address, or add its prefix"
    )


@pytest.mark.parametrize(
    ("prefixes", "alpha"), [(["10.8.0.0/24"], {}), (["10.8.0.0/24", "fd00:8::/64"], {"addresses": ["10.8.0.1"]})]
)
def test_without_a_registry_no_address_is_given_out(prefixes, alpha):
    with pytest.raises(PlanError) as caught:
        run(network(prefixes, alpha=alpha), remember=False)
    assert str(caught.value) == (
        "node alpha: lacks an address in a prefix, and none can be allocated without a registry; set wireguard_addresses for "
        "it, or wireguard_registry to a directory"
    )


def test_without_a_registry_given_addresses_do():
    merged = run(network(alpha={"addresses": ["10.8.0.1"]}), remember=False, alpha=key("a"))
    assert merged.network.nodes["alpha"].addresses == ("10.8.0.1",)


def test_a_given_address_of_another_node_is_refused():
    registry = Registry({"gone": {"addresses": ["10.8.0.5"]}})
    with pytest.raises(PlanError) as caught:
        run(network(alpha={"addresses": ["10.8.0.5"]}), registry)
    assert str(caught.value) == "node gone: address 10.8.0.5 is already alpha's; give gone another or remove alpha"


def test_the_registry_holds_public_data_only():
    alpha = {"endpoint": "203.0.113.1", "hooks": {"post_up": ["secret"]}, "dns": ["9.9.9.9"], "fwmark": 7}
    merged = run(network(alpha=alpha), alpha=key("a"))
    text = render_registry("wireguard", merged.registry)
    assert set(merged.registry.nodes["alpha"]) == {"public_key", "addresses", "endpoint"}
    assert "secret" not in text


# -- unique local prefixes ---------------------------------------------------------------------------------------------


def test_a_prefix_is_drawn_once_and_kept():
    document = {"name": "office", "prefixes": ["10.8.0.0/24", "ula"], "nodes": {"alpha": {}}}
    first, registry = with_ula(document, Registry(), "a seed")
    assert registry.ula is not None
    prefix = ipaddress.IPv6Network(registry.ula)
    assert (prefix.prefixlen, prefix.subnet_of(ipaddress.IPv6Network("fd00::/8"))) == (64, True)
    assert first == {**document, "prefixes": ["10.8.0.0/24", registry.ula]}
    merged = merge(network_from_dict(first), registry, {}, prune=False, remember=True)
    text = render_registry("office", merged.registry)
    assert f'"ula": "{registry.ula}"' in text
    assert with_ula(document, parse_registry(text, WHERE), "another seed")[0] == first
    assert with_ula(document, Registry(), "another seed")[0] != first
    assert with_ula({**document, "name": "lab"}, Registry(), "a seed")[1] != registry


def test_no_prefix_is_drawn_where_none_is_asked_for_or_kept():
    document = {"prefixes": ["10.8.0.0/24"], "nodes": {}}
    assert with_ula(document, Registry(), "a seed") == (document, Registry())
    with pytest.raises(PlanError) as caught:
        network_from_dict(with_ula({"prefixes": "ula", "nodes": {}}, Registry(), None)[0])
    assert str(caught.value) == (
        "network.prefixes[0]: 'ula' is drawn by a run and recorded in the registry; give the registry, or a prefix"
    )


def test_a_registry_with_a_damaged_prefix():
    with pytest.raises(PlanError, match="cannot be read"):
        parse_registry('{"version": 1, "nodes": {}, "ula": "fd00::1/64"}', WHERE)


# -- removal -----------------------------------------------------------------------------------------------------------

ALPHA = {"endpoint": "203.0.113.1", "public_key": key("alpha")}
A, B, OLD = (
    {"addresses": ["10.8.0.1"], "endpoint": "203.0.113.1:51820", "public_key": key("alpha")},
    {"addresses": ["10.8.0.2"], "public_key": key("beta")},
    {"addresses": ["10.8.0.9"]},
)


@pytest.mark.parametrize(
    ("nodes", "registry", "remove", "prune", "kept", "removed"),
    [
        ({"alpha": ALPHA, "beta": {}}, Registry({"alpha": A, "beta": B}), ["beta"], False, {"alpha": A}, {"beta": B}),
        ({"alpha": ALPHA}, Registry({"alpha": A, "beta": B}), ["beta"], False, {"alpha": A}, {"beta": B}),
        ({"alpha": ALPHA, "beta": {}}, Registry({"alpha": A}), ["beta"], False, {"alpha": A}, {}),
        ({"alpha": ALPHA, "beta": {}}, Registry({"alpha": A}, {"beta": B}), ["beta"], False, {"alpha": A}, {"beta": B}),
        ({"alpha": ALPHA, "beta": {}}, Registry({"alpha": A}, {"beta": B}), [], False, {"alpha": A, "beta": B}, {}),
        (
            {"alpha": ALPHA},
            Registry({"alpha": A, "beta": B}, {"old": OLD}),
            ["old"],
            False,
            {"alpha": A, "beta": B},
            {"old": OLD},
        ),
        ({"alpha": ALPHA}, Registry({"alpha": A, "beta": B}, {"old": OLD}), ["x"], True, {"alpha": A}, {"beta": B, "old": OLD}),
        ({"alpha": ALPHA, "beta": {}}, Registry({"alpha": A, "beta": B}), ["alpha", "beta"], False, {}, {"alpha": A, "beta": B}),
    ],
    ids=[
        "still in the inventory",
        "only in the registry",
        "never seen",
        "a removed node already",
        "a removed node that is a member again",
        "long gone",
        "with others that are pruned",
        "all",
    ],
)
def test_remove(nodes, registry, remove, prune, kept, removed):
    found = run(network(**nodes), registry, prune=prune, remove=remove)
    assert (dict(found.registry.nodes), dict(found.registry.removed)) == (kept, removed)
    assert list(found.network.nodes) == sorted(kept)


def test_the_address_of_one_that_goes_is_not_given_out():
    found = run(network(alpha=ALPHA, beta={}, gamma={}), Registry({"alpha": A, "beta": B}), remove=["beta"])
    assert found.registry.nodes["gamma"] == {"addresses": ["10.8.0.3"]}


@pytest.mark.parametrize(
    ("nodes", "registry", "remove", "prune", "ended"),
    [
        ({"alpha": ALPHA, "beta": {}}, Registry({"alpha": A, "beta": B}), ["beta"], False, ["beta"]),
        ({"alpha": ALPHA, "beta": {"public_key": key("given")}}, Registry({"alpha": A}), ["beta"], False, ["given"]),
        ({"alpha": ALPHA}, Registry({"alpha": A}, {"beta": B, "old": OLD}), [], False, ["beta"]),
        ({"alpha": ALPHA}, Registry({"alpha": A, "beta": B}), [], True, []),
        ({"alpha": ALPHA}, Registry({"alpha": A, "beta": B}), ["beta"], True, ["beta"]),
        ({"alpha": ALPHA}, Registry({"alpha": A, "beta": B}), [], False, []),
    ],
    ids=["removed now", "its key is given", "removed earlier", "pruned", "removed and pruned", "departed"],
)
def test_ended_keys(nodes, registry, remove, prune, ended):
    assert run(network(**nodes), registry, prune=prune, remove=remove).ended == tuple(map(key, ended))
