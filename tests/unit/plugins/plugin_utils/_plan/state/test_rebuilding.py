# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost registry, rebuilt: what is recorded was so before, and what nobody knows for certain is not recorded, but named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import configs_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError, stop_at_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.rebuilding import Rebuilt, rebuild
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge, with_ula
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def built(document, registry=None, **observed):
    """A network that runs: its registry, and what each of its hosts answers."""
    document, registry = with_ula(document, registry or Registry(), "seed")
    keys = {name: key(observed.get(name, name)) for name in document["nodes"]}
    merged = merge(network_from_dict(document), registry, keys, prune=False, remember=True)
    network = merged.network
    stop_at_errors(network_findings([network]))
    peers = Peers(graph_of(network))
    answers = {
        host: {"interfaces": [interface(node.public_key, name, config_to_dict(c)) for name, c in configs_of(peers, node)]}
        for node in network.nodes.values()
        for host in node.hosts
        if node.managed
    }
    return merged.registry, answers


def interface(public_key, name="wg0", config=None, error=None):
    adopted = {"by": "wg-quick", "files": []}
    return {
        "name": name, "public_key": public_key, "config": config or {}, "mtu": 1420,
        "adopted": adopted, "notes": [], "error": error,
    }  # fmt: skip


@st.composite
def documents(draw):
    """Networks that work, with any topology; clients do not forward."""
    names = [f"n{number}" for number in range(draw(st.integers(2, 8)))]
    prefixes = draw(st.sampled_from([["10.8.0.0/24"], ["10.8.0.0/24", "fd00:8::/64"], ["ula", "10.8.0.0/27"]]))
    topology = draw(st.sampled_from(["mesh", "star", "ring", "sites"]))
    nodes = {}
    for number, name in enumerate(names):
        node = {"endpoint": f"203.0.113.{number + 1}"}
        if draw(st.integers(0, 3)) == 0:
            node["routes"] = [f"192.168.{number}.0/24"]
        if draw(st.integers(0, 4)) == 0:
            node["addresses"] = [f"10.8.0.{20 + number}"]
        if topology == "star":
            node["hub"] = number == 0 or draw(st.integers(0, 4)) == 0
        elif topology == "sites":
            node |= {"site": draw(st.sampled_from("xy")), "site_endpoint": f"10.0.0.{number + 1}", "gateway": draw(st.booleans())}
        else:
            node["forward"] = draw(st.booleans()) or topology == "ring"
        nodes[name] = node
    for number in range(draw(st.integers(0, 3))):
        nodes[draw(st.sampled_from(["a", "z"])) + f"client{number}"] = {"managed": False}
    document = {"name": "wireguard", "topology": topology, "prefixes": prefixes, "nodes": nodes}
    if draw(st.booleans()):
        document["container_prefixes"] = ["10.9.0.0/16"]
    if topology == "star" and draw(st.booleans()):
        document["isolate_spokes"] = True
    if topology == "star" and draw(st.booleans()):
        document["failover"] = "bgp"
    if topology in ("mesh", "star") and draw(st.booleans()):
        document["links"] = [{"nodes": [names[0], names[1]], "weight": draw(st.integers(1, 9))}]
    return document


def sound(document):
    try:
        return built(document)
    except PlanError:
        return None


@given(st.data())
def test_what_is_recorded_was_so_before(data):
    document = data.draw(documents())
    whole = sound(document)
    if whole is None:
        return
    lost, answers = whole
    answering = data.draw(st.sets(st.sampled_from(sorted(answers))))
    forgotten = (
        data.draw(st.sets(st.sampled_from(sorted(lost.nodes)), min_size=1)) if data.draw(st.booleans()) else set(lost.nodes)
    )
    left = Registry({name: entry for name, entry in lost.nodes.items() if name not in forgotten}, {}, lost.ula)
    left = Registry() if forgotten == set(lost.nodes) else left
    found = rebuild(document, left, {host: answers[host] for host in answering})
    assert found.registry.nodes == {name: lost.nodes[name] for name in found.registry.nodes}
    assert set(left.nodes) <= set(found.registry.nodes)
    assert found.registry.ula in (None, lost.ula)
    assert found.strangers == {}


@given(documents())
def test_if_all_answer_all_is_there_that_any_of_them_knows(document):
    whole = sound(document)
    if whole is None:
        return
    lost, answers = whole
    found = rebuild(document, Registry(), answers)
    seen = {
        peer["name"] for answer in answers.values() for one in answer["interfaces"] for peer in one["config"].get("peers", ())
    }
    assert found.registry.nodes == {name: entry for name, entry in lost.nodes.items() if name in {*seen, *answers}}
    assert (found.registry.ula, found.refused, found.strangers, found.silent) == (lost.ula, {}, {}, ())


