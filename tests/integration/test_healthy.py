# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty networks in which everything works: the doctor finds no cause in any of them, from the first second on."""

from __future__ import annotations

import shutil

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.doctoring import diagnosed
from ansible_collections.meshwork.wireguard.tests.integration.labs import differing

HOSTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
NAT = {"wireguard_endpoint": None}
"""No other node can dial it."""
HUB = {"wireguard_hub": True}

TOPOLOGIES = {
    "mesh": ({}, {}),
    "mesh-behind-nat": ({}, {"alpha": {"wireguard_forward": True}, "delta": NAT, "epsilon": NAT}),
    "star": ({"wireguard_topology": "star"}, {"alpha": HUB, **dict.fromkeys(HOSTS[1:], NAT)}),
    "two-hubs": ({"wireguard_topology": "star"}, {"alpha": HUB, "beta": HUB, "gamma": NAT, "delta": {"wireguard_home": "beta"}}),
    "isolated": ({"wireguard_topology": "star", "wireguard_isolate_spokes": True}, {"alpha": HUB, "beta": HUB, "zeta": NAT}),
    "sites": (
        {"wireguard_topology": "sites"},
        {
            "alpha": {"wireguard_site": "north", "wireguard_gateway": True},
            "beta": {"wireguard_site": "north", **NAT},
            "gamma": {"wireguard_site": "south", "wireguard_gateway": True},
            "delta": {"wireguard_site": "south", **NAT},
            "epsilon": NAT,
            "zeta": NAT,
        },
    ),
    "ring": ({"wireguard_topology": "ring"}, {}),
    "chain": ({"wireguard_topology": "chain"}, {"alpha": NAT, "zeta": NAT}),
    "tree": (
        {"wireguard_topology": "tree"},
        {
            "beta": {"wireguard_home": "alpha"},
            "gamma": {"wireguard_home": "alpha"},
            "delta": {"wireguard_home": "beta", **NAT},
            "epsilon": {"wireguard_home": "beta"},
            "zeta": {"wireguard_home": "epsilon"},
        },
    ),
    "weights": (
        {
            "wireguard_links": [
                {"nodes": ["gamma", "delta"], "exclude": True},
                {"nodes": ["beta", "gamma"], "weight": 5},
                {"nodes": ["beta", "zeta"], "exclude": True},
            ]
        },
        {"alpha": {"wireguard_forward": True}},
    ),
}
"""Name -> variables of the network, and those of hosts."""

VARIANTS = {
    "ipv4": ({"wireguard_prefixes": ["10.8.0.0/24"]}, {}),
    "both-versions-and-routes": (
        {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]},
        {"beta": {"wireguard_routes": ["10.99.1.0/24", "fd00:99::/64"]}},
    ),
    "ipv6-small-packets": ({"wireguard_prefixes": ["fd00:8::/64"], "wireguard_mtu": 1280}, {}),
    "preshared-keys-other-port": (
        {
            "wireguard_prefixes": ["10.8.0.0/24"],
            "wireguard_preshared_secret": "a secret of the tests, of no other use",
            "wireguard_interface": "wg-test",
            "wireguard_port": 4500,
        },
        {},
    ),
    "keepalives-drawn-prefix": ({"wireguard_prefixes": ["ula"], "wireguard_keepalive": 10}, {}),
}

CLEAN = (
    "systemctl disable --now 'wg-quick@*' 'meshwork-*' 2>/dev/null; rm -rf /etc/wireguard/*; "
    "for link in $(wg show interfaces); do ip link delete $link; done; nft flush ruleset; true"
)


@pytest.fixture(scope="module")
def hosts(make_fleet):
    """Hosts with three versions of systemd and wireguard-go."""
    return make_fleet(differing(dict.fromkeys(HOSTS)))


@pytest.mark.long
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_network_in_which_everything_works_has_no_causes(hosts, topology, variant):
    for host in HOSTS:
        hosts.run(host, "sh", "-c", CLEAN)
    shutil.rmtree(hosts.directory / ".wireguard", ignore_errors=True)
    (network, members), (more, more_members) = TOPOLOGIES[topology], VARIANTS[variant]
    hosts.variables = network | more
    for host in HOSTS:
        values = {"wireguard_endpoint": hosts.underlay[host], **members.get(host, {}), **more_members.get(host, {})}
        hosts.members[host] = {name: value for name, value in values.items() if value is not None}
    hosts.write_inventory()
    first = hosts.play()
    assert first.status == 0, first.output
    found = diagnosed(hosts)
    assert found["pairs"] == []
    assert found["count"] >= len(HOSTS) - 1
