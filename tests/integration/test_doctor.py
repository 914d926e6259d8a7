# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on the links of a star, one for each spoke, so that one run of the doctor has to tell them apart."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.doctoring import verdicts
from ansible_collections.meshwork.wireguard.tests.integration.fleet import Run
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

OTHER_KEY = "mFPLWLzNyMcfcEFX1kWXq9ck4hy/G/7BGhBGPkLHfX0="
NFT = (
    "nft add table inet fault; nft add chain inet fault {hook} '{{ type filter hook {hook} priority 0; }}'; "
    "nft add rule inet fault {hook} {rule}"
)


def filtered(hook, rule):
    return NFT.format(hook=hook, rule=rule)


@dataclass(frozen=True)
class Fault:
    """What is done on the spoke, and on the hub, and what the doctor must say. ``{hub}``, ``{own}``: addresses in the tunnel;
    ``{hub_at}``, ``{at}``: on the underlay; ``{hub_key}``, ``{key}``: public keys."""

    code: str
    on_spoke: str = ""
    on_hub: str = ""


FIRST = {
    "s1": Fault(
        "preshared-keys-differ", f"echo {OTHER_KEY} >/run/k; wg set wg0 peer {{hub_key}} preshared-key /run/k; {{again}}"
    ),
    "s2": Fault("interface-down", "ip link set wg0 down"),
    "s3": Fault("interface-missing", "systemctl stop wg-quick@wg0"),
    "s4": Fault("peer-missing", on_hub="wg set wg0 peer {key} remove"),
    "s5": Fault("blocked-on-leaving", filtered("output", "udp dport 51820 drop") + "; {again}"),
    "s6": Fault("blocked-on-arrival", "{again}", filtered("input", "ip saddr {at} udp dport 51820 drop")),
    "s7": Fault("allowed-ips", on_hub="wg set wg0 peer {key} allowed-ips 10.8.0.200/32"),
    "s8": Fault("blocked-inside", filtered("input", "iifname wg0 drop")),
}
SECOND = {
    "s1": Fault("other-endpoint", "wg set wg0 peer {hub_key} endpoint {hub_at}:51999; {again}", "{afresh}"),
    "s2": Fault("address-missing", "ip address flush dev wg0"),
    "s3": Fault("wrong-route", "ip route add {hub}/32 dev eth0"),
    "s4": Fault("other-key", f"echo {OTHER_KEY} >/run/k; wg set wg0 private-key /run/k"),
    "s5": Fault("endpoint-in-tunnel", "ip route add {hub_at}/32 dev wg0; {again}", "{afresh}"),
    "s6": Fault("endpoint-unreachable", "ip route add unreachable {hub_at}/32; {again}", "{afresh}"),
    "s7": Fault("packet-size", filtered("output", "udp dport 51820 meta length gt 1300 drop")),
    "s8": Fault("blocked-on-leaving", "{again}", filtered("output", "ip daddr {at} drop")),
}
SPOKES = tuple(FIRST)
AFRESH = "wg showconf wg0 | sed {sed} >/run/c; wg set wg0 peer {key} remove; wg addconf wg0 /run/c"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    spokes = {name: {"dialled": False} for name in SPOKES}
    variables = {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_topology": "star"}
    made = make_fleet({"hub": {"wireguard_hub": True}, **spokes}, variables)
    assert made.play().status == 0
    assert eventually(lambda: made.unreachable_pairs(["hub", *SPOKES]), []) == []
    return made


def causes_and_page(fleet):
    """What the doctor finds for each pair during a status, and the page of that."""
    page = fleet.directory / "out" / "page.html"
    done = Run(fleet.ansible("ansible-playbook", "-v", "meshwork.wireguard.status", "-e", f"wireguard_output={page}"))
    assert done.status == 0, done.output
    assert done.changed() == {"hub"}
    told = done.output.partition("Find the causes]")[2].partition("=> ")[2]
    return json.JSONDecoder().raw_decode(told)[0]["pairs"], page.read_text(encoding="utf-8")


def filled(text, words):
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text


def inject(fleet, faults):
    """Break the links. ``{again}`` forgets the session: the peer is removed, and added as it was. ``{afresh}`` also forgets its
    endpoint."""
    keys, addresses = {name: key for key, name in fleet.public_keys().items()}, fleet.addresses()
    again = "wg showconf wg0 >/run/c; wg set wg0 peer {0} remove; wg addconf wg0 /run/c"
    for spoke, fault in faults.items():
        words = {"hub": addresses["hub"][0], "own": addresses[spoke][0], "hub_key": keys["hub"], "key": keys[spoke]}
        words |= {"hub_at": fleet.underlay["hub"], "at": fleet.underlay[spoke]}
        afresh = AFRESH.format(sed="-e /^Endpoint/d", key=keys[spoke])
        fleet.run("hub", "sh", "-ec", filled(fault.on_hub, words | {"again": again.format(keys[spoke]), "afresh": afresh}) or ":")
        fleet.run(spoke, "sh", "-ec", filled(fault.on_spoke, words | {"again": again.format(keys["hub"])}) or ":")


def repair(fleet):
    for host in ("hub", *SPOKES):
        script = "nft delete table inet fault; ip route flush proto boot; systemctl restart wg-quick@wg0; true"
        fleet.run(host, "sh", "-c", script)
    assert fleet.play().status == 0
    assert eventually(lambda: fleet.unreachable_pairs(["hub", *SPOKES]), [], 60) == []


def test_a_healthy_star_has_no_causes(fleet):
    assert verdicts(fleet) == {}


@pytest.mark.parametrize("faults", [FIRST, pytest.param(SECOND, marks=pytest.mark.long)], ids=["first", "second"])
def test_each_fault_is_named(fleet, faults):
    inject(fleet, faults)
    causes, page = causes_and_page(fleet)
    print(json.dumps(causes, indent=1))
    found = {tuple(pair["nodes"]): pair["code"] for pair in causes}
    assert {spoke: found.get(("hub", spoke)) for spoke in SPOKES} == {spoke: fault.code for spoke, fault in faults.items()}
    assert {code for pair, code in found.items() if "hub" not in pair} <= {"link-silent"}
    told = re.findall(
        '<tr><td data-label="Pair">(.*?)</td><td data-label="Cause">(.*?)</td><td data-label="Remedy">(.*?)</td>', page
    )
    assert [tuple(map(html.unescape, row)) for row in told] == [
        (" and ".join(pair["nodes"]), pair["cause"], pair["remedy"])
        for pair in sorted(causes, key=lambda pair: pair["code"] == "packet-size")
        if pair["code"] != "link-silent"
    ]
    repair(fleet)


@pytest.mark.long
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("sysctl -qw net.ipv4.ip_forward=0", "not-forwarding"),
        (filtered("forward", "iifname wg0 oifname wg0 drop"), "blocked-while-forwarding"),
    ],
)
def test_a_hub_that_does_not_pass_packets_on(fleet, script, code):
    fleet.run("hub", "sh", "-ec", script)
    found = verdicts(fleet)
    assert set(found.values()) == {code}
    assert all("hub" not in pair for pair in found)
    fleet.run("hub", "sh", "-c", "nft delete table inet fault; sysctl -qw net.ipv4.ip_forward=1")