FLEET = {
    "name": "wireguard",
    "prefixes": ["10.8.0.0/24"],
    "nodes": {
        "a": {"endpoint": "203.0.113.1"},
        "b": {"endpoint": "203.0.113.2"},
        "c": {"endpoint": "203.0.113.3"},
        "d": {"endpoint": "203.0.113.4"},
        "phone": {"managed": False},
    },
}
ADDRESSES = {"a": "10.8.0.1", "b": "10.8.0.2", "c": "10.8.0.3", "d": "10.8.0.4", "phone": "10.8.0.5"}
LOST, ANSWERS = built(FLEET)
STAR = {**FLEET, "topology": "star", "nodes": {**FLEET["nodes"], "a": {"endpoint": "203.0.113.1", "hub": True}}}


def peer(name, *allowed_ips, public_key=None):
    return {"name": name, "public_key": key(public_key or name), "allowed_ips": list(allowed_ips)}


def says(host, *peers, public_key=None, addresses=None):
    """Another answer: some peers instead of those of these names, another key, other addresses."""
    config = ANSWERS[host]["interfaces"][0]["config"]
    others = [one for one in config["peers"] if one["name"] not in [new["name"] for new in peers]]
    config = {**config, "peers": [*others, *peers], "addresses": addresses or config["addresses"]}
    return {host: {"interfaces": [interface(key(public_key or host), config=config)]}}


def of(*hosts, **changed):
    return {host: changed.get(host, ANSWERS[host]) for host in hosts}


def entry(name, document=None, **values):
    node = (document or FLEET)["nodes"][name]
    given = {"endpoint": f"{node['endpoint']}:51820"} if "endpoint" in node else {"managed": False}
    return {**given, "public_key": key(name), "addresses": [ADDRESSES[name]], **values}


def result(recorded=(), **parts):
    return Rebuilt(Registry({name: entry(name) for name in recorded}), **parts)


