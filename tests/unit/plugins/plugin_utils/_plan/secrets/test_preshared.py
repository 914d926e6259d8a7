# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.preshared_secrets import secret_id
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import (
    Preshared,
    check_preshared,
    half_changed,
    preshared_for,
    preshared_warnings,
    read_preshared,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

SECRET = "correct horse battery staple"
OTHER = "another secret, as long as it must be"
GIVEN = key("given")
NAMES = ("alpha", "beta", "gamma")
REMEDY = "; it must be the same on all members of the network: set it in group_vars"


def network(name="wireguard", **values):
    nodes = {
        node: {"public_key": key(node), "addresses": [f"10.8.0.{index}"], "endpoint": f"203.0.113.{index}"}
        for index, node in enumerate(NAMES, start=1)
    }
    return network_from_dict({"name": name, "prefixes": ["10.8.0.0/24"], "nodes": nodes, **values})


def by_hand(secret, name, a, b):
    """RFC 5869, 2.2 and 2.3: no salt is a salt of zeros, and 32 bytes are one block."""
    extracted = hmac.digest(bytes(32), secret.encode(), hashlib.sha256)
    info = "\0".join(["meshwork.wireguard preshared key", name, *sorted((a, b))]).encode()
    return base64.b64encode(hmac.digest(extracted, info + b"\1", hashlib.sha256)).decode()


def keys_of(net, preshared):
    """(host, peer) -> preshared key, from the interfaces of all hosts."""
    return {
        (host, peer["name"]): peer.get("preshared_key")
        for host in NAMES
        for entry in interfaces_of([net], host, {net.name: preshared})
        for peer in entry["config"]["peers"]
    }


def test_a_fixed_vector():
    """Computed once by hand; a change of it is a new key for everybody's tunnels."""
    found = keys_of(network(), read_preshared("x", SECRET, None))
    assert found["alpha", "beta"] == "2nKZSF4ez33nckyyqG9msJGWNbRuJYpCC64u1wrCL3w="


def test_every_pair_has_a_key_of_its_own_and_both_sides_the_same():
    found = keys_of(network(), read_preshared("x", SECRET, None))
    pairs = list(itertools.combinations(NAMES, 2))
    assert found == {side: by_hand(SECRET, "wireguard", key(a), key(b)) for a, b in pairs for side in ((a, b), (b, a))}
    assert len(set(found.values())) == len(pairs)
    others = [keys_of(network("office"), Preshared(SECRET)), keys_of(network(), Preshared(OTHER))]
    assert [set(found.values()) & set(other.values()) for other in others] == [set(), set()]


def test_the_key_follows_the_public_keys_and_nothing_else():
    before = keys_of(network(), Preshared(SECRET))
    nodes = network_to_dict(network())["nodes"]
    moved = network(nodes={**nodes, "beta": {**nodes["beta"], "addresses": ["10.8.0.77"], "endpoint": "192.0.2.1", "mtu": 1300}})
    assert keys_of(moved, Preshared(SECRET)) == before
    anew = network(nodes={**nodes, "beta": {**nodes["beta"], "public_key": key("new")}})
    changed = {side for side, value in keys_of(anew, Preshared(SECRET)).items() if value != before[side]}
    assert changed == {side for side in before if "beta" in side}


def test_a_node_that_is_still_the_same_keeps_its_keys_with_another_public_key():
    before, nodes = keys_of(network(), Preshared(SECRET)), network_to_dict(network())["nodes"]
    anew = {name: {**node, "public_key": key(f"new {name}"), "preshared_id": key(name)} for name, node in nodes.items()}
    for some in ({"beta": anew["beta"]}, anew):
        assert keys_of(network(nodes={**nodes, **some}), Preshared(SECRET)) == before


@pytest.mark.parametrize("secret", [f" {SECRET}\n", SECRET + "\r\n"])
def test_white_space_around_a_secret_is_none_of_it(secret):
    assert read_preshared("x", secret, None) == Preshared(SECRET)


@pytest.mark.parametrize("secret", [None, "", " \n"])
def test_without_a_secret_there_are_no_keys(secret):
    assert set(keys_of(network(), read_preshared("x", secret, None)).values()) == {None}
    assert interfaces_of([network()], "alpha") == interfaces_of([network()], "alpha", {"wireguard": Preshared()})


def test_a_given_key_wins_and_needs_no_secret():
    given = [{"nodes": ["beta", "alpha"], "key": f"{GIVEN}\n"}]
    alone = keys_of(network(), read_preshared("x", None, given))
    assert alone == {side: GIVEN if set(side) == {"alpha", "beta"} else None for side in alone}
    derived = keys_of(network(), Preshared(SECRET))
    both = keys_of(network(), read_preshared("x", SECRET, given))
    assert both == {**derived, ("alpha", "beta"): GIVEN, ("beta", "alpha"): GIVEN}


def test_a_pending_node_derives_nothing():
    nodes = network_to_dict(network())["nodes"]
    pending = network(nodes={**nodes, "alpha": {**nodes["alpha"], "public_key": None}})
    found = keys_of(pending, Preshared(SECRET))
    assert {side for side, value in found.items() if value is None} == {("alpha", "beta"), ("alpha", "gamma")}
    assert set(found) == {(a, b) for a in NAMES for b in NAMES if a != b and b != "alpha"}


IDS = {secret: secret_id(secret, "wireguard") for secret in (SECRET, OTHER)}
BOTH = read_preshared("x", OTHER, None, f"{SECRET}\n")


def changing(base=None, **ids):
    """The network while its secret changes; ids of nodes: (of now, of the next key)."""
    nodes = network_to_dict(network())["nodes"]
    for name, (now, upcoming) in ids.items():
        nodes[name] |= {"preshared_secret_id": now, "next_preshared_secret_id": upcoming, "next_public_key": key(f"next {name}")}
    return network(nodes=nodes, preshared_base=base)


def whole_keys(net, preshared):
    """(host, peer, whether it is the peer's next key) -> (preshared key, next preshared key)."""
    return {
        (host, peer["name"], "follows" in peer): (peer["preshared_key"], peer.get("next_preshared_key"))
        for host in NAMES
        for entry in interfaces_of([net], host, {net.name: preshared})
        for peer in entry["config"]["peers"]
    }


def keyed(a, b, old=SECRET, new=None):
    return tuple(secret and by_hand(secret, "wireguard", key(a), key(b)) for secret in (old, new))


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        pytest.param(changing(), {}, id="nobody has come"),
        pytest.param(changing(IDS[SECRET]), {}, id="it is known that nobody has"),
        pytest.param(changing(IDS[OTHER]), dict.fromkeys(["alpha beta", "alpha gamma", "beta gamma"], (OTHER,)), id="all have"),
        pytest.param(changing(beta=(IDS[OTHER], None)), dict.fromkeys(["alpha beta", "beta gamma"], (OTHER,)), id="those of one"),
        pytest.param(changing(beta=(IDS[SECRET], None)), {}, id="an id that is not known"),
    ],
)
def test_each_pair_has_one_of_two_secrets(net, expected):
    found = {side[:2]: its for side, its in whole_keys(net, BOTH).items() if not side[2]}
    pairs = [(a, b) for a in NAMES for b in NAMES if a != b]
    assert found == {(a, b): keyed(a, b, *expected.get(" ".join(sorted((a, b))), (SECRET,))) for a, b in pairs}


