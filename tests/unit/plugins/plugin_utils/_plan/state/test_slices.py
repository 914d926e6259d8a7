# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that show only some of the hosts: each gives them what a run with all of them does, and all of them record one network."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.bird import bird_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.vrrp import vrrp_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.containers import container_networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.firewall import firewalls
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.planning import Run, plan
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Registry,
    parse_registry,
    render_registry,
)
from ansible_collections.meshwork.wireguard.tests.unit.plugins.plugin_utils._plan.test_plan import documents
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAME = "wireguard"


def planned(document, registry, seen=None, partial=False, **asked):
    """The run over a document, and the registry after it, read again."""
    live = {host: {} for host, _interface in seen} if seen else None
    options = {"live": live, "seeds": {NAME: "seed"}, "partial": partial}
    done = plan(Run({NAME: document}, {NAME: Asked(**asked)}, seen or {}, "2026-01-31", True, **options), {NAME: registry})
    return done, parse_registry(render_registry(NAME, done.registries.get(NAME, registry)), "the registry")


def given_to(networks, host):
    """Everything that a host gets."""
    preshared = {network.name: Preshared("a secret that is long enough") for network in networks}
    return {
        "interfaces": interfaces_of(networks, host, preshared),
        "vrrp": vrrp_of(networks, host),
        "bgp": bird_of(networks, host),
        "firewall": firewalls(networks, host),
        "containers": container_networks(networks, host),
    }


def shown(document, hosts):
    """The document as an inventory that shows only these hosts describes it; unmanaged nodes are the group's."""
    nodes = {}
    for name, node in document["nodes"].items():
        if node.get("managed", True) is False:
            nodes[name] = node
            continue
        its = [host for host in node.get("hosts", [name]) if host in hosts]
        if its:
            addresses = {host: address for host, address in node.get("vrrp_addresses", {}).items() if host in its}
            nodes[name] = {**node, **({"hosts": its} if "hosts" in node else {})}
            nodes[name].update({"vrrp_addresses": addresses} if addresses else {})
    groups = {name: [host for host in its if host in hosts or host in nodes] for name, its in document["groups"].items()}
    return {**document, "nodes": nodes, "groups": groups}


@st.composite
def fleets(draw):
    """A network with everything that one node's host reads of another node."""
    document = draw(documents(most=7))
    names = list(document["nodes"])
    kind = draw(st.sampled_from(["plain", "plain", "vrrp", "bgp"]))
    for name in names[1:]:
        node = document["nodes"][name]
        if draw(st.integers(0, 5)) == 0:
            node["managed"] = False
        if draw(st.integers(0, 4)) == 0:
            node["port"] = 4500
        if draw(st.integers(0, 3)) == 0:
            node |= {"allowed_ips": ["198.51.100.0/24"], "exit": names[0]}
            node |= {"excluded_ips": ["198.51.100.128/25"]} if draw(st.booleans()) else {}
    if draw(st.integers(0, 3)) == 0:
        document["container_prefixes"] = ["10.201.0.0/16"]
    if kind != "plain":
        document |= {"topology": "star", "failover": kind, "links": [], "groups": {}}
        for name in names:
            document["nodes"][name] |= {"routes": [], "hub": name == names[0] or (kind == "bgp" and name == names[1])}
            document["nodes"][name].pop("managed" if document["nodes"][name]["hub"] else "nothing", None)
            document["nodes"][name].pop("addresses", None)
            document["nodes"][name].pop("home", None)
        for number, name in enumerate(names[:2]):
            document["nodes"][name]["endpoint"] = f"198.18.0.{number + 1}"
    if kind == "vrrp":
        document["nodes"][names[0]] |= {
            "hosts": ["hub1", "hub2"],
            "vrrp_addresses": {"hub1": "198.18.9.1", "hub2": "198.18.9.2"},
            "floating": [{"address": "198.18.0.1/16", "interface": "eth0"}],
        }
    named = {name for link in document["links"] for name in (link["nodes"] if isinstance(link, dict) else link)}
    groups = {name: its for name, its in document["groups"].items() if name in named}
    return {**document, "name": NAME, "groups": groups}