def short(name):
    return f"{key(name)[:8]}..."


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param(ANSWERS, result("abcd", own=tuple("abcd"), others={"phone": tuple("abcd")}), id="all answer"),
        pytest.param(
            of("a", "b"),
            result(
                "abcd",
                own=("a", "b"),
                others={"c": ("a", "b"), "d": ("a", "b"), "phone": ("a", "b")},
                silent=("c", "d"),
            ),
            id="two answer",
        ),
        pytest.param({}, result(unseen=tuple(FLEET["nodes"]), silent=tuple("abcd")), id="none answers"),
        pytest.param(
            {**ANSWERS, "d": {"interfaces": []}},
            result("abcd", own=tuple("abc"), others={"d": tuple("abc"), "phone": tuple("abc")}),
            id="a host has lost its interface",
        ),
        pytest.param(
            {"a": {"interfaces": []}, "b": {"interfaces": []}},
            result(unseen=tuple(FLEET["nodes"]), silent=("c", "d")),
            id="a new network",
        ),
        pytest.param(
            {**ANSWERS, "c": {"interfaces": [interface(None, error="/etc/wireguard/wg0.conf:3: no")]}},
            result(
                "abcd",
                own=tuple("abd"),
                others={"c": tuple("abd"), "phone": tuple("abd")},
                errors={"c": ("interface wg0: /etc/wireguard/wg0.conf:3: no",)},
            ),
            id="a file that cannot be read",
        ),
        pytest.param(
            {**of("a", "b"), **says("c", peer("d", "10.8.0.9/32"))},
            result(
                "abc",
                own=tuple("abc"),
                others={"phone": tuple("abc")},
                refused={"d": "in 10.8.0.0/24 it has 10.8.0.4 on a, b, but 10.8.0.9 on c"},
                silent=("d",),
            ),
            id="another address of a node that is down",
        ),
        pytest.param(
            {**of("a", "b"), **says("c", peer("d", "10.8.0.4/32", public_key="evil"))},
            result(
                "abc",
                own=tuple("abc"),
                others={"phone": tuple("abc")},
                refused={"d": f"its public key is {short('d')} on a, b, but {short('evil')} on c"},
                silent=("d",),
            ),
            id="a name with two keys",
        ),
        pytest.param(
            {**of("a", "b"), **says("c", peer("d"), peer("other", "10.8.0.4/32", public_key="d"))},
            result(
                "abc",
                own=tuple("abc"),
                others={"phone": tuple("abc")},
                refused={"d": f"its public key is {short('d')} on a, b, c, but that of other on c"},
                silent=("d",),
            ),
            id="a key with two names",
        ),
        pytest.param(
            {**of("a", "b", "c"), **says("d", public_key="a")},
            result(
                "abc",
                own=("a", "b", "c"),
                others={"phone": tuple("abcd")},
                refused={"d": "in 10.8.0.0/24 it says that it has 10.8.0.4, but has 10.8.0.1 on b, 10.8.0.1 on c"},
            ),
            id="a host with the key of another",
        ),
        pytest.param(
            {**of("a", "b"), **says("c", addresses=["10.8.0.4/24"])},
            result(
                "abd",
                own=("a", "b"),
                others={"d": tuple("abc"), "phone": tuple("abc")},
                refused={"c": "in 10.8.0.0/24 it says that it has 10.8.0.4, but has 10.8.0.3 on a, 10.8.0.3 on b"},
                silent=("d",),
            ),
            id="a host with the address of one that is down",
        ),
        pytest.param(
            {**says("a", peer("b", "10.8.0.99/32")), **of("b", "c", "d")},
            result("abcd", own=tuple("abcd"), others={"phone": tuple("abcd")}),
            id="a host that says something else of one that answers",
        ),
        pytest.param(
            {**of("b", "c", "d"), **says("a", addresses=["10.8.0.1/24", "192.168.1.7/24"])},
            result("abcd", own=tuple("abcd"), others={"phone": tuple("abcd")}),
            id="an address outside the prefixes",
        ),
        pytest.param(
            {"a": says("a", peer("b"), peer("c"), peer("d"), peer("phone"), addresses=["10.8.0.0/24"])["a"]},
            result(
                own=(),
                refused={
                    "a": "node a: address 10.8.0.0 is an end of prefix 10.8.0.0/24",
                    "b": "no host that answered has its own address in 10.8.0.0/24",
                    "c": "no host that answered has its own address in 10.8.0.0/24",
                    "d": "no host that answered has its own address in 10.8.0.0/24",
                    "phone": "no host that answered has its own address in 10.8.0.0/24",
                },
                silent=tuple("bcd"),
            ),
            id="an address that nobody can have",
        ),
        pytest.param(
            says("a", peer("gone", "10.8.0.9/32"), peer(None, "10.8.0.10/32", public_key="stranger")),
            result(
                "abcd",
                own=("a",),
                others={"b": ("a",), "c": ("a",), "d": ("a",), "phone": ("a",)},
                strangers={key("stranger"): (None, ("a",)), key("gone"): ("gone", ("a",))},
                silent=tuple("bcd"),
            ),
            id="peers that nobody knows",
        ),
    ],
)
def test_fleet(answers, expected):
    found = rebuild(FLEET, Registry(), answers)
    entries = {name: entry(name) for name in (*expected.own, *expected.others)}
    assert found == replace(expected, registry=Registry(entries))


def test_what_a_registry_has_stays_as_it_is():
    half = Registry({"a": entry("a"), "c": {"addresses": ["10.8.0.77"]}}, {"gone": entry("d")}, None)
    found = rebuild(FLEET, half, ANSWERS)
    assert found.registry == Registry({**half.nodes, "b": entry("b"), "phone": entry("phone")}, half.removed)
    assert found.known == ("a", "c")
    assert found.refused == {
        "d": f"its public key {short('d')}, by its own answer, is also that of gone, by the registry or the inventory"
    }
    assert rebuild(FLEET, LOST, ANSWERS) == Rebuilt(LOST, known=tuple(FLEET["nodes"]))


def test_the_inventory_decides():
    nodes = {**FLEET["nodes"], "phone": {"managed": False, "public_key": key("phone")}, "a": {"addresses": ["10.8.0.1"]}}
    renamed = says("b", {**peer("phone", "10.8.0.5/32"), "name": "my-phone"})["b"]
    found = rebuild({**FLEET, "nodes": nodes}, Registry(), {"b": renamed})
    assert (found.registry.nodes["phone"], found.registry.nodes["a"]["addresses"]) == (entry("phone"), ["10.8.0.1"])
    nodes = {**FLEET["nodes"], "b": {"public_key": key("new")}}
    refused = rebuild({**FLEET, "nodes": nodes}, Registry(), ANSWERS).refused
    assert refused == {"b": f"it has the public key {short('b')}, but the inventory has {short('new')}"}
    routed = {**FLEET["nodes"], "a": {**FLEET["nodes"]["a"], "routes": ["10.8.0.4/30"]}}
    assert rebuild({**FLEET, "nodes": routed}, Registry(), of("b", "d")).refused == {
        "d": "it says that it has 10.8.0.4, which is in a's route 10.8.0.4/30",
        "phone": "no host that answered has its own address in 10.8.0.0/24",
    }


