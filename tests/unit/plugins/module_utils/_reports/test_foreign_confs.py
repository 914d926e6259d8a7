# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.foreign_confs import ForeignConfs
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import Unreadable
from ansible_collections.meshwork.wireguard.tests.unit.support import key, public_key

OWN = key("own")
PEER = f"[Peer]\nPublicKey = {key('beta')}\nPresharedKey = {key('shared')}\nAllowedIPs = 10.8.0.2/32\n"
CONF = f"[Interface]\nPrivateKey = {OWN}\nAddress = 10.8.0.1/24\n{PEER}"
CONFIG = {"addresses": ["10.8.0.1/24"], "peers": [{"public_key": key("beta"), "allowed_ips": ["10.8.0.2/32"]}]}
SECRETS = "preshared keys: are not read; import them, too (import_preshared_keys)"
DUMP = f"{OWN}\t{public_key(OWN)}\t51820\toff\n"


@pytest.fixture
def host(host):
    host.answers["wg", "show", "interfaces"] = "wg0\n"
    host.answers["ip", "-j", "address"] = json.dumps(
        [{"ifname": "wg0", "flags": ["UP"], "mtu": 1412, "addr_info": [{"local": "10.8.0.1", "prefixlen": 24}]}]
    )
    host.answers["wg", "show", "wg0", "dump"] = DUMP
    host.answers["wg", "showconf"] = f"[Interface]\nListenPort = 51820\nPrivateKey = {OWN}\n"
    return host


def test_a_file_of_wg_quick(host):
    host.put("/etc/wireguard/wg0.conf", CONF)
    confs = ForeignConfs(host)
    assert confs.look(preshared_keys=False) == [
        {"name": "wg0", "public_key": public_key(OWN), "config": CONFIG, "mtu": 1412, "notes": [SECRETS]}
    ]
    (entry,) = confs.look(preshared_keys=True)
    assert (entry["config"]["peers"][0]["preshared_key"], entry["notes"]) == (key("shared"), [])
    assert OWN not in str(entry)


def test_the_files_of_others(host):
    peer = f"[WireGuardPeer]\nPublicKey={key('beta')}\nColour=red\n"
    netdev = "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\nPrivateKeyFile=/etc/k\n" + peer
    host.put("/etc/systemd/network/50-wg0.netdev", netdev)
    host.put("/etc/systemd/network/50-wg0.network", "[Match]\nName=wg0\n[Network]\nAddress=10.8.0.1/24\n")
    (entry,) = ForeignConfs(host).look(preshared_keys=False)
    assert (entry["public_key"], entry["config"]["addresses"]) == (public_key(OWN), ["10.8.0.1/24"])
    assert entry["notes"] == [
        "setting [WireGuardPeer] Colour: is left out",
        "systemd-networkd: has a file for the interface; remove it, or two programs make the interface at the next boot",
    ]


def test_an_interface_without_a_file(host):
    assert ForeignConfs(host).look(preshared_keys=False) == [
        {
            "name": "wg0",
            "public_key": public_key(OWN),
            "config": {"addresses": ["10.8.0.1/24"], "port": 51820},
            "mtu": 1412,
            "notes": ["file: the interface was made by hand and has none; one is written"],
        }
    ]


def test_a_file_that_nothing_starts_is_left_out(host):
    host.put("/etc/wireguard/old.conf", CONF)
    host.answers["ip", "-j", "address", "show", "dev", "old"] = Completed(1, "", "no such device")
    assert [entry["name"] for entry in ForeignConfs(host).look(preshared_keys=False)] == ["wg0"]
    host.unit(enabled=True)
    assert [entry["name"] for entry in ForeignConfs(host).look(preshared_keys=False)] == ["old", "wg0"]


def test_a_file_that_cannot_be_read(host):
    host.put("/etc/wireguard/wg0.conf", "[Interface]\nPrivateKey = s3cret\n")
    with pytest.raises(Unreadable, match=r"^wg0.conf: line 2: PrivateKey: not a WireGuard key"):
        ForeignConfs(host).look(preshared_keys=False)
