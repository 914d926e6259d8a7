# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.foreign_confs import look
from ansible_collections.meshwork.wireguard.tests.unit.support import key, public_key

OWN, BETA, SHARED = key("own"), key("beta"), key("shared")
PEER = f"[Peer]\nPublicKey = {BETA}\nPresharedKey = {SHARED}\nAllowedIPs = 10.8.0.2/32\n"
CONF = f"[Interface]\nPrivateKey = {OWN}\nAddress = 10.8.0.1/24\n{PEER}"
CONFIG = {
    "addresses": ["10.8.0.1/24"],
    "peers": [{"public_key": BETA, "preshared_key": "kept", "allowed_ips": ["10.8.0.2/32"]}],
}
DEVICE = f"{OWN}\t{public_key(OWN)}\t51820\toff\n"
NO_ENDPOINT = (
    f"peer {BETA[:8]}: endpoint 198.51.100.7:40001 is left out, because it may be learned; set it if this host has to dial the "
    "peer"
)
RUNS = f"{BETA}\t{SHARED}\t198.51.100.7:40001\t10.8.0.2/32\t0\t0\t0\toff\n"


@pytest.fixture
def host(host):
    host.answers["wg", "show", "interfaces"] = "wg0\n"
    host.answers["wg", "show", "wg0", "private-key"] = f"{OWN}\n"
    runs(host, RUNS)
    return host


def runs(host, *peers, device=DEVICE, addresses=("10.8.0.1/24",), routes=()):
    """What runs."""
    infos = [{"local": address, "prefixlen": int(length)} for address, length in (one.split("/") for one in addresses)]
    host.answers["ip", "-j", "address"] = json.dumps([{"ifname": "wg0", "flags": ["UP"], "mtu": 1412, "addr_info": infos}])
    host.answers["ip", "-j", "-4", "route"] = json.dumps([{"dst": route} for route in routes])
    host.answers["wg", "show", "wg0", "dump"] = device + "".join(peers)


def entry(config, *notes, by="wg-quick", files=("/etc/wireguard/wg0.conf",), error=None):
    return {
        "name": "wg0", "public_key": public_key(OWN), "config": config, "mtu": 1412, "adopted": {"by": by, "files": list(files)},
        "notes": list(notes), "error": error,
    }  # fmt: skip


def test_a_file_of_wg_quick(host):
    host.put("/etc/wireguard/wg0.conf", CONF)
    assert look(host, preshared_keys=False) == [entry(CONFIG)]
    (found,) = look(host, preshared_keys=True)
    assert found["config"]["peers"][0]["preshared_key"] == SHARED
    assert OWN not in str(found)


@pytest.mark.parametrize("preshared_keys", [False, True])
def test_a_host_that_has_a_next_preshared_key_keeps_it_to_itself(host, preshared_keys):
    host.put("/etc/wireguard/wg0.conf", f"{CONF}# NextPresharedKey = {key('next')}\n")
    (found,) = look(host, preshared_keys)
    assert key("next") not in str(found)


def test_the_files_of_others(host):
    peer = f"[WireGuardPeer]\nPublicKey={BETA}\nPresharedKeyFile=/etc/psk\nAllowedIPs=10.8.0.2/32\nColour=red\n"
    host.put("/etc/systemd/network/50-wg0.netdev", "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\nPrivateKeyFile=/etc/k\n")
    host.put("/etc/systemd/network/50-wg0.netdev.d/peers.conf", peer)
    host.put("/etc/systemd/network/60-all.network", "[Match]\nName=wg*\n[Network]\nAddress=10.8.0.1/24\n")
    files = ["50-wg0.netdev", "50-wg0.netdev.d/peers.conf"]  # the other one may be for other interfaces, too
    assert look(host, preshared_keys=False) == [
        entry(
            CONFIG,
            "setting [WireGuardPeer] Colour: is left out",
            by="networkd",
            files=[f"/etc/systemd/network/{file}" for file in files],
        )
    ]