def test_a_next_key_comes_with_the_new_secret_on_both_sides():
    """Beta's has it, and gamma's was made before the secret was changed."""
    assert whole_keys(changing(beta=(None, IDS[OTHER]), gamma=(None, None)), BOTH) == {
        ("alpha", "beta", False): keyed("alpha", "beta"),
        ("alpha", "beta", True): keyed("alpha", "beta", OTHER),
        ("alpha", "gamma", False): keyed("alpha", "gamma"),
        ("alpha", "gamma", True): keyed("alpha", "gamma"),
        ("beta", "alpha", False): keyed("alpha", "beta", SECRET, OTHER),
        ("beta", "gamma", False): keyed("beta", "gamma", SECRET, OTHER),
        ("beta", "gamma", True): keyed("beta", "gamma", SECRET, OTHER),
        ("gamma", "alpha", False): keyed("alpha", "gamma"),
        ("gamma", "beta", False): keyed("beta", "gamma"),
        ("gamma", "beta", True): keyed("beta", "gamma", OTHER),
    }


def test_what_has_come_already_does_not_come_next():
    found = whole_keys(changing(alpha=(IDS[OTHER], None), beta=(None, IDS[OTHER])), BOTH)
    assert found["beta", "alpha", False] == keyed("alpha", "beta", OTHER)
    assert found["beta", "gamma", False] == keyed("beta", "gamma", SECRET, OTHER)


def test_a_given_key_stays_while_the_secret_changes():
    given = read_preshared("x", OTHER, [{"nodes": ["alpha", "beta"], "key": GIVEN}], SECRET)
    found = whole_keys(changing(beta=(None, IDS[OTHER])), given)
    assert {its for side, its in found.items() if {*side[:2]} == {"alpha", "beta"}} == {(GIVEN, None)}