def test_nothing_is_read_from_covering_prefixes():
    """Spokes send the whole network to their hub, and it has all of them."""
    lost, answers = built(STAR)
    found = rebuild(STAR, Registry(), {host: answers[host] for host in "bc"})
    assert found.refused == {"a": "no host that answered has its own address in 10.8.0.0/24"}
    assert (found.own, found.unseen) == (("b", "c"), ("d", "phone"))
    assert rebuild(STAR, Registry(), {"a": answers["a"]}).registry == lost


def test_a_prefix_that_no_host_uses_yet_is_left_to_the_next_run():
    grown = {**FLEET, "prefixes": ["10.8.0.0/24", "fd00:8::/64"], "container_prefixes": ["10.9.0.0/16"]}
    assert rebuild(grown, Registry(), ANSWERS).registry == LOST
    assert rebuild({**FLEET, "prefixes": ["10.8.0.0/24", "ula"]}, Registry(), {}).registry == Registry()


def test_several_addresses_of_a_host():
    """That which others have is its own."""
    both = {**ANSWERS, **says("a", addresses=["10.8.0.77/24", "10.8.0.1/24"])}
    assert rebuild(FLEET, Registry(), both).registry == LOST
    alone = {"a": both["a"]}
    assert rebuild(FLEET, Registry(), alone).refused == {"a": "in 10.8.0.0/24 it has 10.8.0.1 and 10.8.0.77"}


LINE = {
    **FLEET,
    "topology": "custom",
    "links": [["e", "a"], ["a", "b"], ["b", "c"], ["c", "d"], ["d", "f"]],
    "nodes": {name: {"endpoint": f"203.0.113.{n}", "forward": True} for n, name in enumerate("abcdef", 1)},
}


def test_who_is_behind_a_node_is_not_taken_for_it():
    lost, answers = built(LINE)
    found = rebuild(LINE, Registry(), {host: answers[host] for host in "adef"})
    assert found.refused == {
        "b": "in 10.8.0.0/24 it has 10.8.0.2 and 10.8.0.3 and 10.8.0.4 on a, and not all of these need be its own",
        "c": "in 10.8.0.0/24 it has 10.8.0.1 and 10.8.0.2 and 10.8.0.3 on d, and not all of these need be its own",
    }
    found = rebuild(LINE, Registry(), {host: answers[host] for host in "abdef"})
    assert (found.refused, found.registry) == ({}, lost)


def test_subnets_of_containers():
    document = {**STAR, "container_prefixes": ["10.9.0.0/16"]}
    lost, answers = built(document)
    assert rebuild(document, Registry(), answers).registry == lost
    found = rebuild(document, Registry(), {host: answers[host] for host in "bc"})
    why = "hosts that answered do not tell its subnet of 10.9.0.0/16 from those of others (wireguard_container_subnets)"
    assert found.refused == {"a": "no host that answered has its own address in 10.8.0.0/24", "b": why, "c": why}


def test_a_node_on_several_hosts():
    """They have one key and one address; hosts that have two are contradictory."""
    addresses = {"d1": "198.18.0.2", "d2": "198.18.0.3"}
    floating = {"address": "203.0.113.4/24", "interface": "eth0"}
    node = {"endpoint": "203.0.113.4", "hosts": ["d1", "d2"], "vrrp_addresses": addresses, "floating": [floating]}
    document = {**FLEET, "failover": "vrrp", "nodes": {**FLEET["nodes"], "d": node}}
    shared = ANSWERS["d"]
    assert rebuild(document, Registry(), {**of(*"abc"), "d1": shared, "d2": shared}).own == tuple("abcd")
    assert rebuild(document, Registry(), {**of(*"abc"), "d2": shared}).registry.nodes["d"]["addresses"] == ["10.8.0.4"]
    other = {"interfaces": [{**shared["interfaces"][0], "public_key": key("evil")}]}
    refused = rebuild(document, Registry(), {**of(*"abc"), "d1": shared, "d2": other}).refused
    assert refused == {"d": f"its public key is {short('d')} on d1, but {short('evil')} on d2"}
