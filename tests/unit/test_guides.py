# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README.md and docs/ show is true: each block marked yaml is an inventory, and what follows it comes out of the planner.

Outputs of ``explain``, pictures and findings belong to the last inventory before them, in the order of `GUIDES`,
that has the nodes they name. Blocks that are files are those of ``test_guide_commands.py``.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.variable_names import NAMES
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures.pictures import draw
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.trace import trace
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.clients import client_config
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.rendering import files_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import ERROR
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.paths.allowed_ips import AllowedIPs
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge, with_ula
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import TOPOLOGIES, graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ROOT = Path(__file__).parents[2]
GUIDES = (
    "README",
    "docs/getting-started",
    "docs/allowed-ips",
    "docs/topologies",
    "docs/operating",
    "docs/failover",
    "docs/clients",
    "docs/containers",
    "docs/monitoring",
)
LABEL = re.compile(r">([^<>\n]+)</text>")
FILE = re.compile(r"^`[\w./-]+`:\n\n```.*?^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [
    (kind, text)
    for guide in GUIDES
    for kind, text in re.findall(
        r"^```(\S+)\n(.*?)^```$", FILE.sub("", (ROOT / f"{guide}.md").read_text(encoding="utf-8")), re.DOTALL | re.MULTILINE
    )
]
ASKED = re.compile(r"-e wireguard_src=(\S+) -e wireguard_dst=(\S+)( -e wireguard_live=true)?$")


def test_every_guide_with_blocks_is_read():
    marked = re.compile(r"^```(yaml|text|mermaid|json)$", re.MULTILINE)
    documents_there = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    texts = {str(path.relative_to(ROOT)): FILE.sub("", path.read_text(encoding="utf-8")) for path in documents_there}
    shown = {name for name, text in texts.items() if marked.search(text)}
    imported = {"docs/importing.md", "docs/coming-from.md"}  # an import writes that, as tests of their own show
    assert shown - imported <= {f"{guide}.md" for guide in GUIDES}


def plans(text):
    """The networks of an inventory with the group ``wireguard``, with all keys and addresses."""
    group = native(yaml.safe_load(text)["wireguard"])
    children = {name: list(found["hosts"]) for name, found in group.get("children", {}).items()}
    names = dict.fromkeys([*group.get("hosts", {}), *(name for found in children.values() for name in found)])
    hosts = {name: {**group["vars"], **(group["hosts"].get(name) or {})} for name in names}
    for document in documents(Inventory(hosts, {"wireguard": list(names), **children}, {}), hosts).values():
        whole, registry = with_ula(document, Registry(), "seed")
        network = network_from_dict(whole)
        keys = {name: key(name) for name, node in network.nodes.items() if node.public_key is None}
        yield merge(network, registry, keys, prune=False, remember=True).network


def plan(text):
    """The network of an inventory that has one."""
    (network,) = plans(text)
    return network


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
    networks = list(plans(inventory))
    assert networks
    assert [finding for finding in network_findings(networks) if finding.severity == ERROR] == []


def test_every_topology_has_an_inventory():
    assert {network.topology for kind, text in BLOCKS if kind == "yaml" for network in plans(text)} == set(TOPOLOGIES)


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
    network = next(found for text in inventories for found in plans(text) if source in found.nodes)
    found = trace([network], source, destination, reports(network, BY_HAND) if live else None)
    assert text.splitlines() == found["text"]


@pytest.mark.parametrize(("text", "_command", "inventories"), following("mermaid"))
def test_pictures(text, _command, inventories):
    assert text == draw(plan(inventories[0]), "mermaid")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_the_picture_that_the_site_has_instead():
    """Graphviz places nodes differently from version to version, so only the texts are compared."""
    shown = (ROOT / "docs/pictures/sites.svg").read_text(encoding="utf-8")
    (case,) = following("mermaid")
    _text, _command, inventories = case.values
    drawn = draw(plan(inventories[0]), "svg")
    assert sorted(LABEL.findall(shown)) == sorted(LABEL.findall(drawn))


@pytest.mark.parametrize(("text", "_command", "inventories"), following("json"))
def test_findings(text, _command, inventories):
    shown = json.loads(text)
    network = next(found for text in inventories for found in plans(text) if shown[0]["nodes"][0] in found.nodes)
    assert shown == [finding.to_dict() for finding in network_findings([network])]


def texts_of_the_code():
    """What the code can say; values are empty."""
    for path in sorted(ROOT.glob("plugins/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "" for part in node.values)


def test_messages_are_those_of_the_code():
    text = (
        (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8").partition("### Other messages\n")[2].partition("\n## ")[0]
    )
    messages = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert len(messages) > 5
    said = list(texts_of_the_code())
    missing = [
        message
        for message in messages
        if not any(re.search(".*".join(map(re.escape, message.split("..."))), text, re.DOTALL) for text in said)
    ]
    assert missing == []


RENDERED = re.compile(r"`\S+/(nodes/\S+\.conf)` is:\n\n```ini\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_rendered_configurations():
    text = (ROOT / "docs/allowed-ips.md").read_text(encoding="utf-8")
    inventory = next(text for kind, text in BLOCKS if kind == "yaml" and "laptop" in text and "shop" in text)
    files = dict(files_of(plan(inventory)))
    shown = dict(RENDERED.findall(text))
    assert sorted(shown) == ["nodes/laptop.conf", "nodes/office.conf"]
    assert shown == {name: files[name] for name in shown}


def shown_after(guide, words):
    """The one inventory of a guide that has the words."""
    text = (ROOT / f"{guide}.md").read_text(encoding="utf-8")
    (found,) = (block for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if words in block)
    return found


def test_clients():
    network = plan(shown_after("docs/clients", "wireguard_clients"))
    assert list(network.nodes) == ["hub", "phone", "router"]
    (peer,) = client_config(network, "phone", key("private"), Preshared()).peers
    assert {"0.0.0.0/1", "::/0"} <= set(peer.allowed_ips)


def test_several_networks():
    assert {
        network.name: list(network.nodes) for network in plans(shown_after("docs/getting-started", "wireguard_networks"))
    } == {
        "backbone": ["alpha", "beta"],
        "office": ["beta", "gamma"],
    }


def test_the_first_run():
    """The lines of peers that the README shows are those of the plan, but for the keys."""
    network = plan(shown_after("README", "alpha"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\+ peer (\S+) \(\S+\): AllowedIPs (.*?)(?:, endpoint (\S+))?$", text, re.MULTILINE)
    planned = peers_of(network, "alpha")
    assert shown == [(peer.name, ", ".join(peer.allowed_ips), peer.endpoint or "") for peer in planned]


DOCUMENTS = [
    path for pattern in ("*.md", "docs/*.md", "roles/*/README.md", "playbooks/*.yml") for path in sorted(ROOT.glob(pattern))
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_extra_variables_are_read(document):
    """What documents say to give with -e is read by a role or a playbook."""
    asked = re.findall(r"-e '?(?:\{\")?([a-z]\w+)(?:=|\":)", document.read_text(encoding="utf-8"))
    assert set(asked) <= NAMES
