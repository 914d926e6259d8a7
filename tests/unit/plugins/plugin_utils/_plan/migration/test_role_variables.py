# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's template writes, host by host. The texts are the template's own output."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import read_conf
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.role_variables import found_by_role, placeholder
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.unit.support import key

HOSTS = {
    "node1": {
        "wireguard_address": "10.8.0.101/24",
        "wireguard_endpoint": "node1.example.org",
        "wireguard_port": 51821,
        "wireguard_persistent_keepalive": "30",
        "wireguard_postup": ["iptables -A FORWARD -i %i -j ACCEPT"],
        "wireguard_unmanaged_peers": {
            "phone": {"public_key": key("phone"), "preshared_key": key("shared"), "allowed_ips": "10.8.0.200/32"},
        },
    },
    "node2": {"wireguard_address": "10.8.0.102/24", "wireguard_endpoint": "", "wireguard_as_spoke": "true"},
    "node3": {"wireguard_address": "10.8.0.103/24", "wireguard_as_spoke": True, "wireguard_mtu": 1400},
    "node4": {
        "wireguard_address": "10.8.0.104/24",
        "wireguard_endpoint": "192.0.2.4",
        "wireguard_allowed_ips": "10.8.0.104/32, 192.168.4.0/24",
        "wireguard_interface": "wg0",
        "wireguard_dns": "192.0.2.53, corp",
    },
}
N1, N2, N3, N4 = (placeholder(name) for name in HOSTS)
TEXTS = {
    "node1": f"""[Interface]
# node1
Address = 10.8.0.101/24
ListenPort = 51821
PostUp = iptables -A FORWARD -i %i -j ACCEPT

[Peer]
# Name = node2
PublicKey = {N2}
AllowedIPs = 10.8.0.102/32
# No endpoint defined for this peer

[Peer]
# Name = node3
PublicKey = {N3}
AllowedIPs = 10.8.0.103/32
Endpoint = node3:51821

[Peer]
# Name = node4
PublicKey = {N4}
AllowedIPs = 10.8.0.104/32, 192.168.4.0/24
Endpoint = 192.0.2.4:51821

[Peer]
# Name = phone
PublicKey = {key("phone")}
PresharedKey = {key("shared")}
AllowedIPs = 10.8.0.200/32
""",
    "node2": f"""[Interface]
# node2
Address = 10.8.0.102/24

[Peer]
# Name = node1
PublicKey = {N1}
AllowedIPs = 10.8.0.101/32
PersistentKeepalive = 30
Endpoint = node1.example.org:51821

[Peer]
# Name = node4
PublicKey = {N4}
AllowedIPs = 10.8.0.104/32, 192.168.4.0/24
Endpoint = 192.0.2.4:51820
""",
    "node3": f"""[Interface]
# node3
Address = 10.8.0.103/24
MTU = 1400

[Peer]
# Name = node1
PublicKey = {N1}
AllowedIPs = 10.8.0.101/32
PersistentKeepalive = 30
Endpoint = node1.example.org:51821

[Peer]
# Name = node4
PublicKey = {N4}
AllowedIPs = 10.8.0.104/32, 192.168.4.0/24
Endpoint = 192.0.2.4:51820
""",
    "node4": f"""[Interface]
# node4
Address = 10.8.0.104/24
ListenPort = 51820
DNS = 192.0.2.53, corp

[Peer]
# Name = node1
PublicKey = {N1}
AllowedIPs = 10.8.0.101/32
PersistentKeepalive = 30
Endpoint = node1.example.org:51821

[Peer]
# Name = node2
PublicKey = {N2}
AllowedIPs = 10.8.0.102/32
# No endpoint defined for this peer

[Peer]
# Name = node3
PublicKey = {N3}
AllowedIPs = 10.8.0.103/32
Endpoint = node3:51820
""",
}


def test_all_hosts():
    found = {item.host: item for item in found_by_role(HOSTS)}
    assert {host: item.config for host, item in found.items()} == {host: read_conf(text).config for host, text in TEXTS.items()}
    assert {host: item.public_key for host, item in found.items()} == {host: placeholder(host) for host in HOSTS}


def test_several_addresses():
    hosts = {
        "a": {"wireguard_addresses": ["10.8.0.1/24", "fd00:8::1/64"], "wireguard_endpoint": "192.0.2.1"},
        "b": {
            "wireguard_addresses": ["10.8.0.2/24", "fd00:8::2/64"],
            "wireguard_dc": {"name": "x", "endpoint": "192.0.2.9", "port": 9},
        },
    }
    a, b = found_by_role(hosts)
    assert (a.config.addresses, b.config.peers[0].allowed_ips) == (
        ("10.8.0.1/24", "fd00:8::1/64"),
        ("10.8.0.1/32", "fd00:8::1/128"),
    )
    hosts["a"]["wireguard_dc"] = {"name": "y", "endpoint": "192.0.2.8", "port": 8}
    assert [item.config.peers[0].endpoint for item in found_by_role(hosts)] == ["192.0.2.9:9", "192.0.2.8:8"]


def test_a_value_that_cannot_be_read():
    with pytest.raises(
        PlanError, match=r"^host a: the role's configuration cannot be read: line 2: Address: 'x' is not an address$"
    ):
        found_by_role({"a": {"wireguard_address": "x"}})
