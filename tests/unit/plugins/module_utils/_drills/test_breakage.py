# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.breakage import FOLDER, Breakage
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

ADDRESSES = [{"addr_info": [{"local": "2001:db8::5", "prefixlen": 64, "scope": "global"}, {"local": "fe80::1", "scope": "link"}]}]


@pytest.fixture
def breaking_host(tmp_path, monkeypatch):
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
    return host, Breakage(host), host.path(FOLDER)


@pytest.mark.parametrize(
    ("way", "link", "breaking", "mending"),
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
def test_what_is_broken_mends_by_itself(breaking_host, way, link, breaking, mending):
    host, breakage, folder = breaking_host
    assert breakage.break_it(way, ["wg0", "wg0-hub2"], link, 20) is True
    assert (folder / "break.sh").read_text(encoding="utf-8").splitlines() == breaking
    assert (folder / "mend.sh").read_text(encoding="utf-8").splitlines() == [*mending, f"rm -rf {FOLDER}"]
    timers = [call for call in host.calls if call[0].startswith("meshwork-")]
    assert timers == [
        ["meshwork-mend", "/bin/sh", f"{FOLDER}/mend.sh", 21],
        ["meshwork-break", "/bin/sh", f"{FOLDER}/break.sh", 1],
    ]
    with pytest.raises(CommandFailed, match="this host is broken already"):
        breakage.break_it(way, ["wg0"], link, 20)


def test_the_link_is_the_one_over_which_a_peer_is_reached(breaking_host):
    _host, breakage, folder = breaking_host
    breakage.break_it("link_down", ["wg0"], None, 20)
    assert (folder / "break.sh").read_text(encoding="utf-8") == "ip link set dev eth7 down\n"


def test_no_peer_tells_which_link(breaking_host):
    host, breakage, folder = breaking_host
    host.answers["wg", "show", "wg0", "endpoints"] = "key\t(none)\n"
    with pytest.raises(CommandFailed, match="no peer's endpoint tells which link to set down; name it"):
        breakage.break_it("link_down", ["wg0"], None, 20)
    assert not folder.exists()


def test_switches_get_back_what_they_were(breaking_host):
    host, breakage, folder = breaking_host
    for number, path in enumerate(("ipv4/conf/lo", "ipv4/conf/all", "ipv6/conf/all", "ipv6/conf/wg0")):
        host.put(f"/proc/sys/net/{path}/forwarding", f"{number % 2}\n")
    breakage.break_it("not_forwarding", ["wg0"], None, 20)
    breaking = (folder / "break.sh").read_text(encoding="utf-8").splitlines()
    assert breaking == [f"echo 0 >/proc/sys/net/{version}/conf/all/forwarding" for version in ("ipv4", "ipv6")]
    assert (folder / "mend.sh").read_text(encoding="utf-8").splitlines()[:-1] == [
        "echo 1 >/proc/sys/net/ipv4/conf/all/forwarding",
        "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding",
        "echo 0 >/proc/sys/net/ipv4/conf/lo/forwarding",
        "echo 1 >/proc/sys/net/ipv6/conf/wg0/forwarding",
    ]


def test_a_killed_host_comes_back_by_its_own_start(breaking_host):
    host, breakage, folder = breaking_host
    breakage.break_it("killed", ["wg0"], None, 20)
    assert (folder / "break.sh").read_text(encoding="utf-8") == "systemctl reboot --force --force\n"
    assert [call[0] for call in host.calls] == ["meshwork-break"]


def test_mend(breaking_host):
    host, breakage, _folder = breaking_host
    assert breakage.mend() is False
    breakage.break_it("wireguard_stopped", ["wg0"], None, 20)
    assert breakage.mend() is True
    assert host.calls[-1] == ["/bin/sh", f"{FOLDER}/mend.sh"]
