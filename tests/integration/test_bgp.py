# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hubs that route: spokes are linked to all of them, and BIRD chooses."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually, pinging

HUBS, SPOKES = ("hub1", "hub2"), ("spoke1", "spoke2")
HOSTS = (*HUBS, *SPOKES)
CONF = "/etc/meshwork-wireguard/wg0.bird.conf"
BIRDC = "birdc -s /run/meshwork-wireguard/wg0.bird.ctl"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    network = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"], "wireguard_topology": "star"}
    hosts = {
        **{hub: {"wireguard_hub": True} for hub in HUBS},
        **{spoke: {"dialled": False, "wireguard_home": "hub1"} for spoke in SPOKES},
    }
    made = make_fleet(hosts, network, image="bookworm-hubs")
    first = made.play()
    assert first.status == 0, first.output
    made.variables["wireguard_failover"] = "bgp"
    made.write_inventory()
    return made


def interfaces(fleet):
    return {host: sorted(fleet.run(host, "wg", "show", "interfaces").split()) for host in HOSTS}


def way(fleet, host, address):
    """The interface by which packets leave."""
    return json.loads(fleet.run(host, "ip", "-j", "route", "get", address))[0].get("dev")


def settled(fleet, home="hub1"):
    return eventually(
        lambda: [way(fleet, spoke, "10.8.0.3" if spoke == "spoke2" else "10.8.0.4") for spoke in SPOKES], [f"wg0-{home}"] * 2
    )


def test_a_star_gets_bgp_in_one_run(fleet):
    ahead = fleet.play("--check", "--diff")
    assert (ahead.status, ahead.changed()) == (0, set(HOSTS)), ahead.output
    run = fleet.play("--diff")
    assert run.status == 0, run.output
    again = [fleet.play("--diff", *words) for words in ([], ["--check"])]
    assert [(run.status, run.changed()) for run in again] == [(0, set())] * 2, again[0].output
    assert interfaces(fleet) == {
        "hub1": ["wg0", "wg0-hub2"],
        "hub2": ["wg0", "wg0-hub1"],
        "spoke1": ["wg0-hub1", "wg0-hub2"],
        "spoke2": ["wg0-hub1", "wg0-hub2"],
    }
    assert settled(fleet) == ["wg0-hub1"] * 2
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    assert [way(fleet, "spoke1", "10.8.0.2"), way(fleet, "hub1", "10.8.0.2")] == ["wg0-hub2", "wg0-hub2"]
    for spoke in SPOKES:
        assert fleet.run(spoke, "cat", "/proc/sys/net/ipv4/conf/wg0-hub1/rp_filter") == "2\n"


def test_a_hub_is_killed_and_comes_back(fleet):
    with pinging(fleet, ("spoke1", "10.8.0.4"), ("spoke2", "fd00:8::3")) as outages:
        fleet.lab("kill", "hub1")
        assert settled(fleet, "hub2") == ["wg0-hub2"] * 2
        fleet.lab("start", "hub1")
        assert settled(fleet) == ["wg0-hub1"] * 2
    assert max(outages) < 2, outages
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_one_broken_link_costs_nothing_either(fleet):
    """The spoke is reached over the other hub, also by those that go on using the first."""
    address = fleet.addresses()["spoke1"][0]
    with pinging(fleet, ("spoke2", address), ("hub1", address)) as outages:
        fleet.run("spoke1", "ip", "link", "set", "wg0-hub1", "down")
        assert eventually(lambda: way(fleet, "hub1", address), "wg0-hub2") == "wg0-hub2"
        time.sleep(1)
    assert max(outages) < 2, outages
    run = fleet.play()
    assert (run.status, run.changed()) == (0, {"spoke1"}), run.output
    assert settled(fleet) == ["wg0-hub1"] * 2


