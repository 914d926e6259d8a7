# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that somebody made by hand, or with another role, become an inventory, and that inventory is no change to them."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually, pinging

HOSTS = ("alpha", "beta", "gamma", "delta")
PHONE = "UhVGAYWwuaUWy7AXTTKSmRFlhJqhEXOsX0KlNZ37xwM="
OVERLAY = {"alpha": "10.9.0.1", "beta": "10.9.0.2", "gamma": "10.9.0.3", "delta": "10.9.0.4"}

HUB = """# office VPN, see wiki
[interface]
PrivateKey={private}
address = 10.9.0.1/24   # hub
ListenPort=51820
PostUp = sysctl -q -w net.ipv4.ip_forward=1; true

### Client beta
[Peer]
publickey = {beta}
AllowedIPs = 10.9.0.2/32

#[Peer]
#PublicKey = {beta}
#AllowedIPs = 10.9.0.99/32

[peer]
# gamma
PublicKey = {gamma}
PresharedKey = {shared}
AllowedIPs=10.9.0.3/32
[Peer]
PublicKey = {delta}
AllowedIPs = 10.9.0.4/32
AllowedIPs = 192.168.77.0/24

# phone
[Peer]
PublicKey = {phone}
AllowedIPs = 10.9.0.9/32
"""
SPOKE = """[Interface]\r
PrivateKey = {private}\r
ListenPort = 51820\r
Address = {address}/24\r
[Peer]\r
PublicKey = {alpha}\r
{secret}AllowedIPs = {allowed}\r
Endpoint = {endpoint}:51820\r
PersistentKeepalive=25\r
"""


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet({host: {"dialled": False} for host in HOSTS}, {})
    private, public = keys(made, HOSTS)
    shared = made.run("alpha", "wg", "genpsk").strip()
    start(made, "alpha", HUB.format(private=private["alpha"], shared=shared, phone=PHONE, **public))
    for host in HOSTS[1:]:
        text = SPOKE.format(
            private=private[host],
            alpha=public["alpha"],
            address=OVERLAY[host],
            secret=f"PresharedKey = {shared}\r\n" if host == "gamma" else "",
            allowed="10.9.0.0/24" + ("" if host == "delta" else ", 192.168.77.0/24"),
            endpoint=made.underlay["alpha"],
        )
        start(made, host, text)
    made.run("delta", "sh", "-c", "ip address add 192.168.77.1/24 dev lo")
    made.private, made.public = private, public
    return made


def keys(fleet, hosts):
    private = {host: fleet.run(host, "wg", "genkey").strip() for host in hosts}
    return private, {host: fleet.run(host, "wg", "pubkey", stdin=private[host] + "\n").strip() for host in hosts}


def start(fleet, host, text):
    script = "umask 077; mkdir -p /etc/wireguard; cat >/etc/wireguard/wg0.conf; systemctl enable --now wg-quick@wg0"
    fleet.run(host, "sh", "-c", script, stdin=text)


def reached(fleet, source):
    script = "".join(f"ping -q -c 1 -W 2 {address} >/dev/null || echo {name}\n" for name, address in OVERLAY.items())
    return fleet.run(source, "sh", "-c", script).split()


class Loader(yaml.SafeLoader):
    """Takes text with Ansible's tag for what is no template as text."""


Loader.add_constructor("!unsafe", lambda _loader, node: node.value)


