# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way the tunnel's own packets go: endpoints on two underlays, and what must stay outside the tunnel."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HOSTS = ("gate", "old", "v6only")
SECOND = {"gate": "fd77::11", "old": "fd77::12", "v6only": "fd77::13"}
LAN = "192.168.77.0/24"
BEYOND = "198.51.100.7"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    """A gate on two underlays, a spoke on either of them."""
    made = make_fleet(
        {"gate": {"dialled": False, "wireguard_hub": True}, **{name: {"dialled": False} for name in HOSTS[1:]}},
        {"wireguard_topology": "star", "wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]},
    )
    for name, address in SECOND.items():
        made.run(name, "sh", "-c", f"sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=0; ip address add {address}/64 dev eth0 nodad")
    made.members["gate"]["wireguard_endpoints"] = {"ipv4": made.underlay["gate"], "ipv6": SECOND["gate"]}
    made.members["v6only"]["wireguard_underlays"] = ["ipv6"]
    made.write_inventory()
    first = made.play()
    assert (first.status, first.changed()) == (0, set(HOSTS)), first.output
    return made


def endpoints(fleet, host):
    """Node -> its live endpoint."""
    names = fleet.public_keys()
    found = dict(line.split("\t") for line in fleet.run(host, "wg", "show", "wg0", "endpoints").splitlines())
    return {names[key]: endpoint for key, endpoint in found.items()}


def said(run):
    return " ".join(run.output.split())


def test_each_spoke_dials_the_gate_where_it_can(fleet):
    assert eventually(lambda: fleet.unreachable_pairs(HOSTS), []) == []
    assert endpoints(fleet, "old") == {"gate": f"{fleet.underlay['gate']}:51820"}
    assert endpoints(fleet, "v6only") == {"gate": f"[{SECOND['gate']}]:51820"}
    found = endpoints(fleet, "gate")
    assert {name: endpoint.rpartition(":")[0].strip("[]") for name, endpoint in found.items()} == {
        "old": fleet.underlay["old"], "v6only": SECOND["v6only"],
    }  # fmt: skip
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_an_endpoint_inside_the_tunnel_is_refused_before_a_host_is_touched(fleet):
    whole = fleet.underlay["gate"].rpartition(".")[0] + ".0/24"
    fleet.members["old"]["wireguard_allowed_ips"] = [whole, f"{BEYOND}/32"]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status != 0
    assert f"node old: it dials gate at {fleet.underlay['gate']}:51820, which is inside {whole} of what it sends to gate" in said(
        run
    )
    assert fleet.unreachable_pairs(HOSTS) == []


def test_with_the_endpoint_excluded_the_rest_goes_into_the_tunnel(fleet):
    """As the refusal says; the gate forwards for it, because it is its exit."""
    fleet.run("gate", "ip", "address", "add", f"{BEYOND}/32", "dev", "lo")
    fleet.run("gate", "sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
    fleet.members["old"]["wireguard_excluded_ips"] = [fleet.underlay["gate"].rpartition(".")[0] + ".0/24"]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    assert "wg0" in fleet.run("old", "ip", "-o", "route", "get", BEYOND)
    assert "eth0" in fleet.run("old", "ip", "-o", "route", "get", fleet.underlay["gate"])
    assert fleet.run("gate", "sysctl", "-n", "net.ipv4.ip_forward") == "1\n"
    assert "0% packet loss" in fleet.run("old", "ping", "-c", "2", "-W", "2", BEYOND)
    assert fleet.unreachable_pairs(HOSTS) == []
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("old", f"gate forwards it: {BEYOND} leaves the network at gate"),
        ("v6only", f"it stays outside the tunnel: no AllowedIPs entry contains {BEYOND}"),
    ],
)
def test_the_way_beyond_the_network_is_explained(fleet, source, line):
    words = ("-e", f"wireguard_src={source}", "-e", f"wireguard_dst={BEYOND}", "-e", "wireguard_live=true")
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.explain", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert line in " ".join(done.stdout.split())


def test_a_lan_of_the_hosts_own_is_named_before_it_goes_into_the_tunnel(fleet):
    fleet.run("v6only", "ip", "address", "add", "192.168.77.7/24", "dev", "eth0")
    fleet.members["old"]["wireguard_routes"] = [LAN]
    fleet.write_inventory()
    looked = fleet.play("--check")
    assert looked.status == 0, looked.output
    line = f"host v6only, interface wg0: all of the host's own network {LAN} would go into the tunnel to gate"
    assert line in said(looked)
    assert "host old, interface" not in said(looked)
    assert "host gate, interface" not in said(looked)
    del fleet.members["old"]["wireguard_routes"]
    fleet.write_inventory()
    assert "own network" not in said(fleet.play())


def test_a_host_without_an_address_carries_its_routes(fleet):
    behind = "172.20.9.1"
    fleet.run("old", "ip", "address", "add", f"{behind}/32", "dev", "lo")
    fleet.members["old"]["wireguard_addresses"] = "none"
    fleet.members["old"]["wireguard_routes"] = [f"{behind}/32"]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    assert "inet" not in fleet.run("old", "ip", "-o", "address", "show", "dev", "wg0", "scope", "global")
    for source in ("gate", "v6only"):
        assert "0% packet loss" in fleet.run(source, "ping", "-c", "2", "-W", "2", behind)
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
