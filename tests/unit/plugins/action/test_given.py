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
    """Give a function that plans for a host with these variables, others of the play, and of the group:
    (the document or None, the output)."""

    def go(values, play=None, **group):
        file = tmp_path / "hosts.json"
        variables = {"wireguard_prefixes": ["10.8.0.0/24"], **group}
        file.write_text(json.dumps({"wireguard": {"vars": variables, "hosts": {"alpha": {**OWN, **values}}}}))
        process = playbook([{"hosts": "all", "gather_facts": False, "vars": play or {}, "tasks": [PLAN, PRINT]}], "-i", file)
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
    remedy = "define what its template uses, or correct the template"
    assert f"host alpha: wireguard_{name}: 'public_ip' is undefined; {remedy}" in text


def test_an_undefined_variable_in_another_one_and_in_the_play(plan):
    remedy = "'public_ip' is undefined; define what its template uses, or correct the template"
    document, output = plan({"wireguard_endpoint": "{{ own_ip }}", "own_ip": "{{ public_ip }}"})
    assert document is None
    assert f"host alpha: wireguard_endpoint: {remedy}" in " ".join(output.split())
    document, output = plan({}, play={"wireguard_topology": "{{ public_ip }}"})
    assert document is None
    assert f"play: wireguard_topology: {remedy}" in " ".join(output.split())


def test_the_play_has_templates_and_what_is_not_set(plan):
    play = {"wireguard_interface": "{{ own }}", "own": "wg7", "wireguard_topology": OMIT, "wireguard_mtu": None}
    document, output = plan({}, play={**play, "wireguard_links": [OMIT, ""], "wireguard_port": ""}, wireguard_interface="")
    assert document, output
    assert (document["interface"], document["topology"], "links" in document) == ("wg7", "mesh", False)


def test_several_networks(playbook, tmp_path):
    own = {"addresses": ["10.8.0.1"], "public_key": key("alpha"), "endpoint": OMIT, "routes": ["", OMIT], "port": None}
    own |= {"floating": [OMIT, {"address": "203.0.113.10/24", "interface": "eth0"}]}
    phone = {"public_key": key("phone"), "addresses": ["10.8.0.9"], "endpoint": "203.0.113.7:9", "site": OMIT}
    links = [OMIT, {"nodes": ["alpha", "phone"], "weight": OMIT}]
    network = {"prefixes": ["10.8.0.0/24"], "topology": OMIT, "links": links, "clients": {"phone": phone}, "mtu": OMIT, "dns": ""}
    variables = {"wireguard_networks": {"office": network, "lab": OMIT}, "wireguard_memberships": {"office": own, "lab": OMIT}}
    file = tmp_path / "hosts.json"
    file.write_text(json.dumps({"office": {"hosts": {"alpha": variables}}}))
    output, _none = playbook([{"hosts": "all", "gather_facts": False, "tasks": [PLAN, PRINT]}], "-i", file).communicate(
        timeout=120
    )
    found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
    assert found, output
    assert [json.loads(text) for text in json.loads(base64.b64decode(found.group(1)))["networks"]] == [
        {
            "version": 1,
            "name": "office",
            "interface": "wg0",
            "topology": "mesh",
            "prefixes": ["10.8.0.0/24"],
            "links": [["alpha", "phone"]],
            "nodes": {
                "alpha": {
                    "addresses": ["10.8.0.1"],
                    "public_key": key("alpha"),
                    "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}],
                },
                "phone": {
                    "public_key": key("phone"),
                    "addresses": ["10.8.0.9"],
                    "endpoint": "203.0.113.7:9",
                    "managed": False,
                },
            },
        }
    ]


def test_a_text_where_a_list_is_expected(plan):
    document, output = plan({"wireguard_allowed_ips": "192.0.2.0/25, 192.0.2.128/25"})
    assert document is None
    assert (
        "node alpha.allowed_ips[0]: '192.0.2.0/25, 192.0.2.128/25' is one text with commas; write a list, "
        "[192.0.2.0/25, 192.0.2.128/25]"
    ) in " ".join(output.split())


def test_an_error_also_has_the_mistyped_names(plan):
    document, output = plan({"wireguard_addreses": ["10.8.0.1"], "wireguard_addresses": ["10.9.0.1"]})
    assert document is None
    assert "wireguard_addreses is not read by anything (host alpha); did you mean wireguard_addresses?" in " ".join(
        output.split()
    )


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


SECRETS = {
    "secret": {"wireguard_preshared_secret": OMIT, "wireguard_preshared_keys": [OMIT, ""]},
    "keys": {"wireguard_preshared_secret": "", "wireguard_preshared_keys": OMIT},
    "networks": {"wireguard_networks": {"wireguard": {"preshared_secret": OMIT, "preshared_keys": [OMIT]}}},
    "no networks": {"wireguard_networks": OMIT, "wireguard_preshared_keys": ""},
}


@pytest.mark.parametrize("variables", SECRETS.values(), ids=SECRETS)
def test_secrets_that_are_not_set(playbook, tmp_path, variables):
    """As the role passes them to the filter."""
    document = {
        "prefixes": ["10.8.0.0/24"],
        "nodes": {
            "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1"},
            "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"]},
        },
    }
    file = tmp_path / "hosts.json"
    file.write_text(json.dumps({"wireguard": {"hosts": {"alpha": {**variables, "document": document}}}}))
    result = (
        "{{ document | meshwork.wireguard.interfaces(inventory_hostname,"
        " preshared_secret=wireguard_preshared_secret | default(none), preshared_keys=wireguard_preshared_keys | default(none),"
        " network_values=wireguard_networks | default(none)) }}"
    )
    task = {"ansible.builtin.debug": {"msg": "RESULT={{ result | to_json | b64encode }}"}, "vars": {"result": result}}
    output, _none = playbook([{"hosts": "all", "gather_facts": False, "tasks": [task]}], "-i", file).communicate(timeout=120)
    found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
    assert found, output
    (interface,) = json.loads(base64.b64decode(found.group(1)))
    assert interface["config"]["peers"] == [{"name": "beta", "public_key": key("beta"), "allowed_ips": ["10.8.0.2/32"]}]
