# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hosts that are one hub: one key, one floating address, and one that goes on when the other does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ROOT
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually, pinging

HUBS, SPOKES = ("hub1", "hub2"), ("spoke1", "spoke2")
RULES = "5181:\tfrom all fwmark 0x6d00ca6c lookup 1828768364\n5182:\tfrom all fwmark 0x6d00ca6c unreachable\n"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    network = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"], "wireguard_topology": "star", "wireguard_failover": "vrrp"}
    hubs = {"hub1": None, "hub2": {"lab_image": "sid-hubs"}}  # the oldest systemd and keepalived, and the newest
    made = make_fleet({**hubs, **{spoke: {"dialled": False} for spoke in SPOKES}}, network, image="bookworm-hubs")
    floating = made.underlay["hub1"].rpartition(".")[0] + ".10"
    for hub in HUBS:
        made.members[hub] |= {
            "wireguard_node": "hub",
            "wireguard_hub": True,
            "wireguard_endpoint": floating,
            "wireguard_floating": [{"address": f"{floating}/24", "interface": "eth0"}],
            "wireguard_vrrp_address": made.underlay[hub],
        }
    made.write_inventory()
    made.floating = floating
    return made


def active_hosts(fleet):
    """The hosts that hold the floating address."""
    return [
        hub for hub in HUBS if f"inet {fleet.floating}/" in fleet.run(hub, "ip", "address", "show", "dev", "eth0", check=False)
    ]


def active_and_other(fleet):
    """The active host, and the other."""
    assert eventually(lambda: len(active_hosts(fleet)), 1) == 1
    (found,) = active_hosts(fleet)
    return found, next(hub for hub in HUBS if hub != found)


def changes_of(fleet, hub):
    """What its agent and keepalived have told of themselves."""
    journal = "journalctl --no-pager -o short-precise -u meshwork-vrrp-agent@wg0 -u meshwork-vrrp@wg0"
    return fleet.run(hub, "sh", "-c", f"{journal} | grep -E 'STATE|healthy|faulted|active|standby|priority|Started'")


def health(fleet, hub):
    return fleet.run(hub, "cat", "/run/meshwork-wireguard/wg0.health", check=False).strip()


def answers(fleet):
    """Whether the spokes reach each other and the hub."""
    return fleet.run(
        "spoke1", "sh", "-c", "ping -c1 -W1 10.8.0.2 >/dev/null && ping -c1 -W1 10.8.0.1 >/dev/null && echo yes; true"
    )


def texts(*roots):
    for root in roots:
        for path in root.rglob("*"):
            if path.is_file() and not {".git", ".cache"}.intersection(path.parts):
                yield str(path), path.read_bytes()


def test_the_key_gets_from_host_to_host_and_nowhere_else(fleet):
    fresh = fleet.play("--check", "--diff")
    assert fresh.status == 0, fresh.output
    first = fleet.play("--diff", "-vvv")
    assert first.status == 0, first.output
    again = [fleet.play("--diff", *words) for words in ([], ["--check"], ["--limit", "hub2"])]
    assert [(run.status, run.changed()) for run in again] == [(0, set())] * 3, again[0].output
    keys = [fleet.run(hub, "cat", "/etc/wireguard/wg0.key") for hub in HUBS]
    assert keys[0] == keys[1]
    key = keys[0].strip()
    assert key not in first.output + "".join(run.output for run in again)
    assert [path for path, text in texts(ROOT, fleet.directory, Path.home() / ".ansible") if key.encode() in text] == []
    for host in (*HUBS, *SPOKES):
        script = "grep -rlF -f - /etc /root /run /tmp /usr/local /var /home 2>/dev/null | sort; true"
        found = fleet.run(host, "sh", "-c", script, stdin=f"{key}\n").split()
        assert found == (["/etc/wireguard/wg0.conf", "/etc/wireguard/wg0.key"] if host in HUBS else [])
        assert key not in fleet.run(host, "journalctl", "--all", "--no-pager")
    assert fleet.run("hub2", "stat", "-c", "%a %U", "/etc/wireguard/wg0.key") == "600 root\n"