def test_without_the_previous_secret_all_is_as_ever():
    net = changing(alpha=(IDS[OTHER], None), beta=(None, IDS[OTHER]))
    assert {its[1] for its in whole_keys(net, Preshared(OTHER)).values()} == {None}
    assert keys_of(net, Preshared(OTHER)) == keys_of(network(), Preshared(OTHER))


def test_no_secret_is_shown():
    assert repr(BOTH) == "Preshared()"
    preshared = read_preshared("x", SECRET, [{"nodes": ["alpha", "beta"], "key": GIVEN}])
    assert repr(preshared) == "Preshared()"
    peers = preshared.of(network(), "alpha", peers_of(network(), "alpha"))
    assert [text for text in (GIVEN, by_hand(SECRET, "wireguard", key("alpha"), key("gamma"))) if text in repr(peers)] == []


ENTRY = {"nodes": ["alpha", "beta"], "key": GIVEN}
NO_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"


@pytest.mark.parametrize(
    ("secret", "keys", "message"),
    [
        (
            "fifteen letters",
            None,
            ("network x: wireguard_preshared_secret is shorter than 16 characters; make one with `openssl rand -base64 32`"),
        ),
        (1234567890123456, None, "network x: wireguard_preshared_secret must be text; put it in quotes"),
        ([SECRET], None, "network x: wireguard_preshared_secret must be text; put it in quotes"),
        (
            None,
            GIVEN,
            "network x: wireguard_preshared_keys: must be a list of links, each {nodes: [alpha, beta], key: KEY}",
        ),
        (
            None,
            [GIVEN],
            "network x: wireguard_preshared_keys[0]: must have nodes and key, like {nodes: [alpha, beta], key: KEY}",
        ),
        (
            None,
            [ENTRY, {"nodes": ["alpha", "gamma"]}],
            "network x: wireguard_preshared_keys[1]: must have nodes and key, like {nodes: [alpha, beta], key: KEY}",
        ),
        (
            None,
            [{**ENTRY, GIVEN: 1}],
            "network x: wireguard_preshared_keys[0]: must have nodes and key, like {nodes: [alpha, beta], key: KEY}",
        ),
        (None, [{**ENTRY, "key": SECRET}], f"network x: wireguard_preshared_keys[0].key: {NO_KEY}"),
        (None, [{"nodes": ["alpha", GIVEN], "key": "beta"}], f"network x: wireguard_preshared_keys[0].key: {NO_KEY}"),
        *(
            (
                None,
                [{**ENTRY, "nodes": nodes}],
                "network x: wireguard_preshared_keys[0].nodes: must name two nodes, like [alpha, beta]",
            )
            for nodes in (GIVEN, ["alpha"], ["alpha", "alpha"], ["alpha", "beta", "alpha"], None)
        ),
        (
            None,
            [ENTRY, {**ENTRY, "nodes": ["beta", "alpha"]}],
            "network x: wireguard_preshared_keys[1]: the link alpha - beta already has a key; remove one",
        ),
    ],
)
def test_what_is_refused_repeats_no_secret(secret, keys, message):
    assert outcome(read_preshared, "network x", secret, keys) == f"refused: {message}"
    assert [text for text in (GIVEN, SECRET, "fifteen letters") if text in message] == []


REMEDY_OF_PREVIOUS = "; set the new secret there, or remove wireguard_preshared_secret_previous"


@pytest.mark.parametrize(
    ("secret", "previous", "message"),
    [
        (SECRET, "fifteen letters", "is shorter than 16 characters; make one with `openssl rand -base64 32`"),
        (SECRET, 1234567890123456, "must be text; put it in quotes"),
        (SECRET, f" {SECRET}\n", f"is the same as wireguard_preshared_secret{REMEDY_OF_PREVIOUS}"),
        (None, SECRET, f"is set without wireguard_preshared_secret{REMEDY_OF_PREVIOUS}"),
    ],
)
def test_a_previous_secret_that_cannot_be(secret, previous, message):
    found = outcome(read_preshared, "network x", secret, None, previous)
    assert found == f"refused: network x: wireguard_preshared_secret_previous {message}"


SEVERAL = {"office": {"preshared_secret": OTHER, "preshared_secret_previous": SECRET, "prefixes": []}, "lab": None}


