# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations as people and programs write them become networks, and come out of the plan as `wg` has understood them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import config_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import Found, imported
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import inventory_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix in (".conf", ".netdev", ".nmconnection"))
LOAD = (
    "cat >/run/probe.conf && wg-quick strip /run/probe.conf >/run/stripped && wg setconf probe /run/stripped && wg showconf probe"
)

DIFFERENT = {
    "angristan-client": ["addresses: 10.66.66.2/32, fd42:42:42::2/128, planned 10.66.66.2/24, fd42:42:42::2/64"],
    "fritzbox": ["peer peer-t0jzlhdo: AllowedIPs 0.0.0.0/0, 192.168.178.0/24, planned 0.0.0.0/0"],
    "linuxserver-client": ["addresses: 10.13.13.2/32, planned 10.13.13.2/24"],
    "linuxserver-server": ["addresses: 10.13.13.1/32, planned 10.13.13.1/24"],
    "meshconf-tokyo1": ["addresses: 10.1.0.1/32, planned 10.1.0.1/24"],
    "opnsense-roadwarrior": ["addresses: 10.10.10.2/32, planned 10.10.10.2/24"],
    "provider-dual": [
        "addresses: 10.64.12.7/32, fc00:bbbb:bbbb:bb01::1:c06/128, planned 10.64.12.7/24, fc00:bbbb:bbbb:bb01::1:c06/64"
    ],
    "provider-keyfor": ["addresses: 10.2.0.2/32, planned 10.2.0.2/24"],
    "showconf": ["addresses: none, planned 10.38.0.1/24"],
    "unifi": [
        "addresses: 192.168.2.2/32, planned 192.168.2.2/24",
        "peer peer-iselmup: AllowedIPs 0.0.0.0/0, 192.168.2.1/32, 192.168.2.2/32, planned 0.0.0.0/0",
    ],
    "vyos-branch": ["peer peer-7irn3ikk: AllowedIPs 10.0.0.0/8, 10.44.0.1/32, planned 10.0.0.0/8"],
    "wgdashboard": ["SaveConfig: true; the interface would overwrite the file when it stops"],
}
"""What an import says of files that a network cannot be like. Addresses are not WireGuard's own matter."""
ALSO_FOR_WG = {"fritzbox", "unifi", "vyos-branch"}
"""Of these, files that come out with other AllowedIPs: a prefix inside another one of the same peer is joined to it."""


@pytest.fixture(scope="module")
def device(make_fleet):
    """A host with an interface `probe` that belongs to nobody else, which can resolve the names of the corpus."""
    fleet = make_fleet({"alpha": None}, image="bookworm-wireguard")
    names = sorted(
        {name for path in CORPUS.iterdir() for name in re.findall(r"[a-z0-9.]+\.example\.org", path.read_text("utf-8"))}
    )
    lines = "".join(f"192.0.2.{number} {name}\n" for number, name in enumerate(names, start=100))
    fleet.run("alpha", "sh", "-c", "wireguard-go probe && cat >>/etc/hosts", stdin=lines)
    return fleet


def loaded(device, text):
    """What `wg` has after loading a file, in an order that does not matter."""
    shown = parse_conf(device.run("alpha", "sh", "-c", "wg set probe fwmark 0; " + LOAD, stdin=text.lstrip("\ufeff")))
    port = shown.port if re.search(r"ListenPort\s*=\s*[1-9]", text, re.IGNORECASE) else None
    return replace(shown, port=port, peers=tuple(sorted(shown.peers, key=lambda peer: peer.public_key)))


def as_written(path):
    """The text of a file; one of them as an editor of Windows writes it."""
    text = path.read_text(encoding="utf-8")
    return "\ufeff" + text.replace("\n", "\r\n") if path.stem == "notepad" else text


def test_the_corpus_is_large():
    assert len(FILES) >= 40
    assert {path.stem for path in FILES} >= {*DIFFERENT}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_in_and_out_again(device, path):
    texts = {file.name: as_written(file) for file in CORPUS.iterdir() if file.stem == path.stem}
    (one,) = described(texts)
    private = one.foreign.config.private_key
    (found,) = imported([Found("host", one.foreign.interface or "wg0", public_key(private), one.foreign.config)])
    assert list(found.differences["host"]) == DIFFERENT.get(path.stem, [])

    # Through the variables of the inventory, as a run reads them; the host's key is seen by the run.
    inventory = inventory_of([found.network], {})["wireguard"]
    variables = {"host": {**inventory["vars"], **inventory["hosts"]["host"]}}
    document = documents(Inventory(variables, {"wireguard": ["host"]}, {}), ["host"])["wireguard"]
    document["nodes"]["host"]["public_key"] = public_key(private)
    network = network_from_dict(document)
    config = config_of(Peers(graph_of(network)), network.nodes["host"])
    peers = Preshared(keys=found.preshared).of(network, "host", config.peers)
    after = loaded(device, render_conf(replace(config, peers=peers, private_key=private)))

    twin = path.with_suffix(".twin")  # the same in the format that wg reads
    before = loaded(device, as_written(twin if twin.exists() else path))
    assert (before == after) is (path.stem not in ALSO_FOR_WG), (before, after)
