# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that shows only some of the hosts gives them what a run with all of them does: the registry has the rest."""

from __future__ import annotations

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

NAME = "wireguard"


def planned(document, registry, seen=None):
    """The run over a document, and the registry after it, read again."""
    run = Run({NAME: document}, {NAME: Asked()}, seen or {}, "2026-01-31", remember=True, seeds={NAME: "seed"})
    done = plan(run, {NAME: registry})
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
