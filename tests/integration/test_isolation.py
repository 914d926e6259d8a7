# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What spokes may reach is the hubs' business: spokes that change their own AllowedIPs get no further than others."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

HUBS, SPOKES = ("hub1", "hub2"), ("spoke1", "spoke2", "spoke3")
HOMES = {"spoke1": "hub1", "spoke2": "hub1", "spoke3": "hub2"}
LANS = {spoke: (f"172.20.{number}.1", f"fd00:20:{number}::1") for number, spoke in enumerate(SPOKES, 1)}
BEHIND = ("198.18.1.2", "fd00:18:1::2")  # a machine that is in hub1's route
WORLD = ("198.18.9.2", "fd00:18:9::2")  # one that is in nobody's, but where spoke2 may go by hub1
ELSEWHERE = ("172.16.0.0/12", "198.18.0.0/15", "fd00:18::/32", "fd00:20::/32")
TABLE = "meshwork_isolation_wg0"
MACHINE = """
ip netns add {name}; ip link add {name} type veth peer name eth0 netns {name}
ip address add {four}.1/24 dev {name}; ip -6 address add {six}::1/64 dev {name} nodad; ip link set {name} up
ip -n {name} address add {four}.2/24 dev eth0; ip -n {name} -6 address add {six}::2/64 dev eth0 nodad
ip -n {name} link set eth0 up; ip -n {name} route add default via {four}.1; ip -n {name} -6 route add default via {six}::1
"""