def test_one_acts_and_the_other_is_silent(fleet):
    _active, other = active_and_other(fleet)
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    for hub in HUBS:
        shown = fleet.run(hub, "sh", "-c", "ip rule show | grep fwmark")
        assert shown == RULES
    silent = fleet.run(
        other, "sh", "-c", "ping -c1 -W1 10.8.0.2 >/dev/null || echo silent; wg show wg0 latest-handshakes | cut -f2"
    )
    assert silent.split() == ["silent", "0", "0"], "\n".join(changes_of(fleet, hub) for hub in HUBS)
    for spoke in SPOKES:
        assert fleet.run(spoke, "wg", "show", "wg0", "endpoints").split()[1] == f"{fleet.floating}:51820"


FORGE = """
import socket, struct, sys, time
source, target, floating = sys.argv[1:4]
hops, router, seconds = int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6])
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff
ends = socket.inet_aton(source) + socket.inet_aton(target)
advert = struct.pack("!BBBBHH", 0x31, router, 255, 1, 10, 0) + socket.inet_aton(floating)
advert = advert[:6] + struct.pack("!H", checksum(ends + struct.pack("!HH", 112, len(advert)) + advert)) + advert[8:]
head = struct.pack("!BBHHHBBH", 0x45, 0xc0, 20 + len(advert), 1, 0, hops, 112, 0) + ends
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sender.sendto(head + advert, (target, 0))
        time.sleep(0.05)
"""


def make_active(fleet, hub):
    """Make this host active; the other does not take over from an active host."""
    found, _other = active_and_other(fleet)
    if found != hub:
        fleet.run(found, "systemctl", "stop", "meshwork-vrrp@wg0")
        assert eventually(lambda: active_hosts(fleet), [hub]) == [hub]
        fleet.run(found, "systemctl", "start", "meshwork-vrrp@wg0")
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"


@pytest.mark.parametrize("hops", [255, 7], ids=["from another address", "handed on by routers"])
@pytest.mark.parametrize(("active", "other"), [HUBS, pytest.param(*HUBS[::-1], marks=pytest.mark.long)], ids=HUBS)
def test_forged_advertisements_change_nothing(fleet, active, other, hops):
    """Of the highest priority, more often than real ones, for two seconds: the other host, and the tunnels, do not notice."""
    make_active(fleet, active)
    source = fleet.underlay["spoke2"] if hops == 255 else fleet.underlay[other]
    words = [source, fleet.underlay[active], fleet.floating, str(hops), "51", "2"]
    with pinging(fleet, ("spoke1", "10.8.0.1")) as outages:
        fleet.run("spoke2", "python3", "-c", FORGE, *words)
        assert active_hosts(fleet) == [active]
    assert max(outages) < 1, outages
    said = fleet.run(active, "journalctl", "-q", "-u", "meshwork-vrrp@wg0", "--since", "-1min")
    assert ("not a unicast peer" if hops == 255 else "not in range") in said, said


@pytest.mark.parametrize(("other", "hops", "router"), [pytest.param("hub1", 7, 51, marks=pytest.mark.long), ("hub2", 255, 52)])
def test_nor_do_they_keep_the_other_host_from_taking_over(fleet, other, hops, router):
    """Neither those that keepalived refuses, nor those of another router of VRRP."""
    active = next(hub for hub in HUBS if hub != other)
    make_active(fleet, active)
    source = fleet.underlay["spoke2"] if hops == 255 else fleet.underlay[active]
    words = " ".join([source, fleet.underlay[other], fleet.floating, str(hops), str(router), "10"])
    fleet.run("spoke2", "sh", "-c", f"cat >/run/forge.py; systemd-run -q --unit=forge python3 /run/forge.py {words}", stdin=FORGE)
    with pinging(fleet, ("spoke1", "10.8.0.1")) as outages:
        fleet.lab("kill", active)
        assert eventually(lambda: active_hosts(fleet), [other], 4) == [other]
        assert fleet.run("spoke2", "systemctl", "is-active", "forge") == "active\n"
    assert max(outages) < 3, outages
    fleet.lab("start", active)
    assert eventually(lambda: health(fleet, active), "0") == "0"
    assert eventually(lambda: fleet.run("spoke2", "systemctl", "is-active", "forge", check=False), "inactive\n") == "inactive\n"