def inventory_of(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def import_(fleet, *words, dest="imported"):
    done = fleet.ansible(
        "ansible-playbook", "meshwork.wireguard.import", "-e", f"wireguard_dest={fleet.directory}/{dest}", *words
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, inventory_of(fleet.directory / dest / "wireguard.yml")


def play(fleet, *words, dest="imported"):
    """Apply the imported inventory; the one that was there says how the hosts are reached."""
    there = fleet.inventory
    fleet.inventory = str(fleet.directory / dest / "wireguard.yml")
    try:
        return fleet.changes("-i", there, *words)
    finally:
        fleet.inventory = there


def test_a_network_made_by_hand_becomes_an_inventory(fleet):
    assert [eventually(lambda host=host: reached(fleet, host), []) for host in HOSTS] == [[]] * 4
    shown, inventory = import_(fleet)
    assert (list(inventory), list(inventory["wireguard_adopted"]["hosts"])) == (["wireguard_adopted"], sorted(HOSTS)), shown
    assert "no network, because: preshared keys: are not read; import them, too (import_preshared_keys)" in shown, shown
    shown, inventory = import_(fleet, "-e", "import_preshared_keys=true")
    assert "network wireguard: star of 4 hosts and 1 unmanaged nodes, wg0, 10.9.0.0/24" in shown, shown
    assert "a run changes nothing on the hosts" in shown
    spoke = {"wireguard_port": 51820}
    assert inventory["wireguard"]["hosts"] == {
        "alpha": {
            "wireguard_addresses": ["10.9.0.1"],
            "wireguard_endpoint": f"{fleet.underlay['alpha']}:51820",
            "wireguard_hub": True,
            "wireguard_hooks": {"post_up": ["sysctl -q -w net.ipv4.ip_forward=1; true"]},
        },
        "beta": {"wireguard_addresses": ["10.9.0.2"]},
        "gamma": {"wireguard_addresses": ["10.9.0.3"]},
        "delta": {"wireguard_addresses": ["10.9.0.4"], "wireguard_routes": ["192.168.77.0/24"]},
    }, spoke
    assert inventory["wireguard"]["vars"] == {
        "wireguard_interface": "wg0",
        "wireguard_topology": "star",
        "wireguard_prefixes": ["10.9.0.0/24"],
        "wireguard_clients": {"phone": {"public_key": PHONE, "addresses": ["10.9.0.9"]}},
    }
    secrets = fleet.directory / "imported/group_vars/wireguard/preshared_keys.yml"
    assert secrets.stat().st_mode & 0o777 == 0o600
    everything = "".join(path.read_text(encoding="utf-8") for path in fleet.directory.rglob("*") if path.is_file())
    assert not [key for key in fleet.private.values() if key in everything + shown]


def test_applied_to_the_hosts_it_changes_nothing_and_no_packet_is_lost(fleet):
    before = {host: fleet.run(host, "sh", "-c", "cat /etc/wireguard/*; ls /etc/wireguard /etc/sysctl.d") for host in HOSTS}
    pairs = [(host, address) for host in HOSTS for other, address in OVERLAY.items() if other != host]
    with pinging(fleet, *pairs) as outages:
        runs = [play(fleet, *words) for words in (["--check", "--diff"], ["--diff"], [])]
    for run, _changes in runs:
        assert (run.status, run.changed()) == (0, set()), run.output
    assert (outages.lost, max(outages) < 1) == ([0] * len(pairs), True), outages
    assert {
        host: fleet.run(host, "sh", "-c", "cat /etc/wireguard/*; ls /etc/wireguard /etc/sysctl.d") for host in HOSTS
    } == before


def test_a_change_is_the_change_that_was_asked_for(fleet):
    """With it the files become the collection's. What is in them of others' comments is in a backup, if one is wanted."""
    path = fleet.directory / "imported/wireguard.yml"
    inventory = inventory_of(path)
    inventory["wireguard"]["hosts"]["beta"]["wireguard_routes"] = ["192.168.78.0/24"]
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    with pinging(fleet, ("gamma", OVERLAY["delta"]), ("beta", OVERLAY["alpha"])) as outages:
        run, changes = play(fleet, "--diff")
    assert run.status == 0, run.output
    kinds = {host: [change["kind"] for [found] in [told] for change in found] for host, told in changes.items()}
    assert {host: [kind for kind in found if kind != "host"] for host, found in kinds.items()} == {
        "alpha": ["allowed_ips_changed", "route_added"],
        "gamma": ["allowed_ips_changed", "route_added"],
        "delta": ["allowed_ips_changed", "route_added"],
    }, changes
    assert run.changed() == {"alpha", "gamma", "delta"}
    assert (outages.lost, max(outages) < 1) == ([0, 0], True), outages
    for host in HOSTS:
        assert fleet.run(host, "wg", "show", "wg0", "public-key").strip() == fleet.public[host]
    again, _changes = play(fleet)
    assert (again.status, again.changed()) == (0, set()), again.output


ROLE = {
    "alpha": {"wireguard_address": "10.9.0.1/24", "wireguard_port": 51821, "wireguard_postup": ["true"]},
    "beta": {"wireguard_address": "10.9.0.2/24", "wireguard_allowed_ips": "10.9.0.2/32, 192.168.78.0/24"},
    "gamma": {"wireguard_address": "10.9.0.3/24"},
    "delta": {"wireguard_address": "10.9.0.4/24", "wireguard_endpoint": ""},
}


def by_role(fleet, host, private, public):
    """What the role's template writes for ROLE on a host."""
    lines = ["# Ansible managed", "", "[Interface]", f"# {host}", f"Address = {ROLE[host]['wireguard_address']}"]
    lines.append(f"PrivateKey = {private[host]}")
    if host != "delta":
        lines.append(f"ListenPort = {ROLE[host].get('wireguard_port', 51820)}")
    if host == "alpha":
        lines.append("PostUp = true")
    for other in HOSTS:
        if other != host:
            lines += ["", "[Peer]", f"# Name = {other}", f"PublicKey = {public[other]}"]
            lines.append(f"AllowedIPs = {ROLE[other].get('wireguard_allowed_ips', OVERLAY[other] + '/32')}")
            lines.append(f"PersistentKeepalive = {25}" if other != "delta" else "")
            port = {"alpha": 51821}.get(other, 51821 if host == "alpha" else 51820)
            lines.append(
                f"Endpoint = {fleet.underlay[other]}:{port}" if other != "delta" else "# No endpoint defined for this peer"
            )
    return "\n".join(lines) + "\n"


def test_an_inventory_of_the_role_is_converted(fleet):
    fleet.run("beta", "sh", "-c", "ip address add 192.168.78.1/24 dev lo")
    members = {host: {"wireguard_endpoint": fleet.underlay[host], **values} for host, values in ROLE.items()}
    private, public = keys(fleet, HOSTS)
    for host in HOSTS:
        fleet.run(host, "sh", "-c", "systemctl disable --now wg-quick@wg0; rm -rf /etc/wireguard /etc/sysctl.d/90-wireguard*")
        start(fleet, host, by_role(fleet, host, private, public))
    fleet.members, fleet.variables = members, {"wireguard_persistent_keepalive": "25"}
    fleet.write_inventory()
    assert [eventually(lambda host=host: reached(fleet, host), []) for host in HOSTS] == [[]] * 4

    shown, inventory = import_(fleet, "-e", "import_role_variables=true", dest="converted")
    told = shown[shown.index("\nnetwork wireguard: ") + 1 :].split("\n")
    assert told[:6] == [
        "network wireguard: mesh of 4 hosts, wg0, 10.9.0.0/24",
        "  alpha: peer beta: endpoint {beta}:51821, planned {beta}:51820".format(**fleet.underlay),
        "  alpha: peer delta: keepalive none, planned 25",
        "  alpha: peer gamma: endpoint {gamma}:51821, planned {gamma}:51820".format(**fleet.underlay),
        "  beta: peer delta: keepalive none, planned 25",
        "  gamma: peer delta: keepalive none, planned 25",
    ]
    fleet.members = {host: {} for host in HOSTS}
    fleet.variables = {}
    fleet.write_inventory()
    pairs = [(host, address) for host in HOSTS for other, address in OVERLAY.items() if other != host]
    with pinging(fleet, *pairs) as outages:
        run, changes = play(fleet, "--diff", dest="converted")
        assert run.status == 0, run.output
    assert (outages.lost, max(outages) < 1) == ([0] * len(pairs), True), outages
    listed = {line.split(":")[0].strip() for line in told[1:] if line.startswith("  ")}
    assert run.changed() == listed, run.output
    kinds = {host: sorted({change["kind"] for found in told for change in found} - {"host"}) for host, told in changes.items()}
    assert kinds == {
        "alpha": ["keepalive_changed"],
        "beta": ["keepalive_changed"],
        "gamma": ["keepalive_changed"],
        "delta": [],
    }
    for host in HOSTS:
        assert fleet.run(host, "wg", "show", "wg0", "public-key").strip() == public[host]
        assert OVERLAY[host] in fleet.run(host, "ip", "-br", "address", "show", "wg0")
    again, _changes = play(fleet, dest="converted")
    assert (again.status, again.changed()) == (0, set()), again.output
    assert inventory["wireguard"]["vars"]["wireguard_prefixes"] == ["10.9.0.0/24"]