@pytest.fixture(scope="module")
def fleet(make_of_kind):
    hosts = {
        "hub1": {"wireguard_hub": True, "wireguard_routes": ["198.18.1.0/24", "fd00:18:1::/64"]},
        "hub2": {"wireguard_hub": True},
        **{spoke: {"wireguard_home": home, "wireguard_routes": lan(spoke)} for spoke, home in HOMES.items()},
    }
    hosts["spoke2"] |= {"wireguard_allowed_ips": ["198.18.9.0/24", "fd00:18:9::/64"], "wireguard_exit": "hub1"}
    for spoke in ("spoke2", "spoke3"):
        hosts[spoke]["dialled"] = False
    network = {"wireguard_topology": "star", "wireguard_isolate_spokes": True}
    made = make_of_kind(hosts, {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"], **network})
    for spoke, addresses in LANS.items():
        made.run(spoke, "sh", "-c", "".join(f"ip address add {address} dev lo;" for address in addresses))
    surround(made)
    first = made.play()
    assert first.status == 0, first.output
    return made


def lan(spoke):
    return [f"{LANS[spoke][0]}/24".replace(".1/", ".0/"), LANS[spoke][1].removesuffix("1") + "/64"]


def surround(fleet):
    """Put the machines that hub1 has links to beside it, each in a namespace of its own."""
    for name, addresses in (("behind", BEHIND), ("world", WORLD)):
        four, six = addresses[0].removesuffix(".2"), addresses[1].removesuffix("::2")
        fleet.run("hub1", "sh", "-ec", MACHINE.format(name=name, four=four, six=six))


def reached(fleet, host, targets):
    """Those of the addresses that answer; asked all at once, also from the address in the host's own LAN."""
    own = LANS.get(host, ())
    asks = [
        (target, option) for target in targets for option in ["", *(f"-I {ip}" for ip in own if (":" in ip) == (":" in target))]
    ]
    script = "".join(f"(ping -q -c 2 -i 0.3 -W 1 {option} {target} >/dev/null && echo {target}) & " for target, option in asks)
    return sorted(set(fleet.run(host, "sh", "-c", f"{script} wait").split()))


def to_others(fleet, spokes=SPOKES):
    """What answers spokes of all that other spokes have: (spoke, address)."""
    addresses = fleet.addresses()
    return [
        (spoke, address)
        for spoke in spokes
        for address in reached(
            fleet, spoke, [ip for other in SPOKES if other != spoke for ip in (*addresses[other], *LANS[other])]
        )
    ]


def allowed(fleet, spoke):
    """What a spoke may reach, and does not."""
    addresses = fleet.addresses()
    wanted = [*addresses["hub1"], *addresses["hub2"], *BEHIND, *(WORLD if spoke == "spoke2" else ())]
    return sorted(set(wanted) - set(reached(fleet, spoke, wanted)))


def tamper(fleet, spoke):
    """What the owner of a spoke can do: send everything to its hub, and take everything from there."""
    hub = next(key for key, name in fleet.public_keys().items() if name == fleet.members[spoke]["wireguard_home"])
    routes = "".join(f"ip route replace {prefix} dev wg0;" for prefix in ELSEWHERE)
    fleet.run(spoke, "sh", "-ec", f"wg set wg0 peer {hub} allowed-ips 0.0.0.0/0,::/0; {routes}")


def table(fleet, hub):
    return fleet.run(hub, "sh", "-c", f"nft list table inet {TABLE} 2>/dev/null; true")


def dropped(fleet, hub):
    """Packets that the hub's table has dropped."""
    return sum(int(found) for found in re.findall(r"counter packets (\d+) bytes \d+ drop", table(fleet, hub)))


def module_runs(fleet, tmp_path):
    counted = tmp_path / "runs"
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "module_runs",
        "MODULE_RUNS": str(counted),
    }
    run = fleet.play(environment=environment)
    assert (run.status, run.changed()) == (0, set()), run.output
    return Counter(tuple(line.split()) for line in counted.read_text(encoding="utf-8").splitlines())


def test_who_may_be_reached_is_reached(fleet):
    assert eventually(lambda: [allowed(fleet, spoke) for spoke in SPOKES], [[]] * 3) == [[]] * 3
    assert reached(fleet, "hub1", [ip for spoke in SPOKES for ip in fleet.addresses()[spoke]]) == sorted(
        ip for spoke in SPOKES for ip in fleet.addresses()[spoke]
    )
    assert to_others(fleet) == []
    assert reached(fleet, "spoke1", WORLD) == []


@pytest.mark.long
def test_a_second_run_is_one_module_run_per_host(fleet, tmp_path):
    assert module_runs(fleet, tmp_path) == {(host, "meshwork.wireguard.prepare"): 1 for host in (*HUBS, *SPOKES)}


@pytest.mark.parametrize("spoke", SPOKES)
def test_a_spoke_that_sends_all_to_its_hub_gets_no_further(fleet, spoke):
    """One after the other, so that each pair is tried with one of them like that, and with both."""
    before = dropped(fleet, HOMES[spoke])
    tamper(fleet, spoke)
    assert to_others(fleet) == []
    assert dropped(fleet, HOMES[spoke]) > before
    assert [reached(fleet, other, WORLD) for other in SPOKES] == [[], sorted(WORLD), []]
    assert [allowed(fleet, other) for other in SPOKES] == [[]] * 3


@pytest.mark.long
def test_what_is_done_to_the_tables_by_hand_is_told_and_mended(fleet):
    """Without them, the same spokes get everywhere."""
    fleet.run("hub1", "nft", "flush", "ruleset")
    fleet.run("hub2", "nft", "flush", "chain", "inet", TABLE, "forward")
    addresses = fleet.addresses()
    assert set(to_others(fleet)) == {
        (spoke, ip) for spoke in SPOKES for other in SPOKES if other != spoke for ip in (*addresses[other], *LANS[other])
    }
    assert reached(fleet, "spoke1", WORLD) == sorted(WORLD)
    ahead = fleet.play("--check", "--diff", "--limit", "hub1,hub2")
    assert (ahead.status, ahead.changed()) == (0, set(HUBS)), ahead.output
    assert ahead.output.count("isolation: ") == 2, ahead.output
    run = fleet.play("--limit", "hub1,hub2")
    assert (run.status, run.changed()) == (0, set(HUBS)), run.output
    assert (to_others(fleet), reached(fleet, "spoke1", WORLD)) == ([], [])


@pytest.mark.long
def test_nothing_comes_through_while_a_hub_starts(fleet):
    """Pings go on between spokes that send everything, while the hub stops, and starts again."""
    for spoke, other in (("spoke1", "spoke2"), ("spoke2", "spoke1")):
        for address in (fleet.addresses()[other][0], LANS[other][1]):
            loop = f"while :; do timeout 300 ping -n -i 0.05 {address}; sleep 0.02; done >>/run/pings 2>&1"
            fleet.run(spoke, "systemd-run", "-q", "sh", "-c", loop)
    fleet.lab("stop", "hub1")
    fleet.lab("start", "hub1")
    hub = fleet.addresses()["hub1"]
    assert eventually(lambda: [reached(fleet, spoke, hub) for spoke in SPOKES[:2]], [sorted(hub)] * 2, 60) == [sorted(hub)] * 2
    assert eventually(lambda: dropped(fleet, "hub1") > 20, True) is True
    script = "pkill -f '[p]ing -n -i'; grep -c ' bytes from ' /run/pings; true"
    assert [fleet.run(spoke, "sh", "-c", script) for spoke in SPOKES[:2]] == ["0\n"] * 2
    times = {
        unit: int(fleet.run("hub1", "systemctl", "show", "--value", "-p", f"{when}Monotonic", unit))
        for unit, when in (("meshwork-nftables@isolation_wg0", "ActiveEnterTimestamp"), ("wg-quick@wg0", "InactiveExitTimestamp"))
    }
    assert 0 < times["meshwork-nftables@isolation_wg0"] < times["wg-quick@wg0"], times
    surround(fleet)
    run = fleet.play("--limit", "hub1,hub2")
    assert (run.status, run.changed()) == (0, set()), run.output


@pytest.mark.long
def test_a_link_that_is_asked_for_works(fleet):
    fleet.variables["wireguard_links"] = [["spoke1", "spoke2"]]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    addresses = fleet.addresses()
    pairs = {(a, ip) for a, b in (("spoke1", "spoke2"), ("spoke2", "spoke1")) for ip in (*addresses[b], *LANS[b])}
    assert eventually(lambda: set(to_others(fleet)), pairs) == pairs
    for spoke in ("spoke2", "spoke3"):
        tamper(fleet, spoke)
    assert set(to_others(fleet)) == pairs
    del fleet.variables["wireguard_links"]
    fleet.write_inventory()


def traces(fleet, hub, of=""):
    """Of the host's own table, and units for what the words name."""
    script = f"ls /etc/meshwork-wireguard/{of}* /etc/systemd/system/meshwork-{of}*; nft list tables | grep {TABLE}"
    return fleet.run(hub, "sh", "-c", f"({script}) 2>/dev/null; true")


def test_it_goes_with_the_interface(fleet):
    for check in (True, False):
        done = fleet.module("hub2", "interface", {"name": "wg0", "state": "absent"}, check=check)
        assert {"kind": "host", "what": "isolation", "action": "removed"} in done["changes"], done
    assert traces(fleet, "hub2") == ""
    run = fleet.play()
    assert run.status == 0, run.output
    assert TABLE in fleet.run("hub2", "nft", "list", "tables")
    assert to_others(fleet) == []


@pytest.mark.long
def test_a_hub_inside_a_namespace_does_the_same(fleet):
    for spoke in SPOKES:
        fleet.members[spoke]["wireguard_home"] = "hub2"
    for key in ("wireguard_allowed_ips", "wireguard_exit"):
        del fleet.members["spoke2"][key]
    fleet.members["hub2"]["wireguard_netns"] = "inner"
    fleet.write_inventory()
    run = fleet.play("-e", "wireguard_max_removals=2")
    assert run.status == 0, run.output
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output
    assert traces(fleet, "hub2", "nftables") == ""
    inside = ("ip", "netns", "exec", "inner")
    forwards = "sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"  # of namespaces it is their owners' to say
    fleet.run("hub2", *inside, *forwards.split())
    hub = fleet.addresses()["hub2"]
    for spoke in SPOKES:
        tamper(fleet, spoke)
    assert eventually(lambda: [reached(fleet, spoke, hub) for spoke in SPOKES], [sorted(hub)] * 3) == [sorted(hub)] * 3
    assert to_others(fleet) == []
    fleet.run("hub2", *inside, "nft", "flush", "ruleset")
    assert len(to_others(fleet)) == 3 * 2 * 4
    mended = fleet.play("--diff", "--limit", "hub2")
    assert (mended.status, mended.changed()) == (0, {"hub2"}), mended.output
    assert "isolation: " in mended.output
    assert to_others(fleet) == []
    fleet.lab("kill", "hub2")
    fleet.lab("start", "hub2")
    assert eventually(lambda: "inner" in fleet.run("hub2", "ip", "netns"), True) is True
    fleet.run("hub2", *inside, *forwards.split())
    assert eventually(lambda: [reached(fleet, spoke, hub) for spoke in SPOKES], [sorted(hub)] * 3, 60) == [sorted(hub)] * 3
    assert to_others(fleet) == []
    assert TABLE in fleet.run("hub2", *inside, "nft", "list", "tables")


def test_it_goes_when_nobody_is_isolated(fleet):
    """Also out of the namespace, which the hub leaves at once."""
    fleet.variables["wireguard_isolate_spokes"] = False
    for key in ("wireguard_allowed_ips", "wireguard_exit"):  # an exit has a table of its own
        fleet.members["spoke2"].pop(key, None)
    inside = fleet.members["hub2"].pop("wireguard_netns", None)
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    assert {hub: traces(fleet, hub) for hub in HUBS} == dict.fromkeys(HUBS, "")
    if inside:
        assert TABLE not in fleet.run("hub2", "ip", "netns", "exec", inside, "nft", "list", "tables")
    assert eventually(lambda: len(to_others(fleet)), 3 * 2 * 4) == 3 * 2 * 4
    assert fleet.play().changed() == set()