RECORD = """
import socket, sys, time
source, path = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as heard, open(path, "w") as file:
    heard.settimeout(5)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        packet, sender = heard.recvfrom(65536)
        if sender[0] == source and packet[22:24] == (41820).to_bytes(2, "big"):
            file.write(packet[28:].hex() + chr(10))
"""
REPLAY = """
import socket, sys, time
own, target, path = sys.argv[1:]
messages = [bytes.fromhex(line) for line in open(path).read().split()]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.bind((own, 41820))
    end = time.monotonic() + 6
    while time.monotonic() < end:
        for message in messages:
            sender.sendto(message, (target, 41820))
        time.sleep(0.1)
print(len(messages))
"""


def waited(fleet, hub):
    """Seconds for which the agent waited for what the other one knows, at its last start."""
    lines = fleet.run(hub, "journalctl", "-q", "-u", "meshwork-vrrp-agent@wg0", "--output=short-unix", "--lines=20").splitlines()
    times = {text: float(line.split()[0]) for line in lines for text in (": faulted: has just", ": healthy") if text in line}
    return times[": healthy"] - times[": faulted: has just"]


def test_recorded_messages_are_not_believed_after_a_restart(fleet):
    """The agent is healthy at once if the other host is up, and waits if only its old messages arrive."""
    _active, other = active_and_other(fleet)
    speaks = next(hub for hub in HUBS if hub != other)
    start_again = (
        "systemctl stop meshwork-vrrp-agent@wg0; rm /run/meshwork-wireguard/wg0.health; systemctl start meshwork-vrrp-agent@wg0"
    )
    fleet.run(other, "python3", "-c", RECORD, fleet.underlay[speaks], "/run/recorded")
    fleet.run(other, "sh", "-c", start_again)
    assert eventually(lambda: health(fleet, other), "0") == "0"
    assert waited(fleet, other) < 1
    recorded = fleet.run(other, "cat", "/run/recorded")
    fleet.run(speaks, "sh", "-c", "cat >/run/recorded", stdin=recorded)
    assert key_of_messages_is_secret(fleet, recorded)
    fleet.run(speaks, "systemctl", "stop", "meshwork-vrrp-agent@wg0")
    try:
        addresses = [fleet.underlay[speaks], fleet.underlay[other]]
        fleet.run(speaks, "systemd-run", "-q", "--unit=replay", "python3", "-c", REPLAY, *addresses, "/run/recorded")
        fleet.run(other, "sh", "-c", f"{start_again}; sleep 3")
    finally:
        fleet.run(speaks, "sh", "-c", "systemctl stop replay 2>/dev/null; systemctl start meshwork-vrrp-agent@wg0")
    assert health(fleet, other) == "0"
    assert waited(fleet, other) > 1.3
    assert eventually(lambda: health(fleet, speaks), "0") == "0"


def key_of_messages_is_secret(fleet, recorded):
    """Neither the shared key nor a peer's public key is in what goes over the wire, and the messages are there."""
    texts = [bytes.fromhex(line)[32:].decode() for line in recorded.split()]
    keys = [fleet.run("hub1", "cat", "/etc/wireguard/wg0.key"), *fleet.run("hub1", "wg", "show", "wg0", "peers").split()]
    return len(texts) > 5 and "endpoints" in texts[0] and not any(key.strip() in text for key in keys for text in texts)


