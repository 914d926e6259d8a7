# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E501, ISC004 - the messages are a table, whole and one to a line
from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import lint
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.paths.exits import outgoing
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.validation.outside import outside_findings
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ALL = ["0.0.0.0/0", "::/0"]
HALVES = ["0.0.0.0/1", "128.0.0.0/1"]
LAN = ["192.168.0.0/16"]


def network(lap, topology="star", gate=None, **nodes):
    whole = {
        "gate": {"addresses": ["10.8.0.1"], "hub": True, "endpoint": "203.0.113.9", **(gate or {})},
        "lap": {"addresses": ["10.8.0.2"], **lap},
        **nodes,
    }
    whole = {name: {"public_key": key(name), **node} for name, node in whole.items()}
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "topology": topology, "nodes": whole})


def found(planned):
    return [(finding.code, str(finding)) for finding in outside_findings(graph_of(planned))]


def dials(endpoint, prefix, peer="gate", hole="203.0.113.9/32"):
    return (
        "endpoint-in-allowed-ips",
        f"node lap: it dials {peer} at {endpoint}, which is inside {prefix} of what it sends to gate, so the tunnel's own packets would be "
        f"routed into the tunnel; add {hole} to its wireguard_excluded_ips",
    )


GATE = "203.0.113.9:51820"
TWO = {"endpoint": None, "endpoints": {"ipv4": "203.0.113.9", "ipv6": "2001:db8::9"}}
BOX = {"addresses": ["10.8.0.3"], "endpoint": "203.0.113.10"}


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        # All but the LAN: wg-quick has no rules for that.
        (network({"allowed_ips": ["0.0.0.0/0"], "excluded_ips": LAN}), [dials(GATE, "200.0.0.0/5")]),
        (network({"allowed_ips": ["203.0.113.0/24"]}), [dials(GATE, "203.0.113.0/24")]),
        (network({"allowed_ips": ["203.0.113.9/32"]}), [dials(GATE, "203.0.113.9/32")]),
        (network({"allowed_ips": ALL, "excluded_ips": LAN}), [dials(GATE, "200.0.0.0/5")]),
        (network({"allowed_ips": ALL, "excluded_ips": LAN}, gate=TWO), [dials(GATE, "200.0.0.0/5")]),
        (
            network({"allowed_ips": ALL, "excluded_ips": ["192.168.0.0/16", "fd00::/8"]}, gate=TWO),
            [dials(GATE, "200.0.0.0/5"), dials("[2001:db8::9]:51820", "::/1", hole="2001:db8::9/128")],
        ),
        # What makes it right.
        (network({"allowed_ips": ["0.0.0.0/0"], "excluded_ips": [*LAN, "203.0.113.9/32"]}), []),
        (network({"allowed_ips": ["0.0.0.0/0"], "excluded_ips": [*LAN, "203.0.113.0/24"]}), []),
        (network({"allowed_ips": ["203.0.113.0/24"], "excluded_ips": ["203.0.113.8/30"]}), []),
        # A prefix of length 0 is routed by rules, two halves of it are joined.
        (network({"allowed_ips": ALL}), []),
        (network({"allowed_ips": HALVES}), []),
        (network({"allowed_ips": ALL, "excluded_ips": ["fd00::/8"]}), []),
        (network({"allowed_ips": ["0.0.0.0/0"], "table": "main"}), [dials(GATE, "0.0.0.0/0")]),
        # Nothing routes, or the socket is elsewhere.
        (network({"allowed_ips": ["203.0.113.0/24"], "table": "off"}), []),
        (network({"allowed_ips": ["203.0.113.0/24"], "table": "7"}), []),
        (network({"allowed_ips": ["203.0.113.0/24"], "netns": "lab"}), []),
        (network({"allowed_ips": []}), []),
        # Endpoints on underlays that it does not use.
        (network({"allowed_ips": ["0.0.0.0/0"], "excluded_ips": LAN, "underlays": ["ipv6"]}, gate=TWO), []),
        (network({"allowed_ips": ["::/0"], "excluded_ips": ["fd00::/8"], "underlays": ["ipv4"]}, gate=TWO), []),
        # lan is dialled within a site only.
        (network({"allowed_ips": ["10.0.0.0/24"], "site": "x"}, gate={"site": "x", "site_endpoint": "10.0.0.1"}), [
            dials("10.0.0.1:51820", "10.0.0.0/24", hole="10.0.0.1/32")]),
        (network({"allowed_ips": ["10.0.0.0/24"], "site": "y"}, gate={"site": "x", "site_endpoint": "10.0.0.1"}), []),
        # All peers, not only the exit.
        (
            network({"allowed_ips": ["203.0.113.0/24"], "exit": "gate", "excluded_ips": ["203.0.113.9/32"]}, "mesh", box=BOX),
            [dials("203.0.113.10:51820", "203.0.113.10/31", "box", "203.0.113.10/32")],
        ),
        (network({"allowed_ips": ["203.0.113.0/24"], "exit": "gate", "excluded_ips": ["203.0.113.8/29"]}, "mesh", box=BOX), []),
    ],
)  # fmt: skip
def test_endpoints_inside(planned, expected):
    assert found(planned) == expected


