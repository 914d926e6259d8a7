# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations as people and programs write them become networks, and come out of the plan as `wg` has understood them."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import config_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import Peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.found import Found
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import ALL, imported
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import (
    adopted_interface,
    inventory_of,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix in (".conf", ".netdev", ".nmconnection"))
LOAD = (
    "cat >/run/probe.conf && wg-quick strip /run/probe.conf >/run/stripped && wg setconf probe /run/stripped && wg showconf probe"
)

OTHERS = "{}: has files for the interface; remove them, or two programs make the interface at the next boot"
DIFFERENT = {
    "fritzbox": ["peer peer-t0jzlhdo: AllowedIPs 0.0.0.0/0, 192.168.178.0/24, planned 0.0.0.0/0"],
    **{name: [OTHERS.format("networkd")] for name in ("networkd-client", "networkd-policy", "networkd-server", "networkd-table")},
    **{name: [OTHERS.format("NetworkManager")] for name in ("nm-full", "nm-hub", "nm-no-routes", "nm-old-forms", "nm-only-ipv4")},
    "networkd-sites": ["peer peer-hvao09jx: keepalive 20, planned none", OTHERS.format("networkd")],
    "second-thoughts": [
        "peer peer-9kxlguh3: AllowedIPs 10.74.0.2/32, 192.168.74.0/24, planned 10.74.0.0/23, 192.168.74.0/24, fd74::/64",
        "peer peer-wlksmglq: is left out",
    ],
    "spellings": ["peer peer-ahjpfvsv: AllowedIPs 10.67.0.2/32, 10.67.0.3/32, planned 10.67.0.2/31, fd67::2/128"],
    "showconf": ["addresses: it has none; a run removes those that something else sets"],
    "unifi": ["peer peer-iselmup: AllowedIPs 0.0.0.0/0, 192.168.2.1/32, 192.168.2.2/32, planned 0.0.0.0/0"],
    "vyos-branch": ["peer peer-7irn3ikk: AllowedIPs 10.0.0.0/8, 10.44.0.1/32, planned 10.0.0.0/8"],
}
"""What an import says of files that a network cannot be like. Addresses are not WireGuard's own matter."""
NO_NETWORK = {
    "crowded": "prefix 10.69.0.0/30 has no free address for node",
    "dot-zero": "address 10.68.1.0 is an end of prefix 10.68.1.0/24",
    "halves": "its route 128.0.0.0/1 contains its endpoint 203.0.113.78:443",
    "no-address": "has no prefixes",
}
"""Why others are adopted, whatever is asked for."""
ALSO_FOR_WG = {"spellings", "fritzbox", "unifi", "vyos-branch", "networkd-sites", "second-thoughts"}
"""Of these, files that come out otherwise for WireGuard itself: a prefix inside another one of the same peer is joined to it."""


@pytest.fixture(scope="module")
def device(make_fleet):
    """What a host with an interface `probe`, which can resolve the names of the corpus, has there after loading a text."""
    fleet = make_fleet({"alpha": None}, image="bookworm-wireguard")
    names = sorted(
        {name for path in CORPUS.iterdir() for name in re.findall(r"[a-z0-9.]+\.example\.org", path.read_text("utf-8"))}
    )
    lines = "".join(f"192.0.2.{number} {name}\n" for number, name in enumerate(names, start=100))
    fleet.run("alpha", "sh", "-c", "wireguard-go probe && cat >>/etc/hosts", stdin=lines)
    return functools.cache(lambda text: fleet.run("alpha", "sh", "-c", "wg set probe fwmark 0; " + LOAD, stdin=text))


def loaded(device, text):
    """What `wg` has after loading a file, in an order that does not matter."""
    shown = parse_conf(device(text.lstrip("\ufeff")))
    port = shown.port if re.search(r"ListenPort\s*=\s*0*[1-9]", text, re.IGNORECASE) else None
    return replace(shown, port=port, peers=tuple(sorted(shown.peers, key=lambda peer: peer.public_key)))


def as_written(path):
    """The text of a file; one of them as an editor of Windows writes it."""
    text = path.read_text(encoding="utf-8")
    return "\ufeff" + text.replace("\n", "\r\n") if path.stem == "notepad" else text


def test_the_corpus_is_large():
    assert len(FILES) >= 40
    assert {path.stem for path in FILES} >= {*DIFFERENT}


def quick(text):
    """What wg-quick itself reads of a file, as its own loop does: key -> values."""
    found, inside = {}, False
    for line in text.lstrip("\ufeff").split("\n"):
        key, _equals, value = (part.strip() for part in line.partition("#")[0].partition("="))
        inside = (inside or key.lower() == "[interface]") and not (key.startswith("[") and key.lower() != "[interface]")
        if inside and key.lower() in ("address", "dns"):
            found.setdefault(key.lower(), []).extend(value.replace(",", " ").split())
        elif inside and key.lower() in ("mtu", "table"):
            found.pop(key.lower(), None)  # the last one counts, and an empty one is none
            found.update({key.lower(): [value]} if value else {})
        elif inside and key.lower() in ("preup", "postup", "predown", "postdown") and value:
            found.setdefault(key.lower(), []).append(value.replace("\t", " "))
    hosts = [one if "/" in one else one + ("/128" if ":" in one else "/32") for one in found.get("address", ())]
    own = {key: values for key, values in found.items() if key != "address" and (key, values) != ("table", ["auto"])}
    return {**own, **({"address": list(dict.fromkeys(map(str.lower, hosts)))} if hosts else {})}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_adopted_as_it_is(device, path):
    """Judged by `wg`, and by what wg-quick reads of a file."""
    texts = {file.name: as_written(file) for file in CORPUS.iterdir() if file.name.partition(".")[0] == path.stem}
    (one,) = described({name: text for name, text in texts.items() if not name.endswith(".twin")})
    entry = json.loads(json.dumps(adopted_interface(Found("host", one.foreign.interface or "wg0", None, one.foreign.config))))
    secrets = {peer.public_key: peer.preshared_key for peer in one.foreign.config.peers}
    for peer in entry["config"].get("peers", ()):
        if peer.get("preshared_key") == "kept":
            peer["preshared_key"] = secrets[peer["public_key"]]  # as the host does
    text = render_conf(replace(config_from_dict(entry["config"]), private_key=one.foreign.config.private_key))
    twin = path.with_suffix(".twin")
    whole = as_written(twin if twin.exists() else path)
    assert loaded(device, text) == loaded(device, whole)
    assert quick(text) == quick(whole)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_in_and_out_again(device, path):
    texts = {file.name: as_written(file) for file in CORPUS.iterdir() if file.stem == path.stem}
    (one,) = described(texts)
    private = one.foreign.config.private_key
    interface = Found("host", one.foreign.interface or "wg0", public_key(private), one.foreign.config, by=one.by)
    made = imported([interface], understand=[ALL])
    whys = " ".join(why for adopted in made.adopted for why in adopted.why)
    assert bool(whys) is (path.stem in NO_NETWORK)
    assert NO_NETWORK.get(path.stem, "") in whys
    if path.stem in NO_NETWORK:
        return
    (found,) = made.networks
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
