# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes on one tunnel costs the others no packet: each is probed a hundred times a second meanwhile."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import combinations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.labs import differing

HOSTS = ("alpha", "beta", "gamma", "delta")
FIRST = HOSTS[:3]
PREFIX = "10.77.0.0/16"

# One ping on each tunnel, until told to end and a thousand probes are there. `ping` does not wait for the answers that
# are still on their way when it ends, so a second of silence follows the change, and of that second none is counted.
PROBE = r"""
probe() {
  ping -q -n -c 1 -W 9 "$2" >/dev/null
  exec ping -O -D -n -i 0.01 "$2"
}
enough() {
  for target in $targets; do [ "$(grep -c ' bytes from ' "/run/probe-$target")" -ge 1150 ] || return 1; done
}
MISSING='
  / bytes from / { seq = $0; sub(/.*icmp_seq=/, "", seq); came[seq + 0] = $1 }
  /transmitted/ {
    print target, $1 - 100, "sent"
    for (seq = 1; seq <= $1 - 100; seq++) if (seq in came) last = came[seq]; else print target, "missing", seq, "after", last
  }
'
for target in $targets; do
  eval "address=\$address_$target"
  probe "$target" "$address" >"/run/probe-$target" 2>&1 </dev/null &
  pings="$pings $!"
done
touch /run/probes-on
until [ -e /run/probes-end ] && enough; do sleep 0.2; done
sleep 1.5
kill -INT $pings
wait
for target in $targets; do awk -v target="$target" "$MISSING" "/run/probe-$target"; done
"""


@contextmanager
def probes(fleet, hosts, without=()):
    """Probe the tunnels of all pairs of hosts but some; the result, complete afterwards, is pair -> the lost probes."""
    addresses = fleet.addresses()
    pairs = [pair for pair in combinations(hosts, 2) if set(pair) not in map(set, without)]
    scripts = {}
    for source in sorted({source for source, _target in pairs}):
        targets = [target for one, target in pairs if one == source]
        known = "".join(f"address_{target}={addresses[target][0]}\n" for target in targets)
        scripts[source] = f"targets='{' '.join(targets)}'\n{known}{PROBE}"
    lost = {}
    with ThreadPoolExecutor() as pool:
        for source in scripts:
            fleet.run(source, "rm", "-f", "/run/probes-on", "/run/probes-end")
        running = {source: pool.submit(fleet.run, source, "sh", "-c", script) for source, script in scripts.items()}
        try:
            for source in scripts:
                fleet.run(source, "sh", "-c", "until [ -e /run/probes-on ]; do sleep 0.1; done; sleep 0.5")
            yield lost
        finally:
            for source in scripts:
                fleet.run(source, "touch", "/run/probes-end")
    sent = {}
    for (source, target), text in {pair: running[pair[0]].result() for pair in pairs}.items():
        (number,) = re.findall(rf"^{target} (\d+) sent$", text, re.MULTILINE)
        sent[source, target] = int(number)
        missing = re.findall(rf"^{target} missing .*", text, re.MULTILINE)
        if missing:
            lost[source, target] = missing
    print({"-".join(pair): f"{len(lost.get(pair, []))} of {number} lost" for pair, number in sent.items()})
    assert [pair for pair, number in sent.items() if number < 1000] == []


@pytest.fixture(scope="module")
def fleet(make_fleet, kind):
    made = make_fleet(differing({"alpha": None, "beta": None, "gamma": {"wireguard_routes": [PREFIX]}, "delta": None}), kind=kind)
    made.write_inventory(without=["delta"])
    first = made.play()
    assert first.status == 0, first.output
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


def test_a_prefix_moves_between_two_others(fleet):
    with probes(fleet, HOSTS, without=[("gamma", "delta")]) as lost:
        fleet.members["delta"]["wireguard_routes"] = fleet.members["gamma"].pop("wireguard_routes")
        fleet.write_inventory()
        assert applied(fleet).output.count(f"~ prefix {PREFIX}: gamma -> delta\n") == 2
    assert lost == {}


def test_the_preshared_key_of_another_pair_changes(fleet):
    keys = {name: key for key, name in fleet.public_keys().items()}
    preshared = fleet.run("gamma", "wg", "genpsk").strip()
    with probes(fleet, HOSTS, without=[("gamma", "delta")]) as lost:
        for lines, action in ((f"\nPresharedKey = {preshared}", "set"), ("", "cleared")):
            for host, other in (("gamma", "delta"), ("delta", "gamma")):
                text = fleet.run(host, "sed", "/^PrivateKey/d; /^PresharedKey/d", "/etc/wireguard/wg0.conf")
                content = text.replace(keys[other], keys[other] + lines)
                wanted = {"name": "wg0", "private_key_file": "/etc/wireguard/wg0.key", "content": content}
                (_file, change) = fleet.module(host, "interface", wanted)["changes"]
                assert (change["kind"], change["action"], change["peer"]) == ("preshared_key_changed", action, other)
    assert lost == {}
    assert applied(fleet).changed() == set()


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
        assert applied(fleet, "-e", "wireguard_prune=true").output.count("- peer delta") == len(FIRST)
    assert lost == {}


def test_a_restart_in_its_place_loses_packets(fleet):
    """What the above is measured against; it shows, too, that the probes see a loss."""
    with probes(fleet, FIRST) as lost:
        fleet.run("gamma", "systemctl", "restart", "wg-quick@wg0")
    assert set(lost) == {("alpha", "gamma"), ("beta", "gamma")}