def test_units_may_do_what_they_need_and_no_more(fleet):
    for hub in HUBS:
        folder = "/etc/systemd/system"
        shown = fleet.run(hub, "sh", "-c", f"systemd-analyze security --offline=true --no-pager {folder}/meshwork-*@.service")
        levels = re.findall(r"Overall exposure level for (\S+): ([0-9.]+)", shown)
        assert {name for name, level in levels if float(level) > 4.5} == set(), levels
        assert {name.partition("@")[0] for name, _level in levels} == {"meshwork-vrrp-agent", "meshwork-vrrp"}
        assert fleet.run(hub, "stat", "-c", "%a", "/run/meshwork-wireguard", "/usr/local/lib/meshwork-wireguard") == "700\n755\n"


def test_the_other_goes_on_and_keeps_on(fleet):
    active, other = active_and_other(fleet)
    with pinging(fleet, ("spoke1", "10.8.0.3"), ("spoke2", "10.8.0.1")) as outages:
        fleet.lab("kill", active)
        assert eventually(lambda: active_hosts(fleet), [other]) == [other]
        fleet.lab("start", active)
        assert eventually(lambda: health(fleet, active), "0") == "0"
        assert active_hosts(fleet) == [other]
    assert max(outages) < 3, outages
    again = fleet.play("--diff")
    assert (again.status, again.changed()) == (0, set()), again.output


def test_a_split_heals(fleet):
    """Both are active while they do not see each other; the one that stays active begins new sessions."""
    active, _other = active_and_other(fleet)
    with pinging(fleet, ("spoke1", "10.8.0.3")) as outages:
        fleet.lab("cut", active)
        assert eventually(lambda: active_hosts(fleet), ["hub1", "hub2"]) == ["hub1", "hub2"]
        fleet.lab("join", active)
        assert eventually(lambda: len(active_hosts(fleet)), 1) == 1
        assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    assert max(outages) < 5, outages


def test_a_host_that_missed_a_change_waits(fleet):
    """Even one that would act again as soon as it is back."""
    assert fleet.play("-e", "wireguard_vrrp_preempt=true").changed() == set(HUBS)
    assert eventually(lambda: active_hosts(fleet), ["hub1"]) == ["hub1"]
    fleet.lab("stop", "hub1")
    fleet.members["spoke1"]["wireguard_routes"] = ["172.20.1.0/24"]
    fleet.write_inventory()
    run = fleet.play("-e", "wireguard_vrrp_preempt=true")
    assert "unreachable=1" in run.output
    assert "hub2" in run.changed()
    fleet.lab("start", "hub1")
    assert eventually(lambda: health(fleet, "hub1"), "-254") == "-254"
    assert eventually(lambda: "another host has a newer configuration" in changes_of(fleet, "hub1"), True) is True
    assert active_hosts(fleet) == ["hub2"]
    assert fleet.play("-e", "wireguard_vrrp_preempt=true").changed() == {"hub1"}
    assert eventually(lambda: active_hosts(fleet), ["hub1"]) == ["hub1"]
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"


def test_a_new_host_gets_the_key_alone(fleet):
    fleet.run("hub2", "sh", "-c", "systemctl disable --now wg-quick@wg0; rm -rf /etc/wireguard")
    run = fleet.play("--limit", "hub2", "-e", "wireguard_vrrp_preempt=true")
    assert (run.status, run.changed()) == (0, {"hub2"}), run.output
    assert fleet.run("hub1", "cat", "/etc/wireguard/wg0.key") == fleet.run("hub2", "cat", "/etc/wireguard/wg0.key")
    again = fleet.play("-e", "wireguard_vrrp_preempt=true")
    assert (again.status, again.changed()) == (0, set()), again.output


