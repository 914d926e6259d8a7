# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces of odd kinds are adopted as they are: they stay until something is wanted that does not run."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Run
from ansible_collections.meshwork.wireguard.tests.integration.kept_fleets import enable_networkd
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually
from ansible_collections.meshwork.wireguard.tests.integration.probing import probes_to
from ansible_collections.meshwork.wireguard.tests.integration.test_import import Loader

pytestmark = needs_x86

HUB, QUICK, OTHERS = "hub", "quick", "others"
NUMBERS = {"wgaddr": 1, "wgkey": 2, "wgconf": 3, "wghalf": 4, "wgnet": 5, "wgman": 6, "wgbare": 7}
AT = {name: OTHERS if name in ("wgnet", "wgman", "wgbare") else QUICK for name in NUMBERS}
NEW = "UhVGAYWwuaUWy7AXTTKSmRFlhJqhEXOsX0KlNZ37xwM="
"""The peer that is added."""
REPLACED = ".replaced-by-meshwork"

PEER = "[Peer]\nPublicKey = {hub}\nPresharedKey = {shared}\nAllowedIPs = {allowed}\nEndpoint = {endpoint}:51820\n"
FILES = {
    "wgaddr": {  # no Address; a hook adds it
        "/etc/wireguard/wgaddr.conf": "[Interface]\nPrivateKey = {private}\nTable = off\nSaveConfig = False\n"
        "PostUp = ip address add 10.1.0.2/32 peer 10.1.0.1/32 dev %i\n" + PEER
    },
    "wgkey": {  # the key by a hook
        "/etc/wireguard/wgkey.conf": "[Interface]\nAddress = 10.2.0.2/24\nPostUp = wg set %i private-key /etc/wireguard/%i.key\n"
        + PEER,
        "/etc/wireguard/wgkey.key": "{private}\n",
    },
    "wgconf": {  # peers by addconf
        "/etc/wireguard/wgconf.conf": "[Interface]\nPrivateKey = {private}\nAddress = 10.3.0.2/24\n"
        "PostUp = wg addconf %i /etc/wireguard/peers.conf\n",
        "/etc/wireguard/peers.conf": PEER,
    },
    "wghalf": {  # a full tunnel by halves
        "/etc/wireguard/wghalf.conf": "[Interface]\nPrivateKey = {private}\nAddress = 10.4.0.2/32\n" + PEER,
    },
    "wgnet": {  # a pattern, and drop-ins
        "/etc/systemd/network/50-wgnet.netdev": "[NetDev]\nName=wgnet\nKind=wireguard\n",
        "/etc/systemd/network/50-wgnet.netdev.d/key.conf": "[WireGuard]\nPrivateKey={private}\n",
        "/etc/systemd/network/50-wgnet.netdev.d/peer.conf": "[WireGuardPeer]\nPublicKey={hub}\nPresharedKey={shared}\n"
        "AllowedIPs={allowed}\nEndpoint={endpoint}:51820\n",
        "/etc/systemd/network/60-tunnels.network": "[Match]\nName=wgn*\n[Network]\nAddress=10.5.0.2/24\n",
    },
    "wgman": {  # never-default
        "/etc/NetworkManager/system-connections/wgman.nmconnection": "[connection]\nid=wgman\ntype=wireguard\n"
        "interface-name=wgman\n"
        "[wireguard]\nprivate-key={private}\n[wireguard-peer.{hub}]\nendpoint={endpoint}:51820\npreshared-key={shared}\n"
        "preshared-key-flags=0\nallowed-ips=0.0.0.0/0;\n[ipv4]\nmethod=manual\naddress1=10.6.0.2/24\nnever-default=true\n"
        "[ipv6]\nmethod=disabled\n",
    },
    "wgbare": {},  # made by hand
}
ALLOWED = {
    "wgaddr": "10.1.0.0/24", "wgkey": "10.2.0.0/24", "wgconf": "10.3.0.0/24", "wghalf": "0.0.0.0/1, 128.0.0.0/1",
    "wgnet": "10.5.0.0/24,fd00:5::/64", "wgman": "0.0.0.0/0", "wgbare": "10.7.0.0/24",
}  # fmt: skip
STATE = """
for name in $(wg show interfaces | tr ' ' '\\n' | sort); do
  wg showconf $name | grep -v -e '^$' -e ListenPort | sort | sed "s/^/$name /"
  ip -o address show dev $name | awk '{print $2, $3, $4}' | grep -v fe80 | sort
  ip route show dev $name | sed "s/^/$name route /" | cut -d' ' -f1-3
  ip -o link show dev $name | grep -o 'mtu [0-9]*' | sed "s/^/$name /"
done
"""


