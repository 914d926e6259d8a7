# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers go when it is said that they shall, and not otherwise; hosts leave without a trace but what is kept on purpose."""

from __future__ import annotations

import json

import pytest

HOSTS = ("alpha", "beta", "gamma", "delta", "epsilon")
FOREIGN = "UhVGAYWwuaUWy7AXTTKSmRFlhJqhEXOsX0KlNZ37xwM="


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(dict.fromkeys(HOSTS))
    first = made.play()
    assert first.status == 0, first.output
    return made


def all_peers(fleet, hosts=HOSTS):
    return {host: fleet.peers(host) for host in hosts}


def mesh(hosts):
    return {host: sorted(set(hosts) - {host}) for host in hosts}


def registry(fleet):
    known = json.loads(fleet.registry.read_text(encoding="utf-8"))
    return set(known["nodes"]), set(known.get("removed", {}))


def traces(fleet, host):
    script = """
    ls /etc/wireguard /etc/sysctl.d | grep wg0; systemctl is-enabled wg-quick@wg0 | grep -x enabled
    systemctl is-active wg-quick@wg0 | grep -x active; ip -br link show wg0; command -v wg; true
    """
    return fleet.run(host, "sh", "-c", f"({script}) 2>/dev/null").split()


def test_a_run_that_would_remove_many_peers_touches_no_interface(fleet):
    fleet.write_inventory(without=["delta", "epsilon"])
    before = fleet.registry.read_text(encoding="utf-8")
    for words in ([], ["--check"]):
        run = fleet.play("-e", "wireguard_prune=delta,epsilon", *words)
        assert run.status != 0
        line = "network wireguard: 2 of 5 nodes would be pruned, but at most 1 may be: delta, epsilon"
        assert line in " ".join(run.output.split()), run.output
    assert fleet.registry.read_text(encoding="utf-8") == before
    assert all_peers(fleet) == mesh(HOSTS)
    fleet.write_inventory()
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_the_module_guards_for_itself(fleet):
    arguments = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key"}
    config = {"addresses": ["10.8.0.1/24", "fd00:8::1/64"], "port": 51820, "mtu": 1420, "peers": []}
    refused = fleet.module("alpha", "interface", {**arguments, "config": config}, fails=True)
    assert (
        "4 of 4 live peers would be removed, but at most 1 may be: beta, delta, epsilon, gamma; if that is intended"
        in refused["msg"]
    )
    allowed = fleet.module("alpha", "interface", {**arguments, "config": config, "max_removals": 4}, check=True)
    going = [change["peer"] for change in allowed["changes"] if change["kind"] == "peer_removed"]
    assert sorted(going) == mesh(HOSTS)["alpha"]
    assert fleet.peers("alpha") == mesh(HOSTS)["alpha"]


def test_a_plan_with_an_error_touches_no_host(fleet):
    for host in ("alpha", "beta"):
        fleet.members[host]["wireguard_addresses"] = ["10.8.0.200"]
    fleet.write_inventory()
    run = fleet.play()
    for host in ("alpha", "beta"):
        del fleet.members[host]["wireguard_addresses"]
    fleet.write_inventory()
    assert run.status != 0
    assert "10.8.0.200" in run.output
    assert "make the keys, and compare" not in run.output, run.output
    assert all_peers(fleet) == mesh(HOSTS)


@pytest.mark.long
def test_foreign_peers_are_left_alone_where_that_is_said(fleet):
    fleet.run("alpha", "wg", "set", "wg0", "peer", FOREIGN, "allowed-ips", "10.99.0.1/32")
    shared = fleet.play("--limit", "alpha", "-e", "wireguard_exclusive=false")
    assert (shared.status, shared.changed()) == (0, set()), shared.output
    assert FOREIGN in fleet.peers("alpha")
    seen = fleet.ansible("ansible-playbook", "meshwork.wireguard.status").stdout
    assert f"a run would change: - peer {FOREIGN[:8]}..." in seen, seen
    alone = fleet.play("--limit", "alpha")
    assert (alone.status, alone.changed()) == (0, {"alpha"}), alone.output
    assert fleet.peers("alpha") == mesh(HOSTS)["alpha"]


@pytest.mark.long
def test_status(fleet):
    assert fleet.unreachable_pairs(["alpha", "beta", "gamma"]) == []  # so that they have shaken hands
    fleet.run("gamma", "wg", "set", "wg0", "listen-port", "999")
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.status", "-e", "wireguard_format=json")
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = json.loads(done.stdout[done.stdout.index("\n{") : done.stdout.rindex("\n}") + 2])["nodes"]
    assert {entry["host"]: entry["drift"] for entry in hosts} == {
        **{host: [] for host in HOSTS},
        "gamma": ["~ port 999 -> 51820"],
    }
    (alpha,) = (entry for entry in hosts if entry["host"] == "alpha")
    assert [peer["name"] for peer in alpha["peers"]] == mesh(HOSTS)["alpha"]
    (beta,) = (peer for peer in alpha["peers"] if peer["name"] == "beta")
    assert beta["handshake_age"] < 180
    asked = fleet.ansible(
        "ansible-playbook", "meshwork.wireguard.status", "-e", "wireguard_query=nodes[?handshake_age < `180` && drift].name"
    )
    assert '[\n    "gamma"\n]' in asked.stdout, asked.stdout + asked.stderr
    assert fleet.play().changed() == {"gamma"}


def test_a_node_that_is_removed_leaves_everybody(fleet):
    run = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", "-e", "wireguard_remove=nobody")
    assert run.returncode != 0
    assert "node nobody: is not in any network of these hosts, and never was; correct the name" in run.stdout + run.stderr
    run = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", "-e", "wireguard_remove=epsilon", "--diff")
    assert run.returncode == 0, run.stdout + run.stderr
    assert all_peers(fleet, HOSTS[:4]) == mesh(HOSTS[:4])
    assert traces(fleet, "epsilon") == ["wg0.key", "/usr/bin/wg"]
    assert registry(fleet) == (set(HOSTS[:4]), {"epsilon"})
    fleet.write_inventory(without=["epsilon"])
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_with_the_key_and_the_packages(fleet):
    words = ["wireguard_remove=delta", "wireguard_destroy_keys=true", "wireguard_uninstall=true"]
    run = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", *(part for word in words for part in ("-e", word)))
    assert run.returncode == 0, run.stdout + run.stderr
    assert all_peers(fleet, HOSTS[:3]) == mesh(HOSTS[:3])
    assert traces(fleet, "delta") == []
    fleet.write_inventory(without=["delta", "epsilon"])


def test_a_dead_node_can_be_removed(fleet):
    fleet.lab("kill", "gamma")
    run = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", "-e", "wireguard_remove=gamma")
    assert "unreachable=1" in run.stdout
    assert all_peers(fleet, HOSTS[:2]) == mesh(HOSTS[:2])
    assert registry(fleet) == (set(HOSTS[:2]), set(HOSTS[2:]))
    fleet.write_inventory(without=HOSTS[2:])


def test_a_whole_network_is_removed(fleet):
    run = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", "-e", "wireguard_remove_network=wireguard")
    assert run.returncode == 0, run.stdout + run.stderr
    assert {host: traces(fleet, host) for host in HOSTS[:2]} == {host: ["wg0.key", "/usr/bin/wg"] for host in HOSTS[:2]}
    assert registry(fleet) == (set(), set(HOSTS))