def test_multicast(fleet):
    words = ["-e", "wireguard_vrrp_preempt=true", "-e", "wireguard_vrrp_unicast=false"]
    assert fleet.play(*words).changed() == set(HUBS)
    assert eventually(lambda: active_hosts(fleet), ["hub1"]) == ["hub1"]
    fleet.run("hub1", "systemctl", "stop", "wg-quick@wg0")
    assert eventually(lambda: active_hosts(fleet), ["hub2"]) == ["hub2"]
    fleet.run("hub1", "systemctl", "start", "wg-quick@wg0")
    assert eventually(lambda: active_hosts(fleet), ["hub1"]) == ["hub1"]
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"


def unused_next_keys(fleet):
    return [hub for hub in HUBS if fleet.run(hub, "sh", "-c", "ls /etc/wireguard/*.next.key 2>/dev/null; true")]


def change_of_the_standby_alone(fleet, standby):
    """A rotation that ends when the standby host has changed."""
    fleet.interrupted_rotation(r"TASK .*Standby hosts of round 1 of 2, 3 nodes left")
    arguments = {"names": ["wg0"], "private_key_file": "/etc/wireguard/wg0.key", "state": "changed", "standby": True}
    fleet.module(standby, "rotation", arguments)
    assert unused_next_keys(fleet) == [hub for hub in HUBS if hub != standby]


@pytest.mark.long
def test_every_key_changes(fleet):
    """The hosts of the hub use one key afterwards, and either of them goes on with it."""
    assert fleet.play().status == 0  # with the usual settings of VRRP again
    assert eventually(lambda: fleet.play().changed(), set()) == set()
    active, other = active_and_other(fleet)
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    before, old = fleet.public_keys(), fleet.run("hub1", "cat", "/etc/wireguard/wg0.key")
    with pinging(fleet, ("spoke1", "10.8.0.1"), ("spoke2", "10.8.0.3")) as outages:
        run = fleet.rotate("-v")
    assert run.status == 0, run.output
    print(run.output)
    assert not {*fleet.public_keys()} & {*before}
    keys = {fleet.run(hub, "cat", "/etc/wireguard/wg0.key") for hub in HUBS}
    assert (len(keys), old in keys, unused_next_keys(fleet)) == (1, False, [])
    assert keys.pop().strip() not in run.output
    assert max(outages) <= 1, outages
    assert active_hosts(fleet) == [active]
    with pinging(fleet, ("spoke1", "10.8.0.1")) as outages:
        fleet.lab("kill", active)
        assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
        fleet.lab("start", active)
    assert max(outages) < 3, outages
    assert active_hosts(fleet) == [other]
    assert eventually(lambda: health(fleet, active), "0") == "0"
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


@pytest.mark.long
def test_the_active_host_dies_in_the_middle_of_a_rotation(fleet):
    """The standby host has changed already, and goes on with the next key, which the spokes know."""
    active, other = active_and_other(fleet)
    change_of_the_standby_alone(fleet, other)
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    fleet.lab("kill", active)
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    run = fleet.play("--limit", f"!{active}")
    assert run.status == 0, run.output
    assert answers(fleet) == "yes\n"
    fleet.lab("start", active)
    last = fleet.play()
    assert last.status == 0, last.output
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    keys = {fleet.run(hub, "cat", "/etc/wireguard/wg0.key") for hub in HUBS}
    assert (len(keys), unused_next_keys(fleet)) == (1, [])
    make_active(fleet, active)
    assert eventually(lambda: fleet.play().changed(), set()) == set()