@pytest.mark.parametrize(
    ("names", "values", "expected"),
    [
        (["wireguard"], None, {"wireguard": Preshared(SECRET, {("alpha", "beta"): GIVEN})}),
        (["office", "lab"], SEVERAL, {"office": Preshared(OTHER, {}, SECRET), "lab": Preshared()}),
        ([], SEVERAL, {}),
    ],
)
def test_what_a_host_knows_of_its_networks(names, values, expected):
    assert preshared_for(names, SECRET, [ENTRY], values) == expected


def flat(secret=None, keys=None, **more):
    found = {"wireguard_preshared_secret": secret, "wireguard_preshared_keys": keys}
    return {**{name: value for name, value in found.items() if value is not None}, **more}


def named(secret=None, keys=None, **values):
    found = {"preshared_secret": secret, "preshared_keys": keys, **values}
    return {"wireguard_networks": {"wireguard": {name: value for name, value in found.items() if value is not None}}}


def checked(hosts, play=None):
    inventory = Inventory(hosts, {"wireguard": list(hosts)}, play or {})
    return check_preshared(inventory, documents(inventory, hosts))


@pytest.mark.parametrize(
    ("hosts", "play", "expected"),
    [
        ({"a": {}, "b": {}}, {}, Preshared()),
        ({"a": flat(SECRET), "b": flat(SECRET)}, {}, Preshared(SECRET)),
        ({"a": flat(""), "b": {}}, {}, Preshared()),
        ({"a": flat(SECRET, [ENTRY]), "b": flat(SECRET, [ENTRY])}, {}, Preshared(SECRET, {("alpha", "beta"): GIVEN})),
        ({"a": {}, "b": {}}, flat(SECRET), Preshared(SECRET)),
        ({"a": named(SECRET), "b": named(SECRET)}, {}, Preshared(SECRET)),
        (
            {host: flat(SECRET, wireguard_preshared_secret_previous=OTHER) for host in "ab"},
            {},
            Preshared(SECRET, {}, OTHER),
        ),
        ({host: named(SECRET, preshared_secret_previous=OTHER) for host in "ab"}, {}, Preshared(SECRET, {}, OTHER)),
        ({"a": {}, "b": {}}, named(SECRET, [ENTRY]), Preshared(SECRET, {("alpha", "beta"): GIVEN})),
    ],
)
def test_what_members_agree_on(hosts, play, expected):
    assert checked(hosts, play) == {"wireguard": expected}


@pytest.mark.parametrize(
    ("hosts", "play", "message"),
    [
        ({"a": flat(SECRET), "b": flat(SECRET), "c": flat(OTHER)}, {}, "preshared_secret differs between a and c" + REMEDY),
        ({"a": flat(SECRET), "b": {}}, {}, "preshared_secret is set on a but not on b" + REMEDY),
        ({"a": {}, "b": flat(SECRET)}, {}, "preshared_secret is set on b but not on a" + REMEDY),
        ({"a": {}, "b": flat(OTHER)}, flat(SECRET), "preshared_secret differs between a and b" + REMEDY),
        (
            {"a": flat(SECRET, wireguard_preshared_secret_previous=OTHER), "b": flat(SECRET)},
            {},
            "preshared_secret_previous is set on a but not on b" + REMEDY,
        ),
        (
            {"a": named(SECRET, preshared_secret_previous=OTHER), "b": named(SECRET, preshared_secret_previous=GIVEN)},
            {},
            "preshared_secret_previous differs between a and b" + REMEDY,
        ),
        (
            {"a": flat(SECRET, [ENTRY]), "b": flat(SECRET, [{**ENTRY, "key": key("x")}])},
            {},
            "preshared_keys differs between a and b" + REMEDY,
        ),
        ({"a": named(SECRET), "b": named(OTHER)}, {}, "preshared_secret differs between a and b" + REMEDY),
        ({"a": named(keys=[ENTRY]), "b": named()}, {}, "preshared_keys is set on a but not on b" + REMEDY),
    ],
)
def test_members_that_disagree(hosts, play, message):
    assert outcome(checked, hosts, play) == f"refused: network wireguard: wireguard_{message}"


@pytest.mark.parametrize(
    ("hosts", "play", "message"),
    [
        (
            {"a": {**named(), **flat(SECRET)}},
            {},
            (
                "host a: wireguard_preshared_secret is not read together with wireguard_networks; move it to "
                "wireguard_networks: {wireguard: {preshared_secret: ...}}"
            ),
        ),
        (
            {"a": named()},
            flat(SECRET),
            (
                "wireguard_preshared_secret is not read together with wireguard_networks; move it to wireguard_networks: "
                "{wireguard: {preshared_secret: ...}}"
            ),
        ),
        (
            {"a": named(SECRET, port=51821), "b": named(OTHER, port=51822)},
            {},
            (
                "network wireguard: wireguard_networks is {'port': 51821} on a and {'port': 51822} on b; "
                "a value of the network must be the same on all its members: set it in group_vars"
            ),
        ),
    ],
)
def test_a_secret_in_a_place_where_it_is_not_read(hosts, play, message):
    assert outcome(checked, hosts, play) == f"refused: {message}"


