# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.own_routes import MOST, own_routes
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost


def host_with(**found):
    """Protocol, with ``6`` appended for IPv6, -> the entries of ``ip route``, or its text."""

    def answer(family, asked):
        lists = [found.get(line.rpartition(" ")[2] + family, []) for line in asked.splitlines()]
        return "\n".join(entries if isinstance(entries, str) else json.dumps(entries) for entries in lists)

    answers = {("ip", "-j", "-4"): lambda asked: answer("", asked), ("ip", "-j", "-6"): lambda asked: answer("6", asked)}
    return FakeHost(answers)


def connected(prefix):
    return {"prefix": prefix, "connected": True}


LAN = {"dst": "192.168.1.0/24", "dev": "eth0", "scope": "link", "prefsrc": "192.168.1.7", "flags": []}
BEHIND = {"dst": "10.0.0.0/8", "gateway": "192.168.1.1", "dev": "eth0", "flags": []}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param(host_with(), [], id="none"),
        pytest.param(
            host_with(
                static=[BEHIND],
                kernel=[LAN],
                kernel6=[
                    {"dst": "fd00:1::/64", "dev": "eth0", "metric": 256, "flags": [], "pref": "medium"},
                    {"dst": "fe80::/64", "dev": "eth0", "metric": 256, "flags": []},
                ],
                ra6=[{"dst": "2001:db8::/64", "dev": "eth0", "flags": []}],
            ),
            [
                {"prefix": "10.0.0.0/8", "connected": False},
                connected("192.168.1.0/24"),
                connected("2001:db8::/64"),
                connected("fd00:1::/64"),
            ],
            id="LANs, and what is behind a router",
        ),
        pytest.param(
            host_with(
                dhcp=[{"dst": "default", "gateway": "192.168.1.1", "dev": "eth0"}, {"dst": "192.168.1.1", "dev": "eth0"}],
                static=[
                    {"type": "blackhole", "dst": "10.0.0.0/8", "flags": []},
                    {"dst": "172.20.0.0/16", "nexthops": [{"gateway": "192.168.1.1", "dev": "eth0"}], "flags": []},
                    {"dst": "172.21.0.0/16", "via": {"family": "inet6", "host": "fe80::1"}, "dev": "eth0"},
                    {"dst": "224.0.0.0/4", "dev": "eth0"},
                    {"dst": "somewhere", "dev": "eth0"},
                ],
                boot=[{"dst": "10.8.0.0/24", "dev": "wg0"}, {"dst": "10.9.0.0/24", "dev": "wg1"}],
            ),
            [
                {"prefix": "172.20.0.0/16", "connected": False},
                {"prefix": "172.21.0.0/16", "connected": False},
                connected("192.168.1.1/32"),
            ],
            id="what is left out",
        ),
        pytest.param(
            host_with(static=[{**LAN, "gateway": "192.168.9.1", "metric": 9}], kernel=[LAN]),
            [connected("192.168.1.0/24")],
            id="one prefix twice",
        ),
        pytest.param(host_with(kernel="192.168.1.0/24 dev eth0\n"), [], id="tools without JSON"),
        pytest.param(FakeHost({("ip",): Completed(255, "", 'Option "-j" is unknown')}), [], id="tools without the option"),
        pytest.param(
            host_with(static=[{"dst": f"10.{number // 250}.{number % 250}.0/24", "dev": "eth0"} for number in range(MOST + 1)]),
            [connected(f"10.{number // 250}.{number % 250}.0/24") for number in range(MOST)],
            id="too many",
        ),
    ],
)
def test_own_routes(host, expected):
    assert own_routes(host, {"wg0", "wg1"}) == expected
    assert host.calls == [["ip", "-j", family, "-force", "-batch", "-"] for family in ("-4", "-6")]
