# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.firewall import firewalls
from ansible_collections.meshwork.wireguard.tests.unit.support import key

STAR = {
    "interface": "wg-0",
    "prefixes": ["10.8.0.0/24", "fd00:8::/64"],
    "topology": "star",
    "nodes": {
        "hub": {"public_key": key("hub"), "endpoint": "203.0.113.1", "hub": True, "routes": ["172.20.1.0/24", "fd20::/64"]},
        "alpha": {"public_key": key("alpha")},
        "web": {"public_key": key("web"), "netns": "web"},
    },
}


def chains(host, **phone):
    document = {**STAR, "nodes": {**STAR["nodes"], "phone": {"public_key": key("phone"), "managed": False, **phone}}}
    found = firewalls([network_from_dict(document)], host)
    assert [one["ports"] for one in found] == [[51820] if host == "hub" else [] for _one in found]
    return [(one["table"], one["chains"].splitlines()) for one in found]


FORWARD = [
    "  chain forward {",
    "    type filter hook forward priority filter; policy accept;",
    '    iifname != { "wg-0" } oifname != { "wg-0" } accept',
    "    ct state established,related accept",
    '    iifname { "wg-0" } oifname { "wg-0" } accept',
]
ROUTES = [
    '    iifname { "wg-0" } ip daddr { 172.20.1.0/24 } accept',
    '    oifname { "wg-0" } ip saddr { 172.20.1.0/24 } accept',
    '    iifname { "wg-0" } ip6 daddr { fd20::/64 } accept',
    '    oifname { "wg-0" } ip6 saddr { fd20::/64 } accept',
]
END = ["    counter drop", "  }"]


def test_a_spoke():
    assert chains("alpha") == [("wg_0_d7b1dd13b8709273", [*FORWARD, *END])]


def test_a_hub_with_routes():
    assert chains("hub") == [("wg_0_d7b1dd13b8709273", [*FORWARD, *ROUTES, *END])]


def test_an_exit():
    ((_table, lines),) = chains("hub", allowed_ips=["0.0.0.0/0"], addresses=["10.8.0.9", "fd00:8::9"])
    assert lines == [
        *FORWARD,
        *ROUTES,
        '    iifname { "wg-0" } ip saddr { 10.8.0.9 } accept',
        '    iifname { "wg-0" } ip6 saddr { fd00:8::9 } accept',
        *END,
        "  chain postrouting {",
        "    type nat hook postrouting priority srcnat; policy accept;",
        '    ip saddr { 10.8.0.9 } oifname != { "wg-0" } masquerade',
        '    ip6 saddr { fd00:8::9 } oifname != { "wg-0" } masquerade',
        "  }",
    ]


def test_what_is_inside_a_namespace_is_none_of_the_hosts():
    assert chains("web") == chains("phone") == []
