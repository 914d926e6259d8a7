# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published schema and the planner take the same documents. What tests produce, `conftest.py` holds against it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    network_from_dict,
    network_to_dict,
    read_document,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document_keys import (
    COMMON_KEYS,
    NETWORK_KEYS,
    NODE_KEYS,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.schema import document_schema
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.bin.network_schema import SCHEMA_FILE, schema_text
from ansible_collections.meshwork.wireguard.tests.unit.support import key

WHOLE = {
    "$schema": "network.schema.json",
    "version": 1,
    "name": "office.1",
    "interface": "wg1",
    "topology": "custom",
    "prefixes": ["10.8.0.0/24", "fd00:8::/64"],
    "container_prefixes": ["172.30.0.0/16"],
    "isolate_spokes": False,
    "failover": "none",
    "links": [["alpha", "beta"], {"nodes": ["beta", "all"], "weight": 5}, {"nodes": ["beta", "gamma"], "exclude": True}],
    "groups": {"all": ["alpha"]},
    "preshared_base": "0123456789abcdef",
    "domain": "fleet.example.net",
    "port": 51821,
    "keepalive": "off",
    "mtu": 1300,
    "underlay_mtu": 1400,
    "table": "off",
    "fwmark": "0xca6c",
    "dns": ["10.8.0.1", "corp"],
    "hooks": {"post_up": ["true"]},
    "nodes": {
        "alpha": {
            "public_key": key("alpha"),
            "preshared_id": key("first"),
            "next_public_key": key("next"),
            "preshared_secret_id": "0123456789abcdef",
            "next_preshared_secret_id": "fedcba9876543210",
            "addresses": ["10.8.0.1", "fd00:8::1"],
            "endpoint": "[2001:db8::1]:51820",
            "site": "fra",
            "site_endpoint": "10.0.0.1",
            "routes": ["172.20.1.0/24", "::/0"],
            "hub": True,
            "home": "beta",
            "gateway": True,
            "forward": True,
            "hosts": ["a1", "a2"],
            "vrrp_addresses": {"a1": "192.0.2.1", "a2": "192.0.2.2"},
            "floating": [{"address": "192.0.2.10/24", "interface": "eth0"}],
            "management": "192.0.2.1",
            "managed": True,
            "container_subnets": ["172.30.1.0/24"],
            "containers": False,
            "netns": "lab",
            "container": "web",
            "allowed_ips": ["0.0.0.0/0", "::/0"],
            "excluded_ips": ["192.168.0.0/16"],
            "exit": "beta",
            "expires": "2027-01-31",
            "revoked": True,
            "endpoints": {"lan": "10.0.0.1", "ipv4": "203.0.113.1", "carrier-2": "vpn.example.org:443"},
            "underlays": ["lan", "ipv6", "ipv4"],
            "port": 51820,
        },
        "beta": None,
        "gamma": {},
    },
}
VALIDATOR = jsonschema.Draft202012Validator(document_schema())

HEAD = {
    "version": 2,
    "name": "a/b",
    "interface": "wg/0",
    "topology": 5,
    "prefixes": ["x"],
    "container_prefixes": ["x"],
    "isolate_spokes": "maybe",
    "failover": "hope",
    "links": [["alpha"]],
    "groups": ["alpha"],
    "preshared_base": "0123456789ABCDEF",
    "domain": "fleet.example.net.",
    "port": 65536,
    "keepalive": -1,
    "mtu": 575,
    "underlay_mtu": 1279,
    "table": "a b",
    "fwmark": "0xfffffffff",
    "dns": ["a b"],
    "hooks": {"post_up": ["echo # x"]},
    "topologie": "mesh",
}
NODE = {
    "public_key": "x",
    "preshared_id": "x",
    "next_public_key": "x",
    "preshared_secret_id": "0123456789abcde",
    "next_preshared_secret_id": 1234567890123456,
    "addresses": ["10.8.0.300"],
    "endpoint": 5,
    "site": "a\tb",
    "site_endpoint": "",
    "routes": ["172.20.1.0/33"],
    "hub": 1,
    "home": ["alpha"],
    "gateway": "maybe",
    "forward": 1.5,
    "hosts": [5],
    "vrrp_addresses": {"a1": "x"},
    "floating": [{"address": "192.0.2.10", "interface": "eth0"}],
    "management": "a1",
    "managed": "perhaps",
    "container_subnets": ["x"],
    "containers": "some",
    "netns": "a/b",
    "container": "",
    "allowed_ips": ["everything"],
    "excluded_ips": [5],
    "exit": "",
    "expires": "soon",
    "revoked": "maybe",
    "endpoints": ["203.0.113.1"],
    "underlays": ["ipv4 ipv6"],
    **{name: HEAD[name] for name in COMMON_KEYS},
    "colour": "red",
}
FURTHER = [
    *(({"version": value}, "$.version", "network.version") for value in (0, -1, "1", True)),
    ({"links": "alpha"}, "$.links", "network.links"),
    ({"links": [{"nodes": ["alpha", "beta"], "weight": 0}]}, "$.links[0]", "network.links[0].weight"),
    ({"links": [{"nodes": ["alpha", "beta"], "exclude": True, "weight": 5}]}, "$.links[0]", "network.links[0]"),
    ({"links": [{"nodes": ["alpha", "beta"], "cost": 5}]}, "$.links[0]", "network.links[0]"),
    ({"interface": ".."}, "$.interface", "network.interface: '..'"),
    ({"interface": "tx"}, "$.interface", "network.interface: 'tx'"),
    ({"interface": "123"}, "$.interface", "network.interface: '123'"),
    ({"hooks": {"post_up": ["a\u2028b"]}}, "$.hooks.post_up", "network.hooks.post_up"),
    ({"groups": {"a b": []}}, "$.groups", "network.groups"),
    ({"hooks": {"after": []}}, "$.hooks", "network.hooks"),
    ({"hooks": {"post_up": "true\n"}}, "$.hooks.post_up", "network.hooks.post_up"),
    ({"nodes": []}, "$.nodes", "network.nodes"),
    ({"nodes": {"alpha": []}}, "$.nodes.alpha", "node alpha"),
    ({"nodes": {"a\tb": {}}}, "$.nodes", "node name"),
    ({"nodes": {"alpha": {"floating": [{"address": "192.0.2.10/24", "interface": "a/b"}]}}},
     "$.nodes.alpha.floating[0].interface", "floating[0].interface: 'a/b'"),
]  # fmt: skip
BROKEN = [
    *(({name: value}, f"$.{name}" if name in WHOLE else "$", name) for name, value in HEAD.items()),
    *(
        ({"nodes": {"alpha": {name: value}}}, "$.nodes.alpha" + (f".{name}" if name in NODE_KEYS else ""), name)
        for name, value in NODE.items()
    ),
    *FURTHER,
]


def test_the_published_file_is_this_schema():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run `make generate`"
    jsonschema.Draft202012Validator.check_schema(document_schema())


def test_every_key_is_in_the_examples():
    assert set(WHOLE) == {"$schema", "version", "nodes", *NETWORK_KEYS, *COMMON_KEYS}
    assert set(WHOLE["nodes"]["alpha"]) == {*NODE_KEYS} - {*COMMON_KEYS} | {"port"}
    assert set(HEAD) == {"version", "topologie", *NETWORK_KEYS, *COMMON_KEYS}
    assert set(NODE) == {"colour", *NODE_KEYS}


@pytest.mark.parametrize("document", [WHOLE, [WHOLE, WHOLE], json.loads(json.dumps(WHOLE))])
def test_good_documents(document):
    VALIDATOR.validate(document)
    one = document[0] if isinstance(document, list) else document
    VALIDATOR.validate(network_to_dict(read_document({**one, "failover": "vrrp", "topology": "star"})[0]))


@pytest.mark.parametrize(("change", "path", "said"), BROKEN)
def test_a_broken_document_is_refused_by_both_and_both_name_the_path(change, path, said):
    document = {"prefixes": ["10.8.0.0/24"], "nodes": {"alpha": {}, "beta": {}}, **change}
    errors = list(VALIDATOR.iter_errors(document))
    paths = [error.json_path for error in errors]
    assert any(found == path or found.startswith((f"{path}.", f"{path}[")) for found in paths), paths
    with pytest.raises(PlanError) as caught:
        network_from_dict(document)
    assert said in str(caught.value)


JUNK = [
    None,
    True,
    False,
    0,
    1,
    -1,
    5.5,
    70000,
    "",
    " ",
    "x",
    "a b",
    "0",
    "10.8.0.1",
    "10.8.0.0/24",
    [],
    ["x"],
    [None],
    {},
    {"x": 1},
]


@pytest.mark.parametrize("name", [*NETWORK_KEYS, *COMMON_KEYS])
def test_what_the_schema_takes_the_planner_can_read(name):
    """Of a network's key alone; what nodes mean to one another is not in the schema."""
    for value in JUNK:
        if VALIDATOR.is_valid({"nodes": {}, name: value}):
            ({**NETWORK_KEYS, **COMMON_KEYS})[name](value, name)


@pytest.mark.parametrize("name", NODE_KEYS)
def test_what_the_schema_takes_the_planner_can_read_of_a_node(name):
    for value in JUNK:
        if VALIDATOR.is_valid({"nodes": {"alpha": {name: value}}}):
            NODE_KEYS[name](value, name)
