# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.fault import FOLDER, Fault
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

ADDRESSES = [{"addr_info": [{"local": "2001:db8::5", "prefixlen": 64, "scope": "global"}, {"local": "fe80::1", "scope": "link"}]}]


@pytest.fixture
def faulty_host(tmp_path, monkeypatch):
    host = FakeHost(
        {
            ("ip", "-j", "-6", "address"): json.dumps(ADDRESSES),
            (
                "ip",
                "-4",
                "route",
            ): "default via 203.0.113.1 proto static \n203.0.113.0/24 proto kernel scope link\n198.18.0.0/16 scope link\n",
            ("ip", "-6", "route"): "default via fe80::9 proto ra metric 100\n",
            ("wg", "show", "wg0", "endpoints"): "key\t198.51.100.9:51820\n",
            ("ip", "-j", "route", "get", "198.51.100.9"): json.dumps([{"dev": "eth7"}]),
        },
        root=tmp_path,
    )
    monkeypatch.setattr(detached, "start", lambda _host, unit, argv, after: host.calls.append([unit, *argv, after]))
    return host, Fault(host), host.path(FOLDER)


@pytest.mark.parametrize(
    ("kind", "link", "injecting", "clearing"),
    [
        (
            "link_down",
            "eth0",
            ["ip link set dev eth0 down"],
            [
                "ip link set dev eth0 up",
                "ip -6 address replace 2001:db8::5/64 dev eth0 nodad",
                "ip -4 route replace 198.18.0.0/16 scope link dev eth0",
                "ip -4 route replace default via 203.0.113.1 proto static dev eth0",
            ],
        ),
        (
            "wireguard_stopped",
            None,
            ["systemctl stop wg-quick@wg0.service wg-quick@wg0-hub2.service"],
            ["systemctl start wg-quick@wg0.service wg-quick@wg0-hub2.service"],
        ),
    ],
)
def test_a_fault_ends_on_its_own(faulty_host, kind, link, injecting, clearing):
    host, fault, folder = faulty_host
    assert fault.inject(kind, ["wg0", "wg0-hub2"], link, 20) is True
    assert (folder / "inject.sh").read_text(encoding="utf-8").splitlines() == injecting
    assert (folder / "clear.sh").read_text(encoding="utf-8").splitlines() == [*clearing, f"rm -rf {FOLDER}"]
    timers = [call for call in host.calls if call[0].startswith("meshwork-")]
    assert timers == [
        ["meshwork-fault-clear", "/bin/sh", f"{FOLDER}/clear.sh", 21],
        ["meshwork-fault-inject", "/bin/sh", f"{FOLDER}/inject.sh", 1],
    ]
    with pytest.raises(CommandFailed, match="this host already has a fault; clear it first"):
        fault.inject(kind, ["wg0"], link, 20)


def test_the_link_is_the_one_over_which_a_peer_is_reached(faulty_host):
    _host, fault, folder = faulty_host
    fault.inject("link_down", ["wg0"], None, 20)
    assert (folder / "inject.sh").read_text(encoding="utf-8") == "ip link set dev eth7 down\n"


def test_no_peer_shows_which_link(faulty_host):
    host, fault, folder = faulty_host
    host.answers["wg", "show", "wg0", "endpoints"] = "key\t(none)\n"
    with pytest.raises(CommandFailed, match="no peer has an endpoint that shows which link to set down; give its name"):
        fault.inject("link_down", ["wg0"], None, 20)
    assert not folder.exists()


def test_switches_get_their_old_values_back(faulty_host):
    host, fault, folder = faulty_host
    for number, path in enumerate(("ipv4/conf/lo", "ipv4/conf/all", "ipv6/conf/all", "ipv6/conf/wg0")):
        host.put(f"/proc/sys/net/{path}/forwarding", f"{number % 2}\n")
    fault.inject("not_forwarding", ["wg0"], None, 20)
    injecting = (folder / "inject.sh").read_text(encoding="utf-8").splitlines()
    assert injecting == [f"echo 0 >/proc/sys/net/{version}/conf/all/forwarding" for version in ("ipv4", "ipv6")]
    assert (folder / "clear.sh").read_text(encoding="utf-8").splitlines()[:-1] == [
        "echo 1 >/proc/sys/net/ipv4/conf/all/forwarding",
        "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding",
        "echo 0 >/proc/sys/net/ipv4/conf/lo/forwarding",
        "echo 1 >/proc/sys/net/ipv6/conf/wg0/forwarding",
    ]


def test_a_killed_host_comes_back_by_its_own_start(faulty_host):
    host, fault, folder = faulty_host
    fault.inject("killed", ["wg0"], None, 20)
    assert (folder / "inject.sh").read_text(encoding="utf-8") == "systemctl reboot --force --force\n"
    assert [call[0] for call in host.calls] == ["meshwork-fault-inject"]


def test_clear(faulty_host):
    host, fault, _folder = faulty_host
    assert fault.clear() is False
    fault.inject("wireguard_stopped", ["wg0"], None, 20)
    assert fault.clear() is True
    assert host.calls[-1] == ["/bin/sh", f"{FOLDER}/clear.sh"]
