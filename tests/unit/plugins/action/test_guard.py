# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin under ansible-playbook."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAMES = ["alpha", "beta", "gamma"]
NODES = {
    name: {"public_key": key(name), "addresses": [f"10.8.0.{index}"], "endpoint": f"203.0.113.{index}"}
    for index, name in enumerate(NAMES, start=1)
}
NETWORK = {"prefixes": ["10.8.0.0/24"], "nodes": NODES}


def prepared(*names):
    peers = [{"name": name, "public_key": key(name)} for name in names]
    return {"interfaces": {"wg0": {"changes": [], "peers": peers}}}


@pytest.fixture
def run(playbook, tmp_path):
    """Give a function that runs the guard and a task after it: (who got to that task, the output)."""

    def go(found, arguments, *options):
        hosts = {name: {"prepared": value} for name, value in found.items()}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        guard = {
            "meshwork.wireguard.guard": {"prepared": "prepared", "networks": [NETWORK], **arguments},
            "run_once": True,
            "register": "guarded",
        }
        leave = {"ansible.builtin.fail": {"msg": "{{ guarded.refused[inventory_hostname] }}"}}
        leave["when"] = "inventory_hostname in guarded.refused"
        after = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }} goes on"}}
        process = playbook(
            [{"hosts": "all", "gather_facts": False, "tasks": [guard, leave, after]}], "-i", "hosts.json", *options
        )
        output, _none = process.communicate(timeout=120)
        return [name for name in found if f"{name} goes on" in output], output

    return go


@pytest.mark.parametrize(
    ("found", "arguments", "options"),
    [
        ({"alpha": prepared("beta", "gamma"), "beta": {}, "gamma": {"failed": True}}, {}, ()),
        ({"alpha": prepared("beta", "delta"), "beta": prepared("x", "y")}, {"max_removals": 2}, ()),
        ({"alpha": prepared("x", "y"), "beta": prepared("x", "y")}, {"networks": []}, ("--check",)),
    ],
    ids=["nobody loses", "so many may go", "no network"],
)
def test_let_pass(run, found, arguments, options):
    assert run(found, arguments, *options)[0] == list(found)


def test_a_network_of_the_hosts_own_is_named_and_stops_nobody(run):
    found = {"alpha": {**prepared("beta"), "routes": [{"prefix": "10.8.0.0/24", "connected": True}]}, "beta": prepared("alpha")}
    went_on, output = run(found, {})
    assert went_on == ["alpha", "beta"]
    said = " ".join(output.split())
    assert "host alpha, interface wg0: all of the host's own network 10.8.0.0/24 would go into the tunnel; " in said
    assert "host beta" not in said


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_host_stops_itself_alone(run, options):
    """What peers it has is its own word; each line names a host and who would go."""
    found = {"alpha": prepared("x", "y", "beta"), "beta": prepared("alpha", "gamma"), "gamma": prepared("z", "w")}
    went_on, output = run(found, {}, *options)
    assert went_on == ["beta"]
    said = " ".join(output.replace("\\n", " ").split())
    assert "host alpha, interface wg0: 2 of 3 live peers would be removed, but at most 1 may be: x, y; " in said
    assert "host gamma, interface wg0: 2 of 2 live peers would be removed, but at most 1 may be: w, z; " in said
    assert "set wireguard_max_removals (in your own task, max_removals) to 2" in said
    assert "host beta" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"networks": ["{"]}, "network: not JSON"),
        ({"max_removals": "many"}, "max_removals"),
        ({"networks": None}, "networks"),
    ],
)
def test_errors(run, arguments, message):
    went_on, output = run({"alpha": prepared("beta")}, arguments)
    assert went_on == []
    assert message in output
