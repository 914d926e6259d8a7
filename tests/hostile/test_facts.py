# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has said of itself before the collection comes: the run stops, before any host is touched."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.conftest import HONEST, SECRET
from ansible_collections.meshwork.wireguard.tests.hostile.lies import FACTS, IGNORED, Lie

PLANNED = ("wireguard_revoked", "wireguard_routes", "wireguard_template")
CONTROLLING = ("wireguard_registry", "wireguard_prepared", "inventory_hostname")
"""What decides something on the controller, what the collection itself registers, and what Ansible has."""


def evil(names):
    return Lie("evil", "setup", IGNORED, values={"ansible_facts": {name: FACTS[name] for name in names}})


def playbook(world, module):
    """A play that asks evil for facts, and then the playbook mesh."""
    before = {"hosts": "evil", "gather_facts": False, "tasks": [{module: {}}]}
    path = world.root / "site.yml"
    path.write_text(json.dumps([before, {"import_playbook": "meshwork.wireguard.mesh"}]))
    return path


@pytest.fixture(scope="module")
def world(make_world):
    """evil is revoked, and comes first."""
    world = make_world([evil(())])
    world.hosts = {"evil": {"wireguard_endpoint": "198.51.100.1", "wireguard_revoked": True}, **HONEST}
    return world


@pytest.mark.parametrize("name", [*PLANNED, *CONTROLLING])
def test_the_run_stops_at_facts_of_an_earlier_play(world, name):
    value = False if name == "wireguard_revoked" else FACTS[name]
    world.be([Lie("evil", "setup", IGNORED, values={f"ansible_facts.{name}": value})])
    before = {**world.files()}
    run = world.run(str(playbook(world, "ansible.builtin.setup")))
    told = " ".join(run.output.split())
    assert run.status != 0
    assert not [name for host in run.sent for name in run.modules(host) if name.startswith("meshwork.")]
    assert "evil" in told
    assert name in told
    assert "inject_facts_as_vars" in told or "clear_facts" in told
    assert {**before, "site.yml": run.files["site.yml"]} == run.files


def test_facts_that_are_not_injected_are_no_variables(world):
    """As the message advises."""
    world.be([evil(PLANNED)])
    run = world.run(str(playbook(world, "ansible.builtin.setup")), ANSIBLE_INJECT_FACT_VARS="False")
    assert run.status == 0, run.output
    assert SECRET not in str(run.sent)
    assert "198.51.100.1" not in str(run.sent["alpha"])
    assert "PostUp" not in str(run.sent)
