# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of peers with preshared keys on a running interface: added, given other preshared keys, moved and removed."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Run
from ansible_collections.meshwork.wireguard.tests.integration.probing import probes

KEY_FILE = "/etc/wireguard/wg0.key"
ADDRESSES = {"alpha": "10.8.0.1/14", "beta": "10.8.0.2/14"}


def key(name):
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def prefix(number):
    return f"10.{8 + number // 65536}.{number // 256 % 256}.{number % 256}/32"


@pytest.fixture(scope="module")
def fleet(make_of_kind):
    """Two hosts with a tunnel, over which packets go during all changes."""
    made = make_of_kind({"alpha": {"lab_memory": 1024}, "beta": None})
    made.publics = {host: made.module(host, "keypair", {"path": KEY_FILE})["public_key"] for host in made.underlay}
    made.addresses = lambda: {host: [address.partition("/")[0]] for host, address in ADDRESSES.items()}  # there is no registry
    return made


def peer(fleet, host, prefixes):
    return {"name": host, "public_key": fleet.publics[host], "allowed_ips": prefixes, "endpoint": f"{fleet.underlay[host]}:51820"}


def apply(fleet, peers, host="alpha", *words):
    """Bring an interface to a configuration; it is a variable in a file, as it is too long for arguments."""
    config = {"addresses": [ADDRESSES[host]], "port": 51820, "peers": peers}
    task = {
        "meshwork.wireguard.interface": {"name": "wg0", "private_key_file": KEY_FILE, "max_removals": 10**6, "config": config}
    }
    path = fleet.directory / "play.json"
    path.write_text(json.dumps([{"hosts": host, "gather_facts": False, "tasks": [task]}]))
    run = Run(fleet.ansible("ansible-playbook", str(path), *words))
    assert run.status == 0, run.output[-3000:]
    return bool(run.changed())


def shown(fleet, what):
    rows = (line.split(None, 1) for line in fleet.run("alpha", "wg", "show", "wg0", what).splitlines())
    return {public: value.strip() for public, value in rows if public != fleet.publics["beta"]}


@pytest.mark.long
@pytest.mark.parametrize("count", [1000, 50000])
def test_each_change_reaches_all_and_the_others_lose_no_packet(fleet, count):
    numbers = range(256, 256 + count)

    def many(generation, shift=0):
        return [
            {"public_key": key(f"peer {n}"), "preshared_key": key(f"{generation} {n}"), "allowed_ips": [prefix(n + shift)]}
            for n in numbers
        ]

    beta = peer(fleet, "beta", ["10.8.0.2/32"])
    apply(fleet, [peer(fleet, "alpha", ["10.8.0.0/14"])], "beta")
    apply(fleet, [beta])
    with probes(fleet, ("alpha", "beta")) as lost:
        for generation, shift in ((1, 0), (2, 0), (2, 1)):
            assert apply(fleet, [*many(generation, shift), beta], "alpha", "--check")
            assert apply(fleet, [*many(generation, shift), beta])
            assert shown(fleet, "preshared-keys") == {key(f"peer {n}"): key(f"{generation} {n}") for n in numbers}
            assert shown(fleet, "allowed-ips") == {key(f"peer {n}"): prefix(n + shift) for n in numbers}
        assert not apply(fleet, [*many(2, 1), beta])
        assert apply(fleet, [beta])
    assert shown(fleet, "preshared-keys") == {}
    assert lost == {}
    assert fleet.run("alpha", "find", "/run/meshwork-wireguard", "-type", "f", "-size", "+0") == ""
