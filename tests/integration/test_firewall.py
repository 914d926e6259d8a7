# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between the tunnel and the rest of a hub's world go its routes, and the traffic of those whose exit it is, and nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually


@pytest.fixture(scope="module")
def fleet(make_fleet):
    """`outside` is a machine of the underlay that knows nothing of WireGuard, but has a way back to the overlay by the hub."""
    made = make_fleet(
        {
            "hub": {"wireguard_hub": True},
            "alpha": {"dialled": False},
            "roamer": {"dialled": False},
            "outside": {"dialled": False},
        },
        {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_topology": "star"},
        image="bookworm-containers",
    )
    del made.members["outside"]
    made.write_inventory()
    made.run("outside", "ip", "route", "add", "10.8.0.0/24", "via", made.underlay["hub"])
    first = made.play()
    assert first.status == 0, first.output
    return made


def firewall(fleet, *words):
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.firewall", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answered(fleet, host, address):
    return " 1 received" in fleet.run(host, "ping", "-c", "1", "-W", "2", address, check=False)


def cheat(fleet, host):
    """The host sends more into the tunnel than it is meant to."""
    hub = next(key for key, name in fleet.public_keys().items() if name == "hub")
    address = fleet.underlay["outside"]
    fleet.run(host, "wg", "set", "wg0", "peer", hub, "allowed-ips", f"10.8.0.0/24,{address}/32")
    fleet.run(host, "ip", "route", "replace", address, "dev", "wg0")


def test_what_is_no_route_does_not_go_out(fleet):
    cheat(fleet, "alpha")
    assert eventually(lambda: answered(fleet, "alpha", fleet.underlay["outside"]), True) is True
    assert "changed=1" in firewall(fleet)
    assert not answered(fleet, "alpha", fleet.underlay["outside"])
    assert fleet.unreachable_pairs(["hub", "alpha", "roamer"]) == []
    assert "changed=1" not in firewall(fleet)


def test_a_route_of_the_hub_goes_through(fleet):
    fleet.members["hub"]["wireguard_routes"] = [f"{fleet.underlay['outside']}/32"]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    firewall(fleet)
    assert answered(fleet, "alpha", fleet.underlay["outside"])
    del fleet.members["hub"]["wireguard_routes"]
    fleet.write_inventory()
    assert fleet.play().status == 0


def test_an_exit_lets_out_and_masquerades(fleet):
    outside = fleet.underlay["outside"]
    fleet.run("outside", "ip", "route", "delete", "10.8.0.0/24")  # an answer comes only if the hub has put its own address there
    fleet.members["roamer"]["wireguard_allowed_ips"] = [f"{outside}/32"]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    assert not answered(fleet, "roamer", outside)
    firewall(fleet)
    assert answered(fleet, "roamer", outside)
    cheat(fleet, "alpha")
    assert not answered(fleet, "alpha", outside)  # it is not alpha's exit
    assert fleet.unreachable_pairs(["hub", "alpha", "roamer"]) == []


@pytest.mark.long
def test_the_table_can_be_read_and_is_put_back(fleet):
    shown = fleet.run("hub", "nft", "list", "table", "inet", "meshwork_wg0")
    assert "drop" in shown
    fleet.run("hub", "nft", "delete", "table", "inet", "meshwork_wg0")
    assert "hub                        : ok=" in (output := firewall(fleet)), output
    assert fleet.run("hub", "nft", "list", "table", "inet", "meshwork_wg0") == shown
    fleet.lab("kill", "hub")
    fleet.lab("start", "hub")
    assert fleet.run("hub", "nft", "list", "table", "inet", "meshwork_wg0") == shown


@pytest.mark.long
def test_where_firewalld_runs_the_port_is_opened(fleet):
    fleet.run("hub", "systemctl", "enable", "--now", "firewalld")
    fleet.run("alpha", "wg", "set", "wg0", "listen-port", "40001")  # as from a new place, which firewalld knows nothing of
    hub = fleet.addresses()["hub"][0]
    assert not answered(fleet, "alpha", hub)
    firewall(fleet)
    assert eventually(lambda: answered(fleet, "alpha", hub), True) is True
    for words in ([], ["--permanent"]):
        assert fleet.run("hub", "firewall-cmd", *words, "--list-ports").split() == ["51820/udp"]
    assert "changed=1" not in firewall(fleet)
    firewall(fleet, "-e", "wireguard_firewall_state=absent")
    assert fleet.run("hub", "firewall-cmd", "--list-ports").split() == []
    fleet.run("hub", "systemctl", "disable", "--now", "firewalld")
    assert fleet.play().changed() == {"alpha"}
    firewall(fleet)


def test_it_is_taken_away(fleet):
    firewall(fleet, "-e", "wireguard_firewall_state=absent")
    del fleet.members["roamer"]["wireguard_allowed_ips"]  # with it goes what hubs have that are somebody's exit
    fleet.write_inventory()
    assert fleet.play().status == 0
    for host in ("hub", "alpha", "roamer"):
        assert "meshwork" not in fleet.run(host, "nft", "list", "tables")
        assert fleet.run(host, "sh", "-c", "ls /etc/meshwork-wireguard /etc/systemd/system/meshwork-nft* 2>/dev/null; true") == ""