@pytest.fixture(scope="module")
def fleet(make_fleet):
    images = {OTHERS: {"lab_image": "bookworm-managers"}}
    made = make_fleet({host: images.get(host) for host in (HUB, QUICK, OTHERS)}, {}, kind=KernelFleet)
    enable_networkd(made, OTHERS)
    private = {name: made.run(HUB, "wg", "genkey").strip() for name in (HUB, *NUMBERS)}
    public = {name: made.run(HUB, "wg", "pubkey", stdin=private[name] + "\n").strip() for name in private}
    shared = made.run(HUB, "wg", "genpsk").strip()
    peers = "".join(
        f"[Peer]\nPublicKey = {public[name]}\nPresharedKey = {shared}\nAllowedIPs = 10.{number}.0.2/32\n"
        for name, number in NUMBERS.items()
    )
    text = f"[Interface]\nPrivateKey = {private[HUB]}\nListenPort = 51820\n{peers}"
    addresses = "".join(f"ip address add 10.{number}.0.1/24 dev wg0\n" for number in NUMBERS.values())
    script = f"ip link add wg0 type wireguard && wg setconf wg0 /dev/stdin && ip link set up wg0\n{addresses}"
    made.run(HUB, "sh", "-c", script, stdin=text)
    values = {"hub": public[HUB], "shared": shared, "endpoint": made.underlay[HUB]}
    for name, files in FILES.items():
        for path, template in files.items():
            text = template.format(private=private[name], allowed=ALLOWED[name], **values)
            made.run(
                AT[name], "sh", "-c", f"umask 077; mkdir -p {path.rpartition('/')[0]}; cat >{path}; chgrp 0 {path}", stdin=text
            )
    made.run(QUICK, "sh", "-c", "systemctl enable --now wg-quick@wgaddr wg-quick@wgkey wg-quick@wgconf wg-quick@wghalf")
    made.run(OTHERS, "sh", "-c", "chmod -R a+rX /etc/systemd/network")
    made.run(OTHERS, "sh", "-c", "networkctl reload; nmcli connection reload; nmcli connection up wgman")
    bare = f"[Interface]\nPrivateKey = {private['wgbare']}\n" + PEER.format(allowed=ALLOWED["wgbare"], **values)
    script = "ip link add wgbare type wireguard && wg setconf wgbare /dev/stdin && ip address add 10.7.0.2/24 dev wgbare"
    made.run(OTHERS, "sh", "-c", f"{script} && ip link set up wgbare", stdin=bare)
    made.secrets = [*private.values(), shared]
    return made


def state(fleet):
    lines = [(host, line) for host in (QUICK, OTHERS) for line in fleet.run(host, "sh", "-c", STATE).splitlines()]
    return {(host, *sorted(line.replace(",", "").split())) for host, line in lines}  # `wg` sorts no prefixes


def files(fleet):
    script = "cd /etc && find wireguard systemd/network NetworkManager/system-connections -type f | sort | xargs sha256sum"
    return {host: fleet.run(host, "sh", "-c", script + "; systemctl list-unit-files wg-quick@*") for host in (QUICK, OTHERS)}


def unreached(fleet):
    lost = []
    for name, number in NUMBERS.items():
        if fleet.run(AT[name], "sh", "-c", f"ping -q -c 1 -W 2 -I {name} 10.{number}.0.1 >/dev/null || echo lost"):
            lost.append(name)
    return lost


WAYS = {(AT[name], name): f"10.{number}.0.1" for name, number in NUMBERS.items()}


