# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes on one tunnel costs the others no packet: each is probed a hundred times a second meanwhile."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.labs import differing
from ansible_collections.meshwork.wireguard.tests.integration.probing import probes

HOSTS = ("alpha", "beta", "gamma", "delta")
FIRST = HOSTS[:3]
PREFIX = "10.77.0.0/16"


@pytest.fixture(scope="module")
def fleet(make_of_kept_kind):
    hosts = {"alpha": None, "beta": None, "gamma": {"wireguard_routes": [PREFIX]}, "delta": None}
    made = make_of_kept_kind(differing(hosts))
    made.write_inventory(without=["delta"])
    first = made.play()
    assert first.status == 0, first.output
    made.settle()
    assert made.unreachable_pairs(FIRST) == []
    return made


def applied(fleet, *words):
    run = fleet.play(*words, "--diff")
    assert run.status == 0, run.output
    return run


def test_a_node_is_added(fleet):
    with probes(fleet, FIRST) as lost:
        fleet.write_inventory()
        assert applied(fleet).output.count("+ peer delta") == len(FIRST)
    assert lost == {}
    assert fleet.unreachable_pairs(HOSTS) == []


@pytest.mark.long
def test_a_prefix_moves_between_two_others(fleet):
    with probes(fleet, HOSTS, without=[("gamma", "delta")]) as lost:
        fleet.members["delta"]["wireguard_routes"] = fleet.members["gamma"].pop("wireguard_routes")
        fleet.write_inventory()
        assert applied(fleet).output.count(f"~ prefix {PREFIX}: gamma -> delta\n") == 2
    assert lost == {}


@pytest.mark.long
def test_the_preshared_key_of_another_pair_changes(fleet):
    keys = {name: key for key, name in fleet.public_keys().items()}
    preshared = fleet.run("gamma", "wg", "genpsk").strip()
    with probes(fleet, HOSTS, without=[("gamma", "delta")]) as lost:
        for lines, action in ((f"\nPresharedKey = {preshared}", "set"), ("", "cleared")):
            for host, other in (("gamma", "delta"), ("delta", "gamma")):
                text = fleet.run(host, "sed", "/^PrivateKey/d; /^PresharedKey/d", "/etc/wireguard/wg0.conf")
                content = text.replace(keys[other], keys[other] + lines)
                wanted = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key", "content": content}
                wanted["backend"] = fleet.keeping.backend
                changes = fleet.module(host, "interface", wanted)["changes"]
                (change,) = [change for change in changes if change["kind"] != "host"]
                assert (change["kind"], change["action"], change["peer"]) == ("preshared_key_changed", action, other)
    assert lost == {}
    assert applied(fleet).changed() == set()


@pytest.mark.long
def test_the_mtu_of_another_host_changes(fleet):
    with probes(fleet, HOSTS) as lost:
        fleet.members["delta"]["wireguard_mtu"] = 1380
        fleet.write_inventory()
        run = applied(fleet)
        assert run.changed() == {"delta"}
        assert "~ MTU 1420 -> 1380\n" in run.output
    assert lost == {}


def test_a_node_is_removed(fleet):
    with probes(fleet, FIRST) as lost:
        fleet.write_inventory(without=["delta"])
        assert applied(fleet, "-e", "wireguard_prune=delta").output.count("- peer delta") == len(FIRST)
    assert lost == {}


@pytest.mark.long
def test_a_restart_in_its_place_loses_packets(fleet):
    """What the above is measured against; it shows, too, that the probes see a loss."""
    with probes(fleet, FIRST) as lost:
        fleet.run("gamma", "sh", "-c", fleet.keeping.restart)
    assert set(lost) == {("alpha", "gamma"), ("beta", "gamma")}
