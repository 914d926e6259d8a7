# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of a star with two hubs that resolve each other's names, in each way that their systemd allows."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import LAB
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

OLD, NEW = ("hub1", "s1"), ("hub2", "s2")
"""Hosts with systemd 252, and with one that reads files of records."""
HOSTS = (*OLD, *NEW)
LOOK = """
cat /etc/hosts /etc/resolv.conf /etc/nsswitch.conf
ls -R /etc/meshwork-wireguard /usr/local/lib/meshwork-wireguard | grep -e names -e watching -e dnsmasq
ls /run/systemd/resolve/static.d
systemctl list-units --all --plain --no-legend 'meshwork-names*' 'meshwork-resolver*'
resolvectl dns | grep -v '(wg[^)]*):$'
resolvectl domain | grep -v '(wg[^)]*):$'
getent ahosts localhost
getent ahosts {name}
true
"""
ASKED = """
for name in {names}; do
  for database in ahostsv4 ahostsv6; do getent $database $name | awk -v name=$name '$2 == "STREAM" {{print name, $1}}'; done
done
for address in {addresses}; do getent hosts $address; done
true
"""
ASK_ON = """
for round in $(seq 60); do
  resolvectl flush-caches
  test "$(getent ahosts {name} | grep -c STREAM)" = 2 || echo $round
  sleep 0.1
done
"""


def name_of(host):
    return f"{host}.wireguard.internal"


def look(fleet):
    """Host -> its files, and what it resolves apart from the network's names."""
    return {host: fleet.run(host, "sh", "-c", f"({LOOK.format(name=host)}) 2>/dev/null") for host in HOSTS}


@pytest.fixture(scope="module")
def fleet(make_fleet):
    variables = {
        "wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"],
        "wireguard_topology": "star",
        "wireguard_failover": "bgp",
    }
    image = {"lab_image": "sid-names"}
    hosts = {
        "hub1": {"wireguard_hub": True},
        "hub2": {"wireguard_hub": True, **image},
        "s1": {"dialled": False},
        "s2": {"dialled": False, **image},
    }
    made = make_fleet(hosts, variables, image="bookworm-names")
    made.before = look(made)
    run = made.play("-e", "wireguard_names=resolver")
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    return made


def resolved(fleet, host, nodes=HOSTS):
    """What a host finds: lines of name and address, then of address and name; sorted."""
    addresses = [address for some in fleet.addresses().values() for address in some]
    script = ASKED.format(names=" ".join(map(name_of, nodes)), addresses=" ".join(addresses))
    return sorted(" ".join(line.split()) for line in fleet.run(host, "sh", "-c", script).splitlines())


def all_names(fleet):
    """What each host should find."""
    pairs = [(name_of(host), address) for host, some in fleet.addresses().items() for address in some]
    return sorted([f"{name} {address}" for name, address in pairs] + [f"{address} {name}" for name, address in pairs])


def settled(fleet, way):
    """Whether each host finds all names, and a second run changes nothing."""
    wanted = all_names(fleet)
    for host in HOSTS:
        assert eventually(lambda host=host: resolved(fleet, host), wanted, 20) == wanted, host
    again = fleet.play("-e", f"wireguard_names={way}")
    assert (again.status, again.changed()) == (0, set()), again.output


def test_resolvers_on_the_hubs(fleet):
    settled(fleet, "resolver")
    for host in HOSTS:
        sockets = fleet.run(host, "sh", "-c", "pgrep dnsmasq >/dev/null && ss -Hlun 'sport = 53' | awk '{print $4}' | sort; true")
        own = [f"{address}:53" if "." in address else f"[{address}]:53" for address in fleet.addresses()[host]]
        assert [one for one in sockets.split() if not one.startswith("127.")] == (own if host.startswith("hub") else [])


def test_a_hub_dies_and_names_go_on(fleet):
    """No lookup fails, although nothing is remembered from one to the next."""
    commands = [
        [LAB / "podman", "exec", f"{fleet.name}-{spoke}", "sh", "-c", ASK_ON.format(name=name_of(other))]
        for spoke, other in (("s1", "s2"), ("s2", "s1"))
    ]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    fleet.lab("kill", "hub1")
    assert [process.communicate(timeout=120)[0] for process in asking] == ["", ""]
    fleet.lab("start", "hub1")
    assert eventually(lambda: resolved(fleet, "hub1"), all_names(fleet), 30) == all_names(fleet)


