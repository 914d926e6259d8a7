# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.network_file import documents_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

MESH = {"prefixes": ["10.8.0.0/24"], "nodes": {"alpha": None, "beta": {"hosts": ["b1", "b2"]}, "phone": {"managed": False}}}
OFFICE = {"name": "office", "prefixes": ["10.9.0.0/24"], "nodes": {"gamma": {}}}
HOSTS = ["alpha", "b1", "b2", "gamma"]
READ = {"wireguard": {**MESH, "name": "wireguard", "nodes": {**MESH["nodes"], "alpha": {}}}, "office": OFFICE}


@pytest.mark.parametrize(
    ("given", "play", "names"),
    [
        (MESH, HOSTS, ["wireguard"]),
        ([MESH, OFFICE], HOSTS, ["office", "wireguard"]),
        ([MESH, OFFICE], ["gamma"], ["office"]),
        ([MESH, OFFICE], ["b2"], ["wireguard"]),
        ([MESH], ["delta"], []),
        ([], HOSTS, []),
    ],
)
def test_documents(given, play, names):
    assert documents_in(json.dumps(given), "net.json", HOSTS, play) == {name: READ[name] for name in names}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *(
            (text, "net.json: has version 2, but this collection knows versions up to 1; update the collection")
            for text in ('{"version": 2}', json.dumps([MESH, {"version": 2, "nodes": {"gamma": {"unheard": True}}}]))
        ),
        ("{", "net.json: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("5", "net.json: must contain a network document or a list of them, each a mapping with nodes"),
        ('{"nodes": []}', "net.json: must contain a network document or a list of them, each a mapping with nodes"),
        ('{"nodes": {"alpha": []}}', "net.json: network wireguard: node alpha: must be a mapping"),
        (json.dumps([OFFICE, OFFICE]), "net.json: contains network office twice; give one of them another name"),
        (
            '{"nodes": {"delta": {}, "beta": {"hosts": ["b3"]}}}',
            (
                "net.json: network wireguard: the inventory has no host b3, delta; add it there, or set "
                '"managed": false for a node that Ansible does not configure'
            ),
        ),
    ],
)
def test_errors(text, message):
    with pytest.raises(PlanError) as caught:
        documents_in(text, "net.json", HOSTS, HOSTS)
    assert str(caught.value) == message
