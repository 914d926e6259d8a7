# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does on hosts that match the plan already: it asks each of them once, and Ansible starts no other task for them."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.world import World

HOSTS = {
    "alpha": {"wireguard_endpoint": "203.0.113.1", "wireguard_hub": True},
    "beta": {"wireguard_endpoint": "203.0.113.2"},
    "gamma": {},
}
ONE_TASK = {"ok": 1, "changed": 0, "unreachable": 0, "failed": 0, "skipped": 0, "rescued": 0, "ignored": 0}
PREPARE = ["meshwork.wireguard.prepare"]


def world(directory, **variables):
    return World(directory / "controller", HOSTS, {"wireguard_prefixes": ["10.8.0.0/24"], **variables})


@pytest.mark.parametrize("variables", [{}, {"wireguard_topology": "star", "wireguard_preshared_secret": "sixteen characters"}])
@pytest.mark.parametrize("playbook", ["meshwork.wireguard.mesh", "meshwork.wireguard.apply"])
def test_a_second_run(tmp_path, variables, playbook):
    fleet = world(tmp_path, **variables)
    first = fleet.run()
    assert first.status == 0, first.output
    assert {host: first.modules(host) for host in HOSTS} == {host: [*PREPARE, "meshwork.wireguard.interface"] for host in HOSTS}
    second = fleet.run(playbook)
    assert second.status == 0, second.output
    assert {host: second.modules(host) for host in HOSTS} == dict.fromkeys(HOSTS, PREPARE)
    assert {host: second.recap[host] for host in ("beta", "gamma")} == {"beta": ONE_TASK, "gamma": ONE_TASK}
    assert first.files == second.files


def test_only_what_differs_is_changed(tmp_path):
    fleet = world(tmp_path, wireguard_topology="star")
    assert fleet.run().status == 0
    fleet.hosts = {**HOSTS, "gamma": {"wireguard_mtu": 1380}}
    fleet.be()
    run = fleet.run()
    assert run.status == 0, run.output
    assert {host: len(run.modules(host)) for host in HOSTS} == {"alpha": 1, "beta": 1, "gamma": 2}
    assert {host: run.recap[host]["changed"] for host in HOSTS} == {"alpha": 0, "beta": 0, "gamma": 1}


def test_one_interface_that_is_stopped_is_not_settled(tmp_path):
    fleet = world(tmp_path)
    assert fleet.run().status == 0
    run = fleet.run("meshwork.wireguard.mesh", "-e", "wireguard_interface_state=absent")
    assert {host: run.recap[host]["changed"] for host in HOSTS} == dict.fromkeys(HOSTS, 1), run.output


METRICS, NAMES = "meshwork.wireguard.metrics", "meshwork.wireguard.names"


@pytest.mark.parametrize("playbook", ["meshwork.wireguard.mesh", "meshwork.wireguard.apply"])
def test_metrics_are_set_up_kept_and_removed(tmp_path, playbook):
    """On hosts that want them, by one module that runs only where something differs."""
    fleet = world(tmp_path, wireguard_topology="star")
    fleet.hosts = {name: {**values, "wireguard_metrics": name != "beta"} for name, values in HOSTS.items()}
    fleet.be()
    assert fleet.run().status == 0
    second = fleet.run(playbook)
    assert {host: second.modules(host) for host in HOSTS} == dict.fromkeys(HOSTS, PREPARE), second.output
    assert {host: second.recap[host] for host in ("beta", "gamma")} == {"beta": ONE_TASK, "gamma": ONE_TASK}
    fleet.hosts["gamma"]["wireguard_metrics_interval"] = 30
    fleet.hosts["alpha"]["wireguard_metrics"] = False
    fleet.be()
    for options, changed in ((["--check"], 1), ([], 1), ([], 0)):
        run = fleet.run(playbook, *options)
        asked = {host: [*PREPARE, *([METRICS] if changed and host != "beta" else [])] for host in HOSTS}
        assert ({host: run.modules(host) for host in HOSTS}, run.status) == (asked, 0), run.output
        assert {host: run.recap[host]["changed"] for host in HOSTS} == {"alpha": changed, "beta": 0, "gamma": changed}