def test_an_interface_without_a_file(host):
    assert look(host, preshared_keys=False) == [entry({**CONFIG, "port": 51820}, NO_ENDPOINT, by="hand", files=())]
    runs(host, RUNS.replace("40001", "51820"))
    (found,) = look(host, preshared_keys=False)
    assert (found["config"]["peers"][0]["endpoint"], found["notes"]) == ("198.51.100.7:51820", [])


def test_its_routes_become_hooks_where_wg_quick_would_make_others(host):
    runs(host, RUNS, routes=["10.8.0.0/24", "10.99.0.0/16"])
    (found,) = look(host, preshared_keys=False)
    assert (found["config"]["table"], found["config"]["hooks"], found["notes"]) == (
        "off",
        {"post_up": ["ip route add 10.99.0.0/16 dev %i"]},
        [NO_ENDPOINT, "route 10.99.0.0/16: is made by a hook (PostUp)"],
    )


GAMMA = f"{key('gamma')}\t(none)\t198.51.100.9:1029\t10.8.0.3/32\t0\t0\t0\t15\n"


@pytest.mark.parametrize(
    ("text", "live", "config", "notes"),
    [
        pytest.param(
            CONF,
            {"peers": [RUNS, GAMMA]},
            {
                "addresses": ["10.8.0.1/24"],
                "peers": [*CONFIG["peers"], {"public_key": key("gamma"), "allowed_ips": ["10.8.0.3/32"], "keepalive": 15}],
            },
            [f"peer {key('gamma')[:8]}: runs, and is in no file"],
            id="a peer without its learned endpoint",
        ),
        pytest.param(
            CONF,
            {"peers": []},
            {"addresses": ["10.8.0.1/24"]},
            [f"peer {BETA[:8]}: is in the file, and does not run; it is left out"],
            id="a peer that was removed",
        ),
        pytest.param(
            CONF,
            {"peers": [RUNS.replace("10.8.0.2/32", "10.8.0.2/32,10.9.0.0/16").replace("off\n", "25\n")]},
            {
                "addresses": ["10.8.0.1/24"],
                "table": "off",
                "peers": [{**CONFIG["peers"][0], "allowed_ips": ["10.8.0.2/32", "10.9.0.0/16"], "keepalive": 25}],
            },
            [
                f"peer {BETA[:8]}: AllowedIPs 10.8.0.2/32, 10.9.0.0/16 runs, the file has 10.8.0.2/32",
                f"peer {BETA[:8]}: keepalive 25 runs, the file has none",
                "AllowedIPs 10.9.0.0/16: wg-quick has made no route, and makes none",
            ],
            id="a peer that was changed",
        ),
        pytest.param(
            CONF,
            {"peers": [RUNS.replace("10.8.0.2/32", "10.8.0.2/32,10.9.0.0/16")], "routes": ["10.8.0.0/24", "10.9.0.0/16"]},
            {"addresses": ["10.8.0.1/24"], "peers": [{**CONFIG["peers"][0], "allowed_ips": ["10.8.0.2/32", "10.9.0.0/16"]}]},
            [f"peer {BETA[:8]}: AllowedIPs 10.8.0.2/32, 10.9.0.0/16 runs, the file has 10.8.0.2/32"],
            id="a peer that was changed, with its route",
        ),
        pytest.param(
            CONF.replace("Address = 10.8.0.1/24\n", ""),
            {"peers": [RUNS]},
            CONFIG,
            ["address 10.8.0.1/24: runs, and is in no file"],
            id="an address in no file",
        ),
        pytest.param(
            CONF.replace("Address = 10.8.0.1/24", "PostUp = ip address add 10.8.0.1/24 dev %i"),
            {"peers": [RUNS]},
            {"hooks": {"post_up": ["ip address add 10.8.0.1/24 dev %i"]}, "peers": CONFIG["peers"]},
            ["address 10.8.0.1/24: runs, and is in no file; it is left to the hooks"],
            id="an address of a hook",
        ),
        pytest.param(
            CONF.replace(f"PrivateKey = {OWN}\n", "PostUp = wg set %i private-key /etc/k fwmark 7\nListenPort = 1\n"),
            {"peers": [RUNS], "device": DEVICE.replace("off", "0x7")},
            {**CONFIG, "port": 51820, "fwmark": 7, "hooks": {"post_up": ["wg set %i private-key /etc/k fwmark 7"]}},
            ["port 51820: runs, the file has 1"],
            id="a device that a hook has changed",
        ),
        pytest.param(
            CONF,
            {"peers": [RUNS], "routes": ["10.8.0.0/24", "10.99.0.0/16"]},
            CONFIG,
            ["route 10.99.0.0/16: is in no file, so it is left alone"],
            id="a route in no file",
        ),
        pytest.param(
            CONF.replace("[Peer]", "SaveConfig = true\n[Peer]") + "Endpoint = 198.51.100.7:40001\n",
            {"peers": [RUNS]},
            CONFIG,
            [
                "SaveConfig: is left out; the interface goes on writing its file until the first change",
                (
                    f"peer {BETA[:8]}...: endpoint 198.51.100.7:40001 is left out, because SaveConfig writes learned ones; set "
                    "it if this host has to dial the peer"
                ),
            ],
            id="an endpoint that was learned",
        ),
    ],
)
def test_what_runs_completes_the_file(host, text, live, config, notes):
    host.put("/etc/wireguard/wg0.conf", text)
    runs(host, *live.pop("peers"), **live)
    assert look(host, preshared_keys=False) == [entry(config, *notes)]


