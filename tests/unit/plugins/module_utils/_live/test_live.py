# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import link_exists, link_kind, read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import LiveDevice
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

LINK = [
    {
        "ifname": "wg0",
        "flags": ["POINTOPOINT", "NOARP", "UP", "LOWER_UP"],
        "mtu": 1420,
        "addr_info": [
            {"family": "inet", "local": "10.8.0.1", "prefixlen": 24},
            {"family": "inet6", "local": "fd00:8::1", "prefixlen": 64},
        ],
    }
]
DUMP = f"{key('own')}\t{key('public')}\t51820\toff\n"
DEVICE = LiveDevice(key("public"), 51820, 0, {})


def host_with(v4="", v6="", link=None, dump=DUMP):
    return FakeHost(
        {
            ("ip", "-j", "address", "show", "dev", "wg0"): json.dumps(LINK if link is None else link),
            ("wg", "show", "wg0", "dump"): dump,
            ("ip", "-j", "-4", "route", "show", "table"): v4 if isinstance(v4, (Completed, str)) else json.dumps(v4),
            ("ip", "-j", "-6", "route", "show", "table"): v6 if isinstance(v6, str) else json.dumps(v6),
        }
    )


@pytest.mark.parametrize(
    ("host", "table", "routes"),
    [
        (host_with(), "auto", ()),
        (host_with(v4=[], v6=[]), "auto", ()),
        (
            host_with(
                v4=[
                    {"dst": "10.8.0.0/24", "protocol": "kernel", "scope": "link", "flags": []},
                    {"dst": "172.20.2.0/24", "scope": "link", "flags": []},
                    {"dst": "10.8.1.2", "scope": "link", "flags": []},
                ],
                v6=[
                    {"dst": "fd00:8::/64", "protocol": "kernel", "metric": 256, "flags": []},
                    {"dst": "fd20::7", "metric": 1024, "flags": []},
                    {"dst": "fe80::/64", "protocol": "kernel", "metric": 256, "flags": []},
                ],
            ),
            "auto",
            ("10.8.0.0/24", "10.8.1.2/32", "172.20.2.0/24", "fd00:8::/64", "fd20::7/128"),
        ),
        (host_with(v4=[{"dst": "default"}], v6=[{"dst": "default"}]), "123", ("0.0.0.0/0", "::/0")),
        (host_with(v4=Completed(2, "", "Error: ipv4: FIB table does not exist.")), "123", ()),
    ],
)
def test_read(host, table, routes):
    assert read_live(host, "wg0", table) == Live(DEVICE, ("10.8.0.1/24", "fd00:8::1/64"), 1420, routes)


@pytest.mark.parametrize(("table", "asked"), [("auto", "main"), ("off", "main"), ("main", "main"), ("123", "123")])
def test_the_table_that_is_read(table, asked):
    host = host_with()
    read_live(host, "wg0", table)
    assert host.calls[-2:] == [["ip", "-j", family, "route", "show", "table", asked, "dev", "wg0"] for family in ("-4", "-6")]
    assert host.changing == []


def test_an_address_whose_route_is_not_the_kernels():
    own, other = LINK[0]["addr_info"]
    link = [{**LINK[0], "addr_info": [{**own, "noprefixroute": True}, other]}]
    assert read_live(host_with(link=link), "wg0", "auto") == Live(
        DEVICE, ("10.8.0.1/24", "fd00:8::1/64"), 1420, (), unrouted=("10.8.0.1/24",)
    )


def test_a_link_that_is_down():
    """Also where a daemon of userspace still runs; `LOWER_UP` alone is no `UP`."""
    down = [{**LINK[0], "flags": ["POINTOPOINT", "NOARP", "LOWER_UP"]}]
    assert read_live(host_with(link=down), "wg0", "auto") == Live(DEVICE, ("10.8.0.1/24", "fd00:8::1/64"), 1420, (), up=False)


@pytest.mark.parametrize("answer", [Completed(1, "", 'Device "wg0" does not exist.'), "", "[]", "[{}]"])
def test_no_interface(answer):
    host = FakeHost({("ip", "-j", "address"): answer})
    assert read_live(host, "wg0", "auto") is None
    assert len(host.calls) == 1


def test_somebody_elses_interface():
    host = host_with(dump=Completed(1, "", "Unable to access interface: Operation not supported\n"))
    with pytest.raises(CommandFailed) as caught:
        read_live(host, "wg0", "auto")
    assert str(caught.value) == (
        "interface wg0 exists, but is not a WireGuard interface: Unable to access interface: Operation not supported"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([{"ifname": "wg0", "linkinfo": {"info_kind": "wireguard"}}], "wireguard"),
        ([{"ifname": "wg0", "linkinfo": {"info_kind": "tun", "info_data": {"type": "tun"}}}], "tun"),
        ([{"ifname": "eth0"}], None),
        ([], None),
    ],
)
def test_link_kind(answer, expected):
    assert link_kind(FakeHost({("ip", "-j", "-d", "link"): json.dumps(answer)}), "wg0") == expected


@pytest.mark.parametrize(("answer", "expected"), [('[{"ifname":"wg0"}]', True), ("[]", False), (Completed(1, "", "no"), False)])
def test_link_exists(answer, expected):
    assert link_exists(FakeHost({("ip", "-j", "link", "show", "dev", "wg0"): answer}), "wg0") is expected
