# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries as earlier states of the collection wrote them, in `earlier/`: one file for each change of what is recorded.

A file stays as it is for good. Where the format gets a new key or another version, a file of that comes beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import readable_network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    VERSION,
    merge,
    parse_registry,
    render_registry,
)

FILES = {path.stem: path for path in sorted((Path(__file__).parent / "earlier").glob("*.json"))}
VERSIONS = {1: "01-first 02-sites 03-groups 04-expiry 05-container-subnets 06-underlays 07-no-addresses 08-lineage 09-fwmark "
               "10-no-port 11-vrrp", 2: "12-preshared-id 13-next-key 14-compromised-key 15-preshared-secret"}  # fmt: skip
NO_LONGER = {"09-fwmark": ["fwmark"]}
"""What was recorded and is not read any more: no plan of another host depends on it."""


@pytest.fixture(params=FILES)
def earlier(request):
    """Name, text."""
    return request.param, FILES[request.param].read_text(encoding="utf-8")


def without(entries, keys):
    return {name: {key: value for key, value in entry.items() if key not in keys} for name, entry in entries.items()}


def test_each_version_has_its_files():
    assert sorted(VERSIONS) == list(range(1, VERSION + 1))
    found = {name: json.loads(path.read_text(encoding="utf-8"))["version"] for name, path in FILES.items()}
    assert found == {name: version for version, names in VERSIONS.items() for name in names.split()}


def test_an_earlier_registry_is_read_whole(earlier):
    name, text = earlier
    data = json.loads(text)
    registry = parse_registry(text, name)
    assert registry.nodes == without(data["nodes"], NO_LONGER.get(name, ()))
    assert registry.removed == data["removed"]
    heads = (registry.ula, registry.lineage, registry.preshared_base)
    assert heads == tuple(data.get(key) for key in ("ula", "lineage", "preshared_base"))


def test_an_earlier_registry_is_written_back_as_it_was(earlier):
    name, text = earlier
    if name not in NO_LONGER:
        assert render_registry("office", parse_registry(text, name)) == text


def test_nobody_is_renumbered_after_an_update(earlier):
    """Also with an inventory that does not show these nodes."""
    name, text = earlier
    star = {"topology": "star", "failover": "vrrp"} if '"gate"' in text else {}
    network = readable_network({"name": "office", "prefixes": ["10.8.0.0/24", "fd00:8::/64"], **star, "nodes": {"newcomer": {}}})
    before = parse_registry(text, name)
    after = merge(network, before, {}, prune=False, remember=True).registry
    kept = {node: (entry["public_key"], entry["addresses"]) for node, entry in after.nodes.items() if node != "newcomer"}
    assert kept == {node: (entry["public_key"], entry["addresses"]) for node, entry in before.nodes.items()}
    reserved = {address for part in (before.nodes, before.removed) for entry in part.values() for address in entry["addresses"]}
    assert reserved.isdisjoint(after.nodes["newcomer"]["addresses"])
    assert after.removed == before.removed


@pytest.mark.parametrize("place", [".wireguard/office.json", "etcd+https://store.example.org/office"])
@pytest.mark.parametrize("text", ['{{"version": {}}}', '{{"version": {}, "nodes": {{"a": {{"unheard": 1}}}}, "removed": []}}'])
@pytest.mark.parametrize("version", [VERSION + 1, VERSION + 2, 99])
def test_a_later_registry_is_refused(place, text, version):
    with pytest.raises(PlanError) as caught:
        parse_registry(text.format(version), place)
    assert str(caught.value) == (
        f"registry {place}: has version {version}, but this collection knows versions up to {VERSION}; update the collection"
    )


@pytest.mark.parametrize("version", ["0", "-1", "true", "1.0", '"1"', "null", "[1]"])
def test_what_is_no_version_is_damage(version):
    with pytest.raises(PlanError) as caught:
        parse_registry(f'{{"version": {version}, "nodes": {{}}}}', "r.json")
    assert str(caught.value) == "registry r.json: cannot be read; restore it, for example from git"