def test_a_hub_that_does_not_forward_keeps_what_is_its_own(fleet):
    with pinging(fleet, ("spoke1", "10.8.0.4"), ("spoke1", "10.8.0.1")) as outages:
        fleet.run("hub1", "sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
        assert settled(fleet, "hub2") == ["wg0-hub2"] * 2
        assert way(fleet, "spoke1", "10.8.0.1") == "wg0-hub1"
    assert max(outages) < 2, outages
    fleet.run("hub1", "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    assert settled(fleet) == ["wg0-hub1"] * 2


def test_a_spoke_is_believed_what_is_its_own_alone(fleet):
    foreign = "protocol static foreign { ipv4; route 10.8.0.4/32 unreachable; route 10.99.0.0/16 unreachable; }"
    fleet.run("spoke1", "sh", "-c", f"echo '{foreign}' >>{CONF}; {BIRDC} configure")
    exported = f"{BIRDC} show route export to_hub1"  # fails while the session is down, as after a pause of a busy machine
    assert eventually(lambda: "10.99.0.0/16" in fleet.run("spoke1", "sh", "-c", exported, check=False), True) is True
    assert fleet.run("hub1", "sh", "-c", f"{BIRDC} show route where net = 10.99.0.0/16").splitlines()[1:] == []
    assert eventually(lambda: way(fleet, "hub1", "10.8.0.4"), "wg0") == "wg0"
    assert fleet.unreachable_pairs(("spoke2", "hub1")) == []
    run = fleet.play("--diff")
    assert (run.status, run.changed()) == (0, {"spoke1"}), run.output
    assert "~ bird: changed" in run.output


def test_nothing_is_broken_unless_it_is_meant(fleet):
    for words in (["-e", "wireguard_confirm=no"], []):  # nobody is there to be asked
        done = fleet.ansible("ansible-playbook", "meshwork.wireguard.drill", "-e", "drill_hub=hub1", *words)
        assert done.returncode != 0
        assert "Nothing was broken" in done.stdout, done.stdout
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.drill", "-e", "drill_hub=nobody", "-e", "wireguard_confirm=yes")
    assert "Name the host to break" in done.stdout
    assert "Inject the fault" not in done.stdout


@pytest.mark.parametrize("fault", ["link_down", "wireguard_stopped", "not_forwarding"])
def test_a_fault_ends_on_its_own(fleet, fault):
    look = "ip -br link show eth0; ip route show; systemctl is-active wg-quick@wg0; cat /proc/sys/net/ipv4/conf/*/forwarding"
    before = fleet.run("hub1", "sh", "-c", look + "; true")
    names = ["wg0", "wg0-hub2"]
    fleet.module("hub1", "fault", {"state": "present", "fault": fault, "interfaces": names, "link": "eth0", "seconds": 4})
    assert eventually(lambda: fleet.run("hub1", "sh", "-c", look + "; true") != before, True, 4) is True
    assert eventually(lambda: fleet.run("hub1", "sh", "-c", look + "; true"), before) == before
    assert fleet.run("hub1", "sh", "-c", "ls /run/meshwork-wireguard") == "wg0.bird.ctl\nwg0.bird.pid\nwg0.forwards.conf\n"


def test_a_drill_names_who_is_not_reached_to_begin_with(fleet):
    fleet.run("spoke2", "systemctl", "stop", "wg-quick@wg0-hub1", "wg-quick@wg0-hub2")
    words = ["-e", "drill_hub=hub1", "-e", "wireguard_confirm=yes", "-e", "drill_patience=5"]
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.drill", *words)
    assert done.returncode != 0
    assert "outages above 0.3 s to 10.8.0.4" in done.stdout, done.stdout
    assert "Inject the fault" not in done.stdout
    assert fleet.play().status == 0
    assert settled(fleet) == ["wg0-hub1"] * 2


def test_a_hub_leaves(fleet):
    del fleet.members["hub2"]
    fleet.variables |= {"wireguard_failover": "none"}
    fleet.write_inventory()
    run = fleet.play("-e", "wireguard_prune=hub2", "-e", "wireguard_max_removals=2")
    assert run.status == 0, run.output
    for host in ("hub1", *SPOKES):
        assert fleet.run(host, "wg", "show", "interfaces").split() == ["wg0"]
        left = "ls /etc/meshwork-wireguard /etc/systemd/system/meshwork-*; ip rule | grep 5190; ip route show table 1828768364"
        assert fleet.run(host, "sh", "-c", f"({left}) 2>/dev/null; true") == ""
    assert fleet.play().changed() == set()
    assert eventually(lambda: fleet.unreachable_pairs(("hub1", *SPOKES)), [], 30) == []


def test_a_hub_that_restarts_is_reached_again_at_once(fleet):
    """Nobody dials spokes, and their sessions ended with the restart: alone they would notice after 15 seconds."""
    assert way(fleet, "spoke1", "10.8.0.1") == "wg0"
    fleet.members["hub1"]["wireguard_hooks"] = {"post_up": ["true"]}
    fleet.write_inventory()
    with pinging(fleet, ("spoke1", "10.8.0.1"), ("spoke2", "fd00:8::3")) as outages:
        run = fleet.play("--limit", "hub1", "--diff")
        time.sleep(1)
    assert (run.status, "the interface is restarted" in run.output) == (0, True), run.output
    assert max(outages) < 5, outages
    del fleet.members["hub1"]["wireguard_hooks"]


@pytest.mark.long
def test_the_keys_of_all_interfaces_change(fleet):
    fleet.members["hub2"] = {"wireguard_hub": True, "wireguard_endpoint": fleet.underlay["hub2"]}
    fleet.variables |= {"wireguard_failover": "bgp"}
    fleet.write_inventory()
    assert fleet.play().status == 0
    assert settled(fleet) == ["wg0-hub1"] * 2
    before = {*fleet.public_keys()}
    with pinging(fleet, ("spoke1", "10.8.0.4"), ("spoke2", "fd00:8::3")) as outages:
        run = fleet.rotate()
    assert run.status == 0, run.output
    assert {*fleet.public_keys()} & before == set()
    assert max(outages) <= 1, outages
    assert settled(fleet) == ["wg0-hub1"] * 2
    assert fleet.play().changed() == set()


def test_explain_says_that_bird_chooses(fleet):
    fleet.members["hub2"] = {"wireguard_hub": True, "wireguard_endpoint": fleet.underlay["hub2"]}
    fleet.variables |= {"wireguard_failover": "bgp"}
    fleet.write_inventory()
    done = fleet.ansible(
        "ansible-playbook", "meshwork.wireguard.explain", "-e", "wireguard_src=spoke1", "-e", "wireguard_dst=spoke2"
    )
    assert "birdc" in done.stdout, done.stdout + done.stderr


def test_a_spoke_that_is_removed_keeps_nothing(fleet):
    assert fleet.play().status == 0
    assert settled(fleet) == ["wg0-hub1"] * 2
    for name in ("wg0-hub1", "wg0"):  # backups of now, and of when it had no BGP
        fleet.run("spoke2", "cp", "/etc/wireguard/wg0-hub1.conf", f"/etc/wireguard/{name}.conf.2026-01-01T000000~")
    words = ("-e", "wireguard_remove=spoke2", "-e", "wireguard_destroy_keys=true")
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    left = """
    ls -d /etc/wireguard/* /etc/meshwork-wireguard/* /etc/systemd/system/meshwork-* /usr/local/lib/meshwork-wireguard/*
    systemctl list-units --all --plain --no-legend 'meshwork-*' 'wg-quick@*'; wg show interfaces; pgrep -af '[b]ird.*meshwork'
    ip rule show | grep 5190; ip route show table 1828768364; ls /etc/sysctl.d | grep wg0
    """
    assert fleet.run("spoke2", "sh", "-c", f"({left}) 2>/dev/null; true").split() == []
    assert {hub: fleet.peers(hub) for hub in HUBS} == {hub: ["spoke1"] for hub in HUBS}
    fleet.write_inventory(without=["spoke2"])
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    assert fleet.unreachable_pairs(("hub1", "hub2", "spoke1")) == []
