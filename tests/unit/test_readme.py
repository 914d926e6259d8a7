# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the README says of variables is what the roles' specs say, and these agree with the defaults and the planner."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import VARIABLES, Inventory, documents
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.clients import client_config
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import ERROR
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge
from ansible_collections.meshwork.wireguard.tests.bin.readme_tables import (
    PLANNING,
    README,
    ROLES,
    ROOT,
    findings,
    plain,
    rendered,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def read(role, path):
    return yaml.safe_load((ROOT / "roles" / role / path).read_text(encoding="utf-8"))


def options(role):
    return read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def test_readme_has_every_role():
    assert sorted(ROLES) == sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def test_tables_are_current():
    text = README.read_text(encoding="utf-8")
    assert text == rendered(text), "run .cache/venv/bin/python tests/bin/readme_tables.py"


def test_findings_are_current():
    text = PLANNING.read_text(encoding="utf-8")
    assert text == rendered(text, findings()), "run .cache/venv/bin/python tests/bin/readme_tables.py"


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_specs(role):
    documented = {name: option.get("default") for name, option in options(role).items() if name not in VARIABLES}
    assert read(role, "defaults/main.yml") == documented


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_takes_the_same(role):
    specs = read(role, "meta/argument_specs.yml")["argument_specs"]
    assert {entry: spec["options"] for entry, spec in specs.items()} == dict.fromkeys(specs, options(role))


def test_every_variable_of_the_planner_is_documented():
    assert set(VARIABLES) <= set(options("network"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("V(present) or V(absent).", "`present` or `absent`."),
        ("see M(meshwork.wireguard.install)", "see `meshwork.wireguard.install`"),
        ("P(meshwork.wireguard.network#role) computes it", "`meshwork.wireguard.network` computes it"),
        ("With O(main:wireguard_networks),", "With `wireguard_networks`,"),
        ("O(meshwork.wireguard.interface#module:config) takes it", "`config` takes it"),
        ("C([address]:port) | x", "`[address]:port` \\| x"),
    ],
)
def test_markup(text, expected):
    assert plain(text) == expected


def test_readme_without_the_markers_is_refused():
    with pytest.raises(ValueError, match="lacks the lines"):
        rendered("# A README\n")


def test_the_clients_of_the_readme_can_be_planned():
    (block,) = re.findall(
        r"^```yaml\n(wireguard:\n  vars:\n    wireguard_clients:.*?)^```$",
        README.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    said = yaml.safe_load(block)["wireguard"]["vars"]
    hub = {
        "wireguard_prefixes": ["10.8.0.0/24"],
        "wireguard_topology": "star",
        "wireguard_hub": True,
        "wireguard_endpoint": "203.0.113.1",
    }
    (document,) = documents(Inventory({"hub": {**hub, **native(said)}}, {"wireguard": ["hub"]}, {}), ["hub"]).values()
    network = merge(
        network_from_dict(document), Registry(), {"hub": key("hub"), "phone": key("phone")}, prune=False, remember=True
    ).network
    assert [finding for finding in network_findings([network]) if finding.severity == ERROR] == []
    assert list(network.nodes) == ["hub", "phone", "router"]
    (peer,) = client_config(network, "phone", key("private"), Preshared()).peers
    assert {"0.0.0.0/1", "::/0"} <= set(peer.allowed_ips)
