# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost registry, rebuilt: what is recorded was so before, and what nobody knows for certain is not recorded, but named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import configs_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError, stop_at_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.rebuilding import rebuild
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