def test_peers_that_a_hook_adds_have_the_endpoints_of_their_file(host):
    host.put("/etc/wireguard/wg0.conf", f"[Interface]\nPrivateKey={OWN}\nAddress=10.8.0.1/24\nPostUp=wg addconf %i peers.conf\n")
    host.put("/etc/wireguard/peers.conf", f"{PEER}Endpoint = beta.example.net:51820\n")
    (found,) = look(host, preshared_keys=False)
    assert found["config"]["peers"] == [{**CONFIG["peers"][0], "endpoint": "beta.example.net:51820"}]
    assert found["notes"] == [
        f"peer {BETA[:8]}: is added by a hook, from peers.conf",
        "/etc/wireguard/peers.conf: has no [Interface], so it is no interface",
    ]


def test_preshared_keys_that_are_elsewhere(host):
    """What runs has them. Where nothing runs, they are read from their files, or said to be missing."""
    hook = f"wg set %i peer {BETA} preshared-key /etc/wireguard/beta.psk"
    host.put(
        "/etc/wireguard/wg0.conf", CONF.replace(f"PresharedKey = {SHARED}\n", "").replace("[Peer]", f"PostUp = {hook}\n[Peer]")
    )
    (found,) = look(host, preshared_keys=True)
    assert found["config"]["peers"][0]["preshared_key"] == SHARED
    host.answers["wg", "show", "interfaces"] = ""
    host.answers["ip", "-j", "address"] = Completed(1, "", "no such device")
    host.unit(enabled=True)
    (found,) = look(host, preshared_keys=True)
    assert ("preshared_key" in found["config"]["peers"][0], found["notes"]) == (
        False,
        [
            f"peer {BETA[:8]}: is set by a hook",
            f"peer {BETA[:8]}: its preshared key is in no file that can be read, so it is left out",
        ],
    )
    host.put("/etc/wireguard/beta.psk", key("other"))
    (found,) = look(host, preshared_keys=True)
    assert found["config"]["peers"][0]["preshared_key"] == key("other")


def test_a_file_that_nothing_starts_is_left_out(host):
    host.put("/etc/wireguard/old.conf", CONF)
    host.answers["ip", "-j", "address", "show", "dev", "old"] = Completed(1, "", "no such device")
    assert [found["name"] for found in look(host, preshared_keys=False)] == ["wg0"]
    host.unit(enabled=True)
    assert [found["name"] for found in look(host, preshared_keys=False)] == ["old", "wg0"]


def test_a_file_that_cannot_be_read_hides_no_other(host):
    host.put("/etc/wireguard/wg0.conf", "[Interface]\nPrivateKey = s3cret\n")
    (found,) = look(host, preshared_keys=False)
    assert str(found["error"]).startswith("wg0.conf: line 2: PrivateKey: not a WireGuard key")
    assert (found["config"], "s3cret" in str(found)) == ({}, False)