ROUTES = {"a": "192.168.101", "b": "192.168.102"}
CONFIG = "/etc/wireguard/wg0.conf"
# On the pair a and b, with a router between them; b does not know where a is until a dials it.
ON_A, ON_B, ON_ROUTER = "a", "b", "r"
ONE_BY_ONE = {
    "lost-on-the-way": {ON_ROUTER: filtered("forward", "udp dport 51820 drop")},
    "refused-on-the-way": {ON_ROUTER: filtered("forward", "ip daddr 192.168.102.2 reject with icmp type admin-prohibited")},
    "answer-lost": {ON_ROUTER: filtered("forward", "ip saddr 192.168.102.2 drop")},
    "port-closed": {ON_B: "wg set wg0 listen-port 4500"},
    "blocked-on-arrival": {ON_A: filtered("input", "udp sport 51820 drop")},
    "endpoint-unresolved": {ON_A: f"sed -i 's/^Endpoint = .*/# Resolve = gone.invalid:51820/' {CONFIG}"},
    "allowed-ips": {ON_A: "wg set wg0 peer {b_key} allowed-ips 10.8.0.77/32"},
    "reverse-path-filter": {
        ON_A: (
            "ip route add {b} dev eth0 table 99; ip rule add from {a} to {b} lookup 99; "
            "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.wg0.rp_filter=1"
        )
    },
    "answers-again": {},
}


@pytest.fixture(scope="module")
def routed(make_fleet):
    """a dials b over a router. All three are on one link, and a and b have addresses of different networks."""
    variables = {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_topology": "star"}
    members = {"a": {"dialled": False}, "b": {"wireguard_hub": True}, "r": {"dialled": False}}
    made = make_fleet(members, variables)
    made.members["b"]["wireguard_endpoint"] = f"{ROUTES['b']}.2"
    for name, other in (("a", "b"), ("b", "a")):
        address = f"ip address add {ROUTES[name]}.2/24 dev eth0; ip route add {ROUTES[other]}.0/24 via {ROUTES[name]}.1"
        made.run(
            name, "sh", "-ec", f"{address}; sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0"
        )
        made.run("r", "sh", "-ec", f"ip address add {ROUTES[name]}.1/24 dev eth0")
    switches = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.eth0.send_redirects=0"]
    made.run("r", "sysctl", "-qw", *switches)
    made.write_inventory(without=["r"])
    assert made.play().status == 0
    assert eventually(lambda: made.unreachable_pairs(["a", "b"]), []) == []
    return made


@pytest.mark.long
@pytest.mark.parametrize("code", ONE_BY_ONE)
def test_faults_on_the_way(routed, code):
    keys, addresses = {name: key for key, name in routed.public_keys().items()}, routed.addresses()
    words = {"a": addresses["a"][0], "b": addresses["b"][0], "b_key": keys["b"]}
    for host, script in ONE_BY_ONE[code].items():
        routed.run(host, "sh", "-ec", filled(script, words))
    endpoint = "-e /^Endpoint/d"
    if code not in ("reverse-path-filter", "allowed-ips"):
        routed.run("b", "sh", "-ec", AFRESH.format(sed=endpoint, key=keys["a"]))
    if code not in ("reverse-path-filter", "allowed-ips", "answers-again"):
        routed.run("a", "sh", "-ec", AFRESH.format(sed=endpoint if code == "endpoint-unresolved" else "-e s/x/x/", key=keys["b"]))
    assert verdicts(routed) == {("a", "b"): code}
    for host in ("a", "b", "r"):
        routed.run(host, "sh", "-c", "nft delete table inet fault; ip rule del lookup 99; ip route flush table 99; true")
    routed.run("a", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.wg0.rp_filter=0")
    assert routed.play().status == 0
    assert eventually(lambda: routed.unreachable_pairs(["a", "b"]), [], 60) == []


@pytest.mark.long
def test_a_host_that_is_down(fleet):
    fleet.lab("kill", "s1")
    found = verdicts(fleet)
    assert found["hub", "s1"] == "one-end-not-asked"
    assert {code for pair, code in found.items() if pair != ("hub", "s1")} == {"link-silent"}