@pytest.mark.parametrize("way", ["resolver", "hosts"])
def test_names_go_with_the_interfaces_and_come_back(fleet, way):
    if way == "hosts":
        run = fleet.play("-e", "wireguard_names=hosts")
        assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
        settled(fleet, "hosts")
    for host in ("s1", "s2"):
        fleet.run(host, "wg-quick", "down", "wg0-hub1")
        assert resolved(fleet, host) == all_names(fleet)
        fleet.run(host, "wg-quick", "down", "wg0-hub2")
        assert eventually(lambda host=host: resolved(fleet, host), [], 10) == []
        for line in ("cat /etc/hosts /etc/resolv.conf", "resolvectl dns", "resolvectl domain"):
            assert fleet.run(host, "sh", "-c", line) in fleet.before[host]
        fleet.run(host, "systemctl", "restart", "wg-quick@wg0-hub1", "wg-quick@wg0-hub2")
    for host in ("s1", "s2"):
        assert eventually(lambda host=host: resolved(fleet, host), all_names(fleet), 30) == all_names(fleet)


def test_records_where_systemd_reads_them(fleet):
    """Elsewhere, the hosts stay as they are."""
    run = fleet.play("-e", "wireguard_names=resolved")
    assert (run.status, run.changed()) == (2, set(NEW)), run.output
    assert "names: systemd 252 here reads no files of records, systemd 261 does; set wireguard_names: hosts" in run.output
    wanted = all_names(fleet)
    for host in HOSTS:
        assert eventually(lambda host=host: resolved(fleet, host), wanted, 20) == wanted, host
        assert ("BEGIN meshwork" in fleet.run(host, "cat", "/etc/hosts")) is (host in OLD)


def test_a_name_that_a_host_has_already(fleet):
    """Nothing is written to its file."""
    mine = f"sed -i -e '1i 192.0.2.9 {name_of('s2')}' /tmp/hosts && cat /tmp/hosts >/etc/hosts"
    fleet.run("s1", "sh", "-ec", f"sed '/^# BEGIN meshwork/,/^# END meshwork/d' /etc/hosts >/tmp/hosts; {mine}")
    before = fleet.run("s1", "cat", "/etc/hosts")
    run = fleet.play("-e", "wireguard_names=hosts", "--limit", "s1")
    assert run.status == 2, run.output
    assert f"/etc/hosts: line 1 gives {name_of('s2')} the address 192.0.2.9, and the network another one" in run.output
    assert fleet.run("s1", "cat", "/etc/hosts") == before
    fleet.run("s1", "sh", "-c", "sed -e 1d /etc/hosts >/tmp/hosts; cat /tmp/hosts >/etc/hosts")


def test_nothing_of_it_stays(fleet):
    run = fleet.play()
    assert (run.status, run.changed()) == (0, set(HOSTS)), run.output
    assert look(fleet) == fleet.before
    for host in HOSTS:
        assert fleet.run(host, "sh", "-c", f"getent ahosts {name_of('s1')}; true") == ""


@pytest.mark.long
def test_the_host_that_takes_over_resolves(make_fleet):
    """The hosts of a pair have one address, so lookups fail only until the other one has it."""
    network = {
        "wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"],
        "wireguard_topology": "star",
        "wireguard_failover": "vrrp",
        "wireguard_names": "resolver",
    }
    hubs = ("hub1", "hub2")
    pair = make_fleet({**dict.fromkeys(hubs), "s1": {"dialled": False}}, network, image="bookworm-names")
    floating = pair.underlay["hub1"].rpartition(".")[0] + ".10"
    for hub in hubs:
        pair.members[hub] |= {
            "wireguard_node": "hub",
            "wireguard_hub": True,
            "wireguard_endpoint": floating,
            "wireguard_floating": [{"address": f"{floating}/24", "interface": "eth0"}],
            "wireguard_vrrp_address": pair.underlay[hub],
        }
    pair.write_inventory()
    run = pair.play()
    assert (run.status, run.changed()) == (0, {*hubs, "s1"}), run.output

    def found():
        pair.run("s1", "resolvectl", "flush-caches")
        return resolved(pair, "s1", ("hub", "s1"))

    wanted = all_names(pair)
    assert eventually(found, wanted, 30) == wanted

    def active():
        return [hub for hub in hubs if f" {floating}/" in pair.run(hub, "ip", "address", "show", "dev", "eth0", check=False)]

    (first,) = active()
    pair.lab("kill", first)
    assert eventually(found, wanted, 15) == wanted
    (second,) = [hub for hub in hubs if hub != first]
    assert resolved(pair, second, ("hub", "s1")) == wanted
    pair.lab("start", first)
    for host in (*hubs, "s1"):
        assert eventually(lambda host=host: resolved(pair, host, ("hub", "s1")), wanted, 30) == wanted, host
    again = pair.play()
    assert (again.status, again.changed()) == (0, set()), again.output
