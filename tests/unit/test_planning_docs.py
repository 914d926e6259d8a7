# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/planning.md shows is true: each block marked yaml is an inventory, and what follows it comes out of the planner."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.pictures import draw
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.trace import trace
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import ERROR
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.paths.allowed_ips import AllowedIPs
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge, with_ula
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import TOPOLOGIES, graph_of
from ansible_collections.meshwork.wireguard.tests.bin.readme_tables import PLANNING
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BLOCKS = re.findall(r"^```(\S+)\n(.*?)^```$", PLANNING.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
ASKED = re.compile(r"-e src=(\S+) -e dst=(\S+)( -e live=true)?$")


def plan(text):
    """The network of an inventory that has one group, with all keys and addresses."""
    group = yaml.safe_load(text)["wireguard"]
    hosts = {name: {**group["vars"], **(values or {})} for name, values in group["hosts"].items()}
    groups = {"wireguard": list(hosts), **{name: list(found["hosts"]) for name, found in group.get("children", {}).items()}}
    (document,) = documents(Inventory(hosts, groups, {}), hosts).values()
    document, registry = with_ula(document, Registry(), "seed")
    network = network_from_dict(document)
    return merge(network, registry, {name: key(name) for name in network.nodes}, prune=False, remember=True).network


def following(kind):
    """Each block of a kind, the block before it, and the inventories before it, the last one first."""
    found = []
    inventories = []
    before = ""
    for name, text in BLOCKS:
        if name == "yaml":
            inventories.insert(0, text)
        if name == kind:
            found.append(pytest.param(text, before, list(inventories), id=text.split(":")[0]))
        before = text
    return found


@pytest.mark.parametrize("inventory", [text for kind, text in BLOCKS if kind == "yaml"])
def test_inventories_can_be_planned(inventory):
    assert [finding for finding in network_findings([plan(inventory)]) if finding.severity == ERROR] == []


def test_every_topology_has_an_inventory():
    assert {plan(text).topology for kind, text in BLOCKS if kind == "yaml"} == set(TOPOLOGIES)


def reports(network, changed):
    """What the hosts of a plan would report; ``changed``: (node, peer) -> AllowedIPs that are there instead."""
    allowed_ips = AllowedIPs(graph_of(network))

    def peers(name):
        found = {other: changed.get((name, other), prefixes) for other, prefixes in allowed_ips.of(name).items()}
        seen = {"endpoint": "198.18.0.1:51820", "handshake_age": 1}
        return [{**seen, "public_key": key(other), "allowed_ips": list(found[other])} for other in found]

    def interface(node):
        addresses = [f"{address}/24" for address in node.addresses]
        head = {"name": network.interface, "public_key": key(node.name), "addresses": addresses}
        return {**head, "routes": list(network.prefixes), "peers": peers(node.name)}

    forwarding = {"ipv4": True, "ipv6": True}
    return {name: {"forwarding": forwarding, "interfaces": [interface(node)]} for name, node in network.nodes.items()}


BY_HAND = {("c", "b"): ("10.8.0.1/32", "10.8.0.2/32"), ("c", "d"): ("10.8.0.4/32",)}


@pytest.mark.parametrize(("text", "command", "inventories"), following("text"))
def test_ways(text, command, inventories):
    source, destination, live = ASKED.search(command.strip()).groups()
    network = next(found for found in map(plan, inventories) if source in found.nodes)
    found = trace([network], source, destination, reports(network, BY_HAND) if live else None)
    assert text.splitlines() == found["text"]


@pytest.mark.parametrize(("text", "_command", "inventories"), following("mermaid"))
def test_pictures(text, _command, inventories):
    assert text == draw(plan(inventories[0]), "mermaid")


@pytest.mark.parametrize(("text", "_command", "inventories"), following("json"))
def test_findings(text, _command, inventories):
    shown = json.loads(text)
    network = next(found for found in map(plan, inventories) if shown[0]["nodes"][0] in found.nodes)
    assert shown == [finding.to_dict() for finding in network_findings([network])]