@pytest.fixture(scope="module")
def adopted(fleet):
    """The inventory that the import makes, as a path."""
    assert eventually(lambda: unreached(fleet), [], 60) == []
    dest = fleet.directory / "imported"
    done = fleet.ansible(
        "ansible-playbook", "meshwork.wireguard.import", "-e", f"wireguard_dest={dest}", "-l", f"{QUICK},{OTHERS}"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    fleet.said = done.stdout
    return dest / "wireguard.yml"


def play(fleet, adopted, *words):
    there = fleet.inventory
    fleet.inventory = str(adopted)
    try:
        return fleet.changes("-i", there, *words, playbook="meshwork.wireguard.interfaces")
    finally:
        fleet.inventory = there


def interfaces(adopted):
    inventory = yaml.load(adopted.read_text(encoding="utf-8"), Loader)
    hosts = inventory["wireguard_adopted"]["hosts"]
    return inventory, {one["name"]: one for values in hosts.values() for one in values["wireguard_interfaces"]}


def test_all_are_adopted(fleet, adopted):
    inventory, found = interfaces(adopted)
    assert (list(inventory), sorted(found)) == (["wireguard_adopted"], sorted(NUMBERS)), fleet.said
    programs = {name: one["adopted"]["by"] for name, one in found.items()}
    assert programs == {**dict.fromkeys(NUMBERS, "wg-quick"), "wgnet": "networkd", "wgman": "NetworkManager", "wgbare": "hand"}
    text = adopted.read_text(encoding="utf-8") + fleet.said
    assert not [secret for secret in fleet.secrets if secret in text]
    assert {name: one["config"].get("addresses") for name, one in found.items()} == {
        **{name: [f"10.{number}.0.2/24"] for name, number in NUMBERS.items()}, "wgaddr": None, "wghalf": ["10.4.0.2/32"],
    }  # fmt: skip
    assert {name: one["config"].get("table") for name, one in found.items() if "table" in one["config"]} == {
        "wgaddr": "off", "wgnet": "off", "wgman": "off",
    }  # fmt: skip


@pytest.mark.long
def test_a_run_changes_nothing(fleet, adopted):
    before = state(fleet), files(fleet)
    with probes_to(fleet, WAYS) as lost:
        runs = [play(fleet, adopted, *words)[0] for words in (["--check", "--diff"], [])]
    for run in runs:
        assert (run.status, run.changed()) == (0, set()), run.output
    assert (state(fleet), files(fleet)) == before
    assert lost == {}


@pytest.mark.long
def test_the_first_change_is_the_one_that_was_asked_for(fleet, adopted):
    """And it says beforehand which files it replaces."""
    inventory, found = interfaces(adopted)
    for name, one in found.items():
        one["config"]["peers"].append({"public_key": NEW, "allowed_ips": [f"10.99.{NUMBERS[name]}.0/24"]})
    adopted.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    there, paths = files(fleet), {name: one["adopted"]["files"] for name, one in found.items()}
    dry, planned = play(fleet, adopted, "--check", "--diff")
    assert dry.status == 0, dry.output
    assert files(fleet) == there
    for path in (path for listed in paths.values() for path in listed):
        assert f"file {path}: renamed, with {REPLACED} at the end" in dry.output
    assert "60-tunnels.network stays, because it is for other interfaces, too" in " ".join(dry.output.split())
    with probes_to(fleet, WAYS) as lost:
        run, changes = play(fleet, adopted, "--diff")
    assert run.status == 0, run.output
    assert changes == planned
    live = [change for host in changes.values() for one in host for change in one if change["kind"] != "host"]
    assert sorted({change["kind"] for change in live}) in (["peer_added"], ["peer_added", "route_added"]), live
    assert lost == {}
    again, _changes = play(fleet, adopted, "--diff")
    assert (again.status, again.changed()) == (0, set()), again.output
    now = "".join(files(fleet).values())
    for path in (path for listed in paths.values() for path in listed if not path.endswith("60-tunnels.network")):
        assert path.removeprefix("/etc/") + REPLACED in now
    assert not [secret for secret in fleet.secrets if secret in dry.output + run.output]


@pytest.mark.long
def test_after_a_power_failure_they_are_the_collections_own(fleet, adopted):
    before = state(fleet)
    for host in (QUICK, OTHERS):
        fleet.lab("kill", host)
    fleet.lab("start", QUICK, OTHERS)
    assert eventually(lambda: unreached(fleet), [], 90) == []
    assert eventually(lambda: state(fleet) ^ before, set()) == set()
    again, _changes = play(fleet, adopted, "--diff")
    assert (again.status, again.changed()) == (0, set()), again.output


def test_an_interface_that_is_in_a_network_too_is_refused(fleet, adopted):
    network = fleet.directory / "network.yml"
    members = {QUICK: {"wireguard_endpoint": fleet.underlay[QUICK]}, OTHERS: {}}
    values = {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_interface": "wgkey"}
    network.write_text(yaml.safe_dump({"wireguard": {"hosts": members, "vars": values}}), encoding="utf-8")
    for playbook in ("interfaces", "mesh"):
        done = Run(fleet.ansible("ansible-playbook", "-i", adopted, "-i", network, f"meshwork.wireguard.{playbook}", "--check"))
        assert done.status != 0
        message = "host quick: interface wgkey is in network wireguard and in wireguard_interfaces; remove it from one of them"
        assert message in " ".join(done.output.split()), done.output