NAMED = {"endpoint": "vpn.example.org"}
NOTE = (
    "endpoint-not-excluded",
    "node lap: it dials gate at vpn.example.org:51820, and sends most of the Internet to gate: if that contains the name's addresses, the "
    "tunnel's own packets would be routed into the tunnel; add these addresses to its wireguard_excluded_ips",
)


@pytest.mark.parametrize(
    ("lap", "expected"),
    [
        ({"allowed_ips": ["0.0.0.0/0"], "excluded_ips": LAN}, [NOTE]),
        ({"allowed_ips": ["0.0.0.0/1"]}, [NOTE]),
        ({"allowed_ips": ["2000::/3"], "excluded_ips": ["2001:db8::/32"]}, [NOTE]),
        ({"allowed_ips": ["203.0.113.0/24", "2000::/5"]}, []),
        ({"allowed_ips": ["0.0.0.0/2"]}, []),
        ({"allowed_ips": ALL}, []),
        ({"allowed_ips": ["0.0.0.0/1"], "managed": False}, []),
    ],
)
def test_endpoints_that_are_names(lap, expected):
    assert found(network(lap, gate=NAMED)) == expected


def test_a_client_decides_by_itself():
    """Its application keeps the tunnel's packets outside; a note is for those who use wg-quick."""
    planned = network({"managed": False, "allowed_ips": ["0.0.0.0/0"], "excluded_ips": LAN})
    assert found(planned) == [
        (
            "endpoint-not-excluded",
            "node lap: it dials gate at 203.0.113.9:51820, which is inside what it sends into the tunnel; WireGuard's applications for phones "
            "and desktops cope with that, but wg-quick does not; for wg-quick, add 203.0.113.9/32 to its excluded_ips",
        )
    ]


def managed_at(address, prefix):
    return (
        "management-in-tunnel",
        f"node lap: it is managed at {address}, but sends {prefix} to gate, and with that its answers to the controller, unless they are in "
        "one LAN; add the controller's address to its wireguard_excluded_ips",
    )


PUBLIC = {"management": "198.51.100.7", "allowed_ips": ["0.0.0.0/0"]}


@pytest.mark.parametrize(
    ("lap", "expected"),
    [
        (PUBLIC, [managed_at("198.51.100.7", "0.0.0.0/0")]),
        ({**PUBLIC, "management": "2001:db8::7", "allowed_ips": ALL}, [managed_at("2001:db8::7", "::/0")]),
        ({**PUBLIC, "allowed_ips": ["198.51.100.0/24"]}, [managed_at("198.51.100.7", "198.51.100.0/24")]),
        ({**PUBLIC, "excluded_ips": ["198.51.100.77/32", "203.0.113.9/32"]}, []),
        ({**PUBLIC, "allowed_ips": ["10.0.0.0/8"]}, []),
        ({**PUBLIC, "management": "192.168.1.7"}, []),
        ({**PUBLIC, "management": "10.8.0.2"}, []),
        ({**PUBLIC, "managed": False}, []),
        ({**PUBLIC, "table": "off"}, []),
        ({**PUBLIC, "management": None}, []),
    ],
)
def test_the_way_back_to_the_controller(lap, expected):
    assert found(network(lap)) == expected


def test_half_of_the_internet_as_routes_has_a_code_of_its_own():
    """An import can tell it from what never runs: wg-quick's users add a route for the endpoint."""
    planned = {
        "prefixes": ["10.9.0.0/24"],
        "nodes": {
            "h1": {"public_key": key("h1"), "addresses": ["10.9.0.2"]},
            "server": {
                "public_key": key("server"),
                "addresses": ["10.9.0.1"],
                "endpoint": "203.0.113.4",
                "routes": HALVES,
                "managed": False,
            },
        },
    }
    assert [finding.code for finding in lint([planned]) if finding.severity == "error"] == ["endpoint-in-route"]


prefixes = st.lists(
    st.builds(lambda ip, n: str(ipaddress.ip_network((ip, n), strict=False)), st.ip_addresses(v=4), st.integers(0, 32)),
    max_size=3,
)


@given(prefixes, prefixes, st.ip_addresses(v=4, network="203.0.113.0/24"))
def test_what_passes_leaves_a_way_to_every_endpoint(allowed, excluded, address):
    """As a routing table of the host would decide, which has rules for length 0 only."""
    lap = Node("lap", allowed_ips=tuple(allowed), excluded_ips=tuple(excluded))
    sent = [net for net in map(ipaddress.ip_network, outgoing(lap)) if net.prefixlen]
    planned = network({"allowed_ips": allowed, "excluded_ips": excluded}, gate={"endpoint": str(address)})
    refused = [code for code, _text in found(planned) if code == "endpoint-in-allowed-ips"]
    assert bool(refused) is any(address in net for net in sent)
