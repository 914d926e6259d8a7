# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reference is generated, and the roles' specs agree with the defaults and the planner."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import VARIABLES
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import TOPOLOGIES
from ansible_collections.meshwork.wireguard.tests.bin.reference import (
    REFERENCE,
    ROLES,
    ROOT,
    first_sentence,
    plain,
    reference_text,
    short_description,
)


def read(role, path):
    return yaml.safe_load((ROOT / "roles" / role / path).read_text(encoding="utf-8"))


def options(role):
    return read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def test_every_role_is_in_the_reference():
    assert sorted(ROLES) == sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def test_the_reference_is_current():
    assert REFERENCE.read_text(encoding="utf-8") == reference_text(), "run `make generate`"


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


def test_every_topology_is_documented():
    (description,) = options("network")["wireguard_topology"]["description"]
    assert [name for name in TOPOLOGIES if f"V({name})" not in description] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("V(present) or V(absent).", "`present` or `absent`."),
        ("see M(meshwork.wireguard.install)", "see `meshwork.wireguard.install`"),
        ("P(meshwork.wireguard.network#role) computes it", "`meshwork.wireguard.network` computes it"),
        ("With O(main:wireguard_networks),", "With `wireguard_networks`,"),
        ("O(meshwork.wireguard.interface#module:config) takes it", "`config` of `meshwork.wireguard.interface` takes it"),
        ("C([address]:port) | x", "`[address]:port` \\| x"),
    ],
)
def test_markup(text, expected):
    assert plain(text) == expected


def test_a_playbook_without_a_description_is_refused(tmp_path):
    playbook = tmp_path / "new.yml"
    playbook.write_text("---\n# SPDX: the licence\n- hosts: all\n")
    with pytest.raises(ValueError, match="does not begin with a comment of one sentence"):
        first_sentence(playbook)


def test_a_plugin_without_a_description_is_refused(tmp_path):
    plugin = tmp_path / "new.py"
    plugin.write_text("EXAMPLES = ''\n")
    with pytest.raises(ValueError, match="has no DOCUMENTATION"):
        short_description(plugin)