def hosts_in(document):
    return [
        host
        for name, node in document["nodes"].items()
        if node.get("managed", True) is not False
        for host in node.get("hosts", [name])
    ]


@given(fleets(), st.data())
def test_hosts_of_a_slice_get_what_they_get_from_all(document, data):
    try:
        whole, registry = planned(document, Registry())
    except PlanError:
        assume(False)
    hosts = hosts_in(document)
    some = data.draw(st.lists(st.sampled_from(hosts), unique=True, min_size=1))
    sliced, after = planned(shown(document, some), registry)
    assert after == registry
    for host in some:
        assert given_to(sliced.networks, host) == given_to(whole.networks, host), host


class Store:
    """A store in memory; ``written`` are all texts that it had."""

    def __init__(self, text):
        self.written = [text]

    def read(self):
        return self.written[-1], len(self.written)

    def write(self, text, revision):
        if revision != len(self.written):
            return False
        self.written.append(text)
        return True


def recording(document, hosts, store):
    """A job that records these hosts; it yields before each step that another job may come between."""
    part = shown(document, hosts)
    seen = {(host, "wg0"): key(node) for node, values in part["nodes"].items() for host in values.get("hosts", [node])}
    seen = {(host, interface): found for (host, interface), found in seen.items() if host in hosts}
    while True:
        yield
        text, revision = store.read()
        registry = parse_registry(text, "the registry") if text else Registry()
        done, after = planned(part, registry, seen, partial=True, sliced=True)
        assert done.recorded[NAME].refused == {}
        if after == registry:
            return
        yield
        if store.write(render_registry(NAME, after), revision):
            return


def without_keys(document):
    nodes = {
        name: {k: v for k, v in node.items() if k != "public_key" or node.get("managed", True) is False}
        for name, node in document["nodes"].items()
    }
    return {**document, "nodes": nodes}


@given(fleets(), st.booleans(), st.data())
def test_slices_in_any_order_end_in_one_network(document, numbered, data):
    """Overtaken writes included. The hosts of a node on several hosts are in one slice."""
    document = without_keys(document)
    everywhere = {(host, "wg0"): key(node) for node, v in document["nodes"].items() for host in v.get("hosts", [node])}
    everywhere = {at: found for at, found in everywhere.items() if at[0] in hosts_in(document)}
    try:
        _done, alone = planned(document, Registry(), everywhere)
    except PlanError:
        assume(False)
    if numbered:
        for name, entry in alone.nodes.items():
            document["nodes"][name]["addresses"] = entry["addresses"] or "none"
            if entry.get("container_subnets"):
                document["nodes"][name]["container_subnets"] = entry["container_subnets"]
    hosts = hosts_in(document)
    number = {host: data.draw(st.integers(0, 3)) for host in hosts}
    number |= {"hub2": number["hub1"]} if "hub2" in number else {}
    slices = [[host for host in hosts if number[host] == one] for one in sorted(set(number.values()))]
    store = Store("")
    jobs = [recording(document, some, store) for some in slices]
    while jobs:
        job = data.draw(st.sampled_from(jobs))
        if next(job, "ended") == "ended":
            jobs.remove(job)
    texts = [parse_registry(text, "the registry").nodes for text in store.written[1:]]
    for before, after in pairwise(texts):
        for name, entry in before.items():
            assert {key: after[name][key] for key in entry if key not in ("hosts", "vrrp_addresses")} == {
                key: value for key, value in entry.items() if key not in ("hosts", "vrrp_addresses")
            }
    registry = parse_registry(store.read()[0], "the registry")
    assert set(registry.nodes) == set(document["nodes"])
    addresses = [address for entry in registry.nodes.values() for address in entry["addresses"]]
    assert len(addresses) == len(set(addresses))
    whole, after = planned(document, registry, everywhere)
    assert after == registry
    if numbered:
        assert registry == alone
    for some in slices:
        own = {at: found for at, found in everywhere.items() if at[0] in some}
        applied, same = planned(shown(document, some), registry, own, only_recorded=True, sliced=True)
        assert (applied.recorded[NAME].refused, same) == ({}, registry)
        for host in some:
            assert given_to(applied.networks, host) == given_to(whole.networks, host)
