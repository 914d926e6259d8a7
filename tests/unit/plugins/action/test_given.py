# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are not set, and templates that cannot be evaluated, with every ansible-core."""

from __future__ import annotations

import base64
import json
import re

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key

PLAN = {"meshwork.wireguard.registry": {"path": ""}, "run_once": True, "register": "plan"}
PRINT = {"ansible.builtin.debug": {"msg": "RESULT={{ plan | to_json | b64encode }}"}, "run_once": True}
OWN = {"wireguard_addresses": ["10.8.0.1"], "wireguard_public_key": key("alpha")}
OMIT = "{{ nowhere | default(omit) }}"


@pytest.fixture
def plan(playbook, tmp_path):
    """Give a function that plans for a host with these variables, and others of the group: (the document or None, the output)."""

    def go(values, **group):
        file = tmp_path / "hosts.json"
        variables = {"wireguard_prefixes": ["10.8.0.0/24"], **group}
        file.write_text(json.dumps({"wireguard": {"vars": variables, "hosts": {"alpha": {**OWN, **values}}}}))
        process = playbook([{"hosts": "all", "gather_facts": False, "tasks": [PLAN, PRINT]}], "-i", file)
        output, _none = process.communicate(timeout=120)
        found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
        result = found and json.loads(base64.b64decode(found.group(1)))
        return json.loads(result["networks"][0]) if result else None, output

    return go


@pytest.mark.parametrize("nothing", [OMIT, "", None], ids=["omit", "empty", "null"])
def test_what_is_not_set(plan, nothing):
    """Everywhere: as a value, in lists, in mappings, and in mappings of mappings."""
    values = {
        **{
            f"wireguard_{name}": nothing
            for name in ("site_endpoint", "port", "site", "home", "mtu", "dns", "keepalive", "forward")
        },
        "wireguard_endpoint": "203.0.113.1",
        "wireguard_routes": [nothing, "192.168.9.0/24"],
        "wireguard_hooks": {"post_up": [nothing, "true"], "pre_up": nothing},
    }
    clients = {"phone": {"public_key": key("phone"), "addresses": ["10.8.0.2"], "endpoint": nothing, "routes": [nothing]}}
    document, output = plan(values, wireguard_clients=clients, wireguard_topology=nothing, wireguard_links=[nothing])
    assert document, output
    expected, _output = plan(
        {
            "wireguard_endpoint": "203.0.113.1",
            "wireguard_routes": ["192.168.9.0/24"],
            "wireguard_hooks": {"post_up": ["true"]},
        },
        wireguard_clients={"phone": {"public_key": key("phone"), "addresses": ["10.8.0.2"]}},
    )
    assert document == expected


def test_a_client_without_values_stays_one(plan):
    document, output = plan({}, wireguard_clients={"phone": None})
    assert "phone: lacks an address" in " ".join(output.split()), (document, output)


def test_zero_and_false_are_values(plan):
    document, output = plan({"wireguard_port": 0, "wireguard_keepalive": 0, "wireguard_forward": False})
    assert document, output
    assert document["nodes"]["alpha"] == {"addresses": ["10.8.0.1"], "public_key": key("alpha"), "port": 0, "keepalive": 0}


@pytest.mark.parametrize(
    "value",
    ["{{ public_ip }}", ["{{ public_ip }}"], {"post_up": ["{{ public_ip }}"]}],
    ids=["text", "in a list", "in a mapping"],
)
def test_an_undefined_variable_is_named_with_host_and_variable(plan, value):
    name = {str: "endpoint", list: "routes", dict: "hooks"}[type(value)]
    document, output = plan({f"wireguard_{name}": value})
    assert document is None
    text = " ".join(output.split())
    assert f"host alpha: wireguard_{name}: " in text
    assert "public_ip" in text
    assert "define what its template uses, or correct the template" in text


def test_braces_that_are_meant(plan):
    document, output = plan({"wireguard_hooks": {"post_up": ["{% raw %}echo {{ x }}{% endraw %}"]}})
    assert document, output
    assert document["nodes"]["alpha"]["hooks"] == {"post_up": ["echo {{ x }}"]}


def test_a_part_of_a_text_cannot_be_left_out(plan):
    document, output = plan({"wireguard_endpoint": OMIT + ":51820"})
    assert document is None
    assert re.search(
        r"(host|node) alpha: (wireguard_)?endpoint: ':51820' is (only a part|not an endpoint)", " ".join(output.split())
    )
