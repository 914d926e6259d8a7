# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone that Ansible does not reach: its code is read from the picture, its tunnel comes up, and goes when it is revoked."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

INSIDE = "198.18.7.1"  # of hub's other side


@pytest.fixture(scope="module")
def fleet(make_fleet):
    made = make_fleet(
        {"hub": {"wireguard_hub": True}, "alpha": {"dialled": False}, "phone": {"dialled": False}, "tablet": {"dialled": False}},
        {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"], "wireguard_topology": "star"},
    )
    for name in ("phone", "tablet"):  # containers of the lab that are no hosts of the inventory
        del made.members[name]
    made.write_inventory()
    made.run("hub", "ip", "address", "add", f"{INSIDE}/32", "dev", "lo")
    first = made.play()
    assert first.status == 0, first.output
    return made


def clients(fleet, *words):
    return fleet.ansible("ansible-playbook", "meshwork.wireguard.clients", *words)


def scanned(path):
    """What a camera would read."""
    done = subprocess.run(["zbarimg", "--quiet", "--raw", path], check=True, capture_output=True, text=True)
    return done.stdout


def answered(fleet, name, address):
    return " 1 received" in fleet.run(name, "ping", "-c", "1", "-W", "2", address, check=False)


def test_a_phone_joins_by_its_code(fleet):
    fleet.variables["wireguard_clients"] = {
        "phone": {"allowed_ips": ["198.18.0.0/15"], "excluded_ips": ["198.19.0.0/16"]},
        "tablet": None,
    }
    fleet.write_inventory()
    done = clients(fleet, "-e", "wireguard_client_formats=conf,png,svg")
    assert done.returncode == 0, done.stdout + done.stderr
    directory = fleet.directory / ".wireguard" / "clients" / "wireguard"
    text = scanned(directory / "phone.png")
    assert text.strip() == (directory / "phone.conf").read_text(encoding="utf-8").strip()
    assert fleet.peers("hub") == ["alpha", "phone", "tablet"]
    for name in ("phone", "tablet"):
        conf = scanned(directory / f"{name}.png")
        fleet.run(name, "sh", "-c", "umask 077; cat >/etc/wireguard/wg0.conf; wg-quick up wg0", stdin=conf)
        assert eventually(lambda name=name: [answered(fleet, name, "10.8.0.1"), answered(fleet, name, "fd00:8::1")], [True] * 2)
    alpha = fleet.addresses()["alpha"][0]
    phone = fleet.addresses()["phone"][0]
    assert [answered(fleet, "phone", alpha), answered(fleet, "phone", INSIDE), answered(fleet, "tablet", INSIDE)] == [
        True,
        True,
        False,
    ]
    assert answered(fleet, "alpha", phone)
    shown = fleet.run("phone", "ip", "route", "get", "198.19.0.1")
    assert "dev wg0" not in shown
    again = clients(fleet, "-e", "wireguard_client_formats=conf,png,svg")
    assert "changed=0" in again.stdout
    assert "changed=1" not in again.stdout


@pytest.mark.long
def test_the_hubs_key_changes_if_that_is_meant(fleet):
    directory = fleet.directory / ".wireguard" / "clients" / "wireguard"

    def key_of(name):
        return next(key for key, owner in fleet.public_keys().items() if owner == name)

    before = {name: key_of(name) for name in ("hub", "alpha")}
    first = fleet.rotate()
    assert first.status == 0, first.output
    assert "node hub keeps its key: its peer phone is not configured by Ansible" in first.output
    assert (key_of("hub") == before["hub"], key_of("alpha") == before["alpha"]) == (True, False)
    run = fleet.rotate("-e", "wireguard_rotate=hub", "-e", "wireguard_rotate_clients=true")
    assert run.status == 0, run.output
    assert "cut off from hub when its key changes: phone, tablet, until they have its new key" in run.output
    assert key_of("hub") != before["hub"]
    for name in ("phone", "tablet"):
        text = (directory / f"{name}.conf").read_text(encoding="utf-8")
        assert [peer.public_key for peer in parse_conf(text).peers] == [key_of("hub")]
        fleet.run(name, "sh", "-c", "wg-quick down wg0; cat >/etc/wireguard/wg0.conf; wg-quick up wg0", stdin=text)
        assert eventually(lambda name=name: answered(fleet, name, "10.8.0.1"), True)
    assert fleet.play().changed() == set()


def test_the_private_key_is_in_its_file_and_its_code_alone(fleet):
    path = fleet.directory / ".wireguard" / "clients" / "wireguard" / "phone.conf"
    private = parse_conf(path.read_text(encoding="utf-8")).private_key
    assert path.stat().st_mode & 0o777 == 0o600
    done = clients(fleet, "-vvv", "--diff")
    assert private not in done.stdout + done.stderr
    others = [file for file in fleet.directory.rglob("*") if file.is_file() and file != path]
    assert not [file for file in others if private.encode() in file.read_bytes()]
    for host in ("hub", "alpha"):
        found = fleet.run(host, "sh", "-c", f"grep -rlF '{private}' /etc /root /run /tmp /var /home 2>/dev/null; true")
        assert found == ""


def test_revoked_it_no_longer_works(fleet):
    fleet.variables["wireguard_clients"]["phone"]["revoked"] = True
    fleet.write_inventory()
    assert answered(fleet, "phone", "10.8.0.1")
    run = fleet.play("--diff")
    assert run.status == 0, run.output
    assert "node phone is revoked: removed from 1 hosts in this run" in " ".join(run.output.split())
    assert "- peer phone" in run.output
    assert (answered(fleet, "phone", "10.8.0.1"), answered(fleet, "tablet", "10.8.0.1")) == (False, True)
    assert eventually(lambda: fleet.peers("hub"), ["alpha", "tablet"]) == ["alpha", "tablet"]
    assert fleet.play().changed() == set()
    assert clients(fleet).returncode == 0
    assert not (fleet.directory / ".wireguard" / "clients" / "wireguard" / "phone.conf").exists()


@pytest.mark.long
def test_from_the_day_on_which_it_expires_neither(fleet):
    fleet.variables["wireguard_clients"]["tablet"] = {"expires": "2020-01-01"}
    fleet.write_inventory()
    run = fleet.play()
    assert run.status == 0, run.output
    assert (answered(fleet, "tablet", "10.8.0.1"), fleet.peers("hub")) == (False, ["alpha"])