@pytest.mark.long
def test_a_rotation_that_ended_between_the_hosts_of_the_hub_is_completed(fleet):
    """It brings a new preshared secret, too."""
    secrets = ["the first secret of the fleet", "the second secret of the fleet"]
    fleet.variables["wireguard_preshared_secret"] = secrets[0]
    fleet.write_inventory()
    assert fleet.play().status == 0
    fleet.variables |= {"wireguard_preshared_secret": secrets[1], "wireguard_preshared_secret_previous": secrets[0]}
    fleet.write_inventory()
    active, other = active_and_other(fleet)
    before = fleet.run(active, "cat", "/etc/wireguard/wg0.key")
    change_of_the_standby_alone(fleet, other)
    with pinging(fleet, ("spoke1", "10.8.0.1")) as outages:
        run = fleet.rotate()
    assert run.status == 0, run.output
    print(run.output)
    keys = {fleet.run(hub, "cat", "/etc/wireguard/wg0.key") for hub in HUBS}
    assert (len(keys), before in keys, unused_next_keys(fleet)) == (1, False, [])
    assert max(outages) <= 1, outages
    del fleet.variables["wireguard_preshared_secret_previous"]
    fleet.write_inventory()
    assert fleet.play().status == 0
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_the_shared_key_is_changed(fleet):
    """On both hosts, and the spokes follow; this costs some seconds."""
    before = fleet.run("hub1", "cat", "/etc/wireguard/wg0.key")
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    with pinging(fleet, ("spoke1", "10.8.0.3"), ("spoke2", "10.8.0.1")) as outages:
        run = fleet.play("-e", "wireguard_regenerate=always", "--limit", "hub1,hub2")
        assert run.status == 0, run.output
        rest = fleet.play()
        assert rest.status == 0, rest.output
        assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    print("outages while the shared key is changed:", outages)
    assert max(outages) < 60, outages
    keys = {fleet.run(hub, "cat", "/etc/wireguard/wg0.key") for hub in HUBS}
    assert len(keys) == 1
    assert before not in keys
    assert len(active_hosts(fleet)) == 1
    again = fleet.play()
    assert (again.status, again.changed()) == (0, set()), again.output


def test_a_host_leaves_its_pair(fleet):
    """It keeps nothing of it, and is a node of its own from then on."""
    shared = fleet.run("hub1", "cat", "/etc/wireguard/wg0.key")
    words = ("-e", "wireguard_remove=hub2", "-e", "wireguard_destroy_keys=true")
    done = fleet.ansible("ansible-playbook", "meshwork.wireguard.remove", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    left = """
    ls -d /etc/wireguard/* /etc/meshwork-wireguard/* /etc/systemd/system/meshwork-* /usr/local/lib/meshwork-wireguard/*
    systemctl list-units --all --plain --no-legend 'meshwork-*' 'wg-quick@*'; wg show interfaces; ip rule show | grep fwmark
    grep -rlF -f - /etc /root /run /var
    """
    assert fleet.run("hub2", "sh", "-c", f"({left}) 2>/dev/null; true", stdin=shared).split() == []
    assert active_hosts(fleet) == ["hub1"]
    assert eventually(lambda: answers(fleet), "yes\n") == "yes\n"
    fleet.variables["wireguard_failover"] = "none"
    fleet.write_inventory()
    refused = fleet.play()
    assert refused.status != 0
    assert "set wireguard_failover: vrrp, or give each host its own wireguard_node" in " ".join(refused.output.split())
    del fleet.members["hub2"]["wireguard_node"]
    for hub in HUBS:
        for key in ("wireguard_floating", "wireguard_vrrp_address"):
            del fleet.members[hub][key]
        fleet.members[hub]["wireguard_endpoint"] = fleet.underlay[hub]
    del fleet.members["hub2"]["wireguard_hub"]
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    assert fleet.run("hub1", "sh", "-c", "ls /etc/meshwork-wireguard /etc/systemd/system/meshwork-*; true") == ""
    assert fleet.run("hub1", "cat", "/etc/wireguard/wg0.key") == shared
    assert fleet.run("hub2", "cat", "/etc/wireguard/wg0.key") != shared
    assert fleet.play().changed() == set()
    assert eventually(lambda: fleet.unreachable_pairs(("hub2", *SPOKES)), []) == []