def test_names_are_given_kept_and_taken(tmp_path):
    """The same with names. Who gets them also gets those of a new node."""
    fleet = world(tmp_path, wireguard_names="hosts")
    fleet.hosts = {name: values for name, values in HOSTS.items() if name != "gamma"}
    fleet.be()
    assert fleet.run().status == 0
    second = fleet.run()
    assert {host: second.modules(host) for host in fleet.hosts} == dict.fromkeys(fleet.hosts, PREPARE), second.output
    fleet.hosts = {**HOSTS, "beta": {**HOSTS["beta"], "wireguard_names": "none"}}
    fleet.be()
    assert fleet.run().status == 0
    given = {host: json.loads((fleet.root / f"fake/{host}/state").read_text())["names"] for host in HOSTS}
    assert given["beta"] is None
    for host in ("alpha", "gamma"):
        assert list(given[host]["networks"]["wireguard"]["hosts"]) == [f"{name}.wireguard.internal" for name in HOSTS]
    last = fleet.run()
    assert {host: last.modules(host) for host in HOSTS} == dict.fromkeys(HOSTS, PREPARE), last.output


def test_a_host_that_leaves_measures_no_more_and_has_no_names(tmp_path):
    fleet = world(tmp_path, wireguard_metrics=True, wireguard_names="hosts")
    first = fleet.run()
    assert first.modules("gamma") == [*PREPARE, "meshwork.wireguard.interface", NAMES, METRICS], first.output
    run = fleet.run("meshwork.wireguard.remove", "-e", "wireguard_remove=gamma", "-e", "wireguard_metrics=true")
    assert run.status == 0, run.output
    assert {NAMES, METRICS} <= set(run.modules("gamma"))
    gone, stays = (json.loads((fleet.root / f"fake/{host}/state").read_text()) for host in ("gamma", "alpha"))
    assert (gone["metrics"], gone["names"]) == (None, None)
    assert list(stays["metrics"]["interfaces"]["wg0"]["peers"]) == ["beta"]
    assert list(stays["names"]["networks"]["wireguard"]["hosts"]) == ["alpha.wireguard.internal", "beta.wireguard.internal"]


def test_a_node_is_pruned_though_all_hosts_match(tmp_path):
    fleet = world(tmp_path)
    assert fleet.run().status == 0
    fleet.hosts = {name: values for name, values in HOSTS.items() if name != "gamma"}
    fleet.be()
    run = fleet.run("meshwork.wireguard.mesh", "-e", "wireguard_prune=gamma")
    assert run.status == 0, run.output
    assert '"gamma"' in run.files["inventory/.wireguard/wireguard.json"].partition('"removed"')[2]
    assert fleet.run("meshwork.wireguard.mesh").recap["beta"] == ONE_TASK


@pytest.mark.parametrize(
    ("template", "head"), [("wireguard.conf.j2", "# Written by Ansible (meshwork.wireguard)."), ("own.j2", "# of beta")]
)
def test_the_roles_own_template_and_another(tmp_path, template, head):
    fleet = world(tmp_path)
    path = tmp_path / "own.j2"
    path.write_text("# of {{ inventory_hostname }}\n{{ wireguard_template_interface.config | meshwork.wireguard.to_conf }}\n")
    option = f"wireguard_template={path if template == path.name else template}"
    run = fleet.run("meshwork.wireguard.mesh", "-e", option)
    assert run.status == 0, run.output
    assert all(head in line for line in run.sent["beta"])
    again = fleet.run("meshwork.wireguard.mesh", "-e", option)
    assert again.recap["gamma"] == ONE_TASK, again.output
