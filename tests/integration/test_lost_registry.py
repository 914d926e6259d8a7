# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost registry, half of one, or an old copy of one renumbers nobody."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Run
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

NEW = "alpha"  # the first by name: without the registry it would get the address of the next
OLD = ("beta", "gamma", "delta")


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(dict.fromkeys((NEW, *OLD)))
    made.write_inventory(without=[NEW])
    run = made.play()
    assert run.status == 0, run.output
    return made


def read(fleet):
    return json.loads(fleet.registry.read_text(encoding="utf-8"))


def known(text):
    """What a registry knows: all but which beginning it has."""
    return [line for line in text.splitlines() if not line.startswith('"lineage"')]


def lose(fleet, *names):
    """Forget these nodes, or all."""
    if not names:
        fleet.registry.unlink()
        return
    whole = read(fleet)
    fleet.registry.write_text(json.dumps({**whole, "nodes": {k: v for k, v in whole["nodes"].items() if k not in names}}))


def live(fleet, hosts=OLD):
    shown = (
        "ip -o address show dev wg0 | grep -o 'inet.* scope global'; wg show wg0 allowed-ips | sort; cat /etc/wireguard/wg0.conf"
    )
    return {host: fleet.run(host, "sh", "-c", shown) for host in hosts}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(("-e", "wireguard_serial=1"), "not in this run: ", marks=pytest.mark.long),
        (("--limit", NEW), "not in this run: "),
        pytest.param(("--limit", "beta"), "not in this run: ", marks=pytest.mark.long),
        ((), "no answer from delta"),
    ],
    ids=["serial 1", "the new host alone", "an old host alone", "one host is down"],
)
@pytest.mark.parametrize("lost", [(), pytest.param(("gamma", "delta"), marks=pytest.mark.long)], ids=["all of it", "half of it"])
def test_it_stops_and_records_nothing(fleet, words, why, lost):
    text, before = fleet.registry.read_text(encoding="utf-8"), live(fleet)
    fleet.write_inventory()
    lose(fleet, *lost)
    lossy = fleet.registry.read_text(encoding="utf-8") if lost else None
    if not words:
        fleet.lab("kill", "delta")
    run = fleet.play(*words)
    if not words:
        fleet.lab("start", "delta")
    left = fleet.registry.read_text(encoding="utf-8") if fleet.registry.exists() else None
    fleet.registry.write_text(text, encoding="utf-8")
    assert run.status != 0, run.output
    assert why in " ".join(run.output.split()), run.output
    assert left == lossy
    assert eventually(lambda: live(fleet), before) == before  # also on a host that has only just started
    assert fleet.run(NEW, "sh", "-c", "ls /etc/wireguard/*.conf 2>/dev/null; true") == ""


@pytest.mark.parametrize("lost", [(), pytest.param(("gamma", "delta"), marks=pytest.mark.long)], ids=["all of it", "half of it"])
def test_the_hosts_give_back_what_is_lost(fleet, lost):
    text, before = fleet.registry.read_text(encoding="utf-8"), live(fleet)
    fleet.write_inventory(without=[NEW])
    lose(fleet, *lost)
    run = fleet.play()
    assert (run.status, run.changed() - {"beta"}) == (0, set()), run.output  # the registry's task runs on the first host
    assert live(fleet) == before
    assert known(fleet.registry.read_text(encoding="utf-8")) == known(text)


def test_a_host_is_added_without_the_registry(fleet):
    addresses = {name: entry["addresses"] for name, entry in read(fleet)["nodes"].items()}
    fleet.write_inventory()
    lose(fleet)
    run = fleet.play()
    assert run.status == 0, run.output
    found = {name: entry["addresses"] for name, entry in read(fleet)["nodes"].items()}
    assert {name: found[name] for name in OLD} == addresses
    assert fleet.unreachable_pairs((NEW, *OLD)) == []
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def rebuild(fleet, *words):
    return Run(fleet.ansible("ansible-playbook", "meshwork.wireguard.import", "-e", "import_registry=true", *words))


def test_a_whole_registry_stays_as_it_is(fleet):
    text = fleet.registry.read_text(encoding="utf-8")
    run = rebuild(fleet)
    assert (run.status, run.changed()) == (0, set()), run.output
    assert fleet.registry.read_text(encoding="utf-8") == text


@pytest.mark.long
def test_the_hosts_that_answer_know_who_is_down_and_the_clients(fleet):
    """It comes back with its address, and the phone with its key, which only the registry had beside the hosts."""
    fleet.variables["wireguard_clients"] = {"phone": None}
    fleet.write_inventory()
    made = Run(fleet.ansible("ansible-playbook", "meshwork.wireguard.clients"))
    assert made.status == 0, made.output
    hosts = (NEW, *OLD)
    text, before = fleet.registry.read_text(encoding="utf-8"), live(fleet, hosts)
    assert set(read(fleet)["nodes"]) == {*hosts, "phone"}
    lose(fleet)
    fleet.lab("kill", "delta")
    stopped = fleet.play()
    assert "ansible-playbook meshwork.wireguard.import -e import_registry=true" in " ".join(stopped.output.split())
    assert not fleet.registry.exists()
    checked = rebuild(fleet, "--check", "--diff")
    assert not fleet.registry.exists()
    assert [line for line in known(text) if f"+{line}" not in checked.output] == []
    rebuilt = rebuild(fleet)
    assert "delta: from the peers of alpha, beta, gamma" in rebuilt.output
    assert "phone: from the peers of alpha, beta, gamma" in rebuilt.output
    assert known(fleet.registry.read_text(encoding="utf-8")) == known(text)
    run = fleet.play()
    assert (run.changed(), live(fleet, (NEW, "beta", "gamma"))) == (set(), {h: before[h] for h in (NEW, "beta", "gamma")})
    fleet.lab("start", "delta")
    assert eventually(lambda: live(fleet, ["delta"]), {"delta": before["delta"]}) == {"delta": before["delta"]}
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    assert known(fleet.registry.read_text(encoding="utf-8")) == known(text)
    assert eventually(lambda: fleet.unreachable_pairs(hosts), []) == []  # the others first try their session with delta as it was


def test_an_old_copy_brings_nobody_back(fleet):
    text = fleet.registry.read_text(encoding="utf-8")
    fleet.write_inventory(without=["delta"])
    pruned = fleet.play("-e", "wireguard_prune=delta")
    assert pruned.status == 0, pruned.output
    hosts = (NEW, "beta", "gamma")
    before = live(fleet, hosts)
    fleet.registry.write_text(text, encoding="utf-8")
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set()), run.output
    assert "neither in the inventory nor a peer of a host that answered, so left out: delta" in " ".join(run.output.split())
    assert live(fleet, hosts) == before