@pytest.mark.parametrize("hosts", [{"a": flat(SECRET, [ENTRY])}, {"a": named(SECRET, [ENTRY])}])
def test_no_secret_is_in_a_document(hosts):
    found = documents(Inventory(hosts, {"wireguard": ["a"]}, {}), hosts)
    assert found == {"wireguard": {"name": "wireguard", "nodes": {"a": {}}}}
    assert "preshared" not in json.dumps(found)


GIVEN_TO = {("alpha", "beta"): GIVEN, ("beta", "gamma"): GIVEN}


@pytest.mark.parametrize(
    ("values", "keys", "expected"),
    [
        ({}, {}, []),
        ({}, GIVEN_TO, []),
        (
            {"links": [{"nodes": ["alpha", "beta"], "exclude": True}]},
            GIVEN_TO,
            [
                (
                    "network wireguard: wireguard_preshared_keys has keys for nodes that are not linked: alpha - beta; "
                    "remove the entries, or link the nodes"
                )
            ],
        ),
        (
            {"links": [{"nodes": [a, b], "exclude": True} for a, b in GIVEN_TO]},
            GIVEN_TO,
            [
                (
                    "network wireguard: wireguard_preshared_keys has keys for nodes that are not linked: "
                    "alpha - beta, beta - gamma; remove the entries, or link the nodes"
                )
            ],
        ),
        (
            {},
            {("alpha", "delta"): GIVEN},
            (
                "refused: network wireguard: wireguard_preshared_keys names 'delta', which is not a node of the network; "
                "correct the name, or remove the entry"
            ),
        ),
    ],
)
def test_keys_that_do_nothing(values, keys, expected):
    assert outcome(preshared_warnings, network(**values), Preshared(None, keys)) == expected


def one_sided(name, *pairs):
    return (
        f"network {name}: preshared keys change on one side only, because the other host is not in this run: "
        f"{', '.join(pairs)}; within 3 minutes these links fail until it has the keys, too"
    )


ALL = {("alpha", "wg0"): ["beta", "gamma"], ("beta", "wg0"): ["alpha", "gamma"], ("gamma", "wg0"): ["alpha", "beta"]}
OFFICE = network("office", interface="wg1", nodes={**network_to_dict(network())["nodes"], "phone": {"managed": False}})


@pytest.mark.parametrize(
    ("changed", "running", "expected"),
    [
        pytest.param({}, NAMES, [], id="nothing"),
        pytest.param({}, ["alpha"], [], id="nothing in a run of one"),
        pytest.param(ALL, NAMES, [], id="all"),
        pytest.param({("alpha", "wg0"): ["beta"]}, NAMES, [], id="the other side had it before"),
        pytest.param(
            {("alpha", "wg0"): ["beta", "gamma"]}, ["alpha"], [one_sided("wireguard", "alpha - beta", "alpha - gamma")], id="one"
        ),
        pytest.param(
            {side: peers for side, peers in ALL.items() if side[0] != "beta"},
            ["alpha", "gamma"],
            [one_sided("wireguard", "alpha - beta", "beta - gamma")],
            id="one is missing",
        ),
        pytest.param(
            {("gamma", "wg0"): ["alpha"], ("gamma", "wg1"): ["alpha", "beta", "phone"]},
            ["beta", "gamma", "phone"],
            [one_sided("wireguard", "alpha - gamma"), one_sided("office", "alpha - gamma", "gamma - phone")],
            id="two networks, and a node that is not managed",
        ),
        pytest.param({("gamma", "wg7"): ["alpha"]}, ["gamma"], [], id="a foreign interface"),
    ],
)
def test_pairs_of_which_one_side_changes(changed, running, expected):
    assert half_changed([network(), OFFICE], changed, running) == expected


def test_a_peer_that_is_no_node_any_more_is_not_in_the_run():
    expected = [one_sided("wireguard", "alpha - zeta")]
    assert half_changed([network()], {("alpha", "wg0"): ["zeta"]}, NAMES) == expected


def test_a_refusal_is_a_plan_error():
    with pytest.raises(PlanError):
        read_preshared("x", "short", None)
