# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables a host may say of itself: none that the collection reads."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.facts import refuse_facts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import VARIABLES
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

GENERATOR = Path(__file__).parents[5] / "tests" / "bin" / "variable_names.py"
REFUSED = "refused: host evil: sets {} by a fact; only the inventory may set it; "


def told(**facts):
    """The variables of a host whose facts stand above the inventory's."""
    return {"wireguard_port": 51820, **facts, "ansible_facts": facts}


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        (told(), None),
        ({"wireguard_port": 51820}, None),
        (told(wireguard_routes=["172.20.2.0/25"]), "wireguard_routes"),
        (told(wireguard_template="/etc/shadow", distribution="Debian"), "wireguard_template"),
        (told(drill_kill_command=["sh"]), "drill_kill_command"),
        (told(import_directory="/"), "import_directory"),
        (told(wireguard_src="beta"), "wireguard_src"),
        (told(wireguard_query="nodes"), "wireguard_query"),
        (told(inventory_dir="/tmp"), "inventory_dir"),
        (told(inventory_hostname="beta"), "inventory_hostname"),
        (told(omit="x"), "omit"),
        (told(wireguard_plan={"networks": []}), "wireguard_plan"),
        (told(distribution="Debian", wireguard_of_somebody_else=True), None),
        ({**told(wireguard_hub=True), "wireguard_hub": False}, None),  # -e, or a play, says something else
        ({"ansible_facts": {"wireguard_hub": True}}, None),
        ({"ansible_facts": ["wireguard_hub"], "wireguard_hub": True}, None),
    ],
)  # fmt: skip
def test_refuse_facts(variables, refused):
    found = outcome(refuse_facts, "evil", variables)
    assert found is None if refused is None else found.startswith(REFUSED.format(refused))


def test_facts_that_are_not_injected_hide_nothing(monkeypatch):
    monkeypatch.setattr(constants, "INJECT_FACTS_AS_VARS", False)
    assert refuse_facts("evil", told(wireguard_hub=True)) is None


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_of_the_plan(name):
    assert outcome(refuse_facts, "evil", told(**{name: "x"})).startswith(REFUSED.format(name))


def test_the_list_of_names_is_up_to_date():
    spec = spec_from_file_location("variable_names", GENERATOR)
    generator = module_from_spec(spec)
    spec.loader.exec_module(generator)
    found = generator.NAMES_FILE.read_text(encoding="utf-8")
    assert found == generator.names_text(), "run `make generate`"
    assert {"wireguard_template", "wireguard_registry", "drill_start_command", "wireguard_confirm", "wireguard_src"} <= set(
        generator.names()
    )


PLAN = {"meshwork.wireguard.registry": {"path": ""}, "run_once": True}
AFTER = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }} is touched"}}


@pytest.mark.parametrize(
    ("fact", "options", "environment", "refused"),
    [
        ({"cacheable": True}, (), {}, True),
        ({}, (), {}, False),
        ({"cacheable": True}, ("-e", "wireguard_port=51000"), {}, False),
        ({"cacheable": True}, (), {"ANSIBLE_INJECT_FACT_VARS": "False"}, False),
    ],
    ids=["a fact", "set_fact", "extra variables stand above", "not injected"],
)
def test_in_a_run(playbook, tmp_path, monkeypatch, fact, options, environment, refused):
    """The host that says it is not the first one of the play, so its variables are read for the plan alone."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    hosts = {
        name: {
            "wireguard_public_key": key(name),
            "wireguard_addresses": [f"10.8.0.{number}"],
            "wireguard_endpoint": f"192.0.2.{number}",
        }
        for number, name in enumerate(("alpha", "evil"), start=1)
    }
    text = json.dumps({"wireguard": {"vars": {"wireguard_prefixes": ["10.8.0.0/24"]}, "hosts": hosts}})
    (tmp_path / "hosts.json").write_text(text)
    say = {"ansible.builtin.set_fact": {"wireguard_port": 51001, **fact}, "when": "inventory_hostname == 'evil'"}
    plays = [{"hosts": "all", "gather_facts": False, "tasks": tasks} for tasks in ([say], [PLAN, AFTER])]
    output, _none = playbook(plays, "-i", "hosts.json", *options).communicate(timeout=120)
    assert ("host evil: sets wireguard_port by a fact" in output) is refused, output
    assert ("is touched" in output) is not refused, output
