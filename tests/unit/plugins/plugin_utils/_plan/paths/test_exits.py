# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import lint
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.peers import peers_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.paths.exits import outgoing
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ALL = ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(
    ("allowed", "excluded", "found"),
    [
        ((), (), ()),
        (ALL, (), ALL),
        (ALL, ALL, ()),
        (("10.0.0.0/8",), ("10.0.0.0/9",), ("10.128.0.0/9",)),
        (("10.0.0.0/9", "10.128.0.0/9"), (), ("10.0.0.0/8",)),
        (("10.1.0.0/16",), ("10.0.0.0/8",), ()),
        (("10.1.0.0/16",), ("192.168.0.0/16", "::/0"), ("10.1.0.0/16",)),
        (
            ("0.0.0.0/0",),
            ("192.168.0.0/16",),
            (
                "0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/9", "192.128.0.0/11", "192.160.0.0/13", "192.169.0.0/16", "192.170.0.0/15",
                "192.172.0.0/14", "192.176.0.0/12", "192.192.0.0/10", "193.0.0.0/8", "194.0.0.0/7", "196.0.0.0/6", "200.0.0.0/5",
                "208.0.0.0/4", "224.0.0.0/3",
            ),
        ),
    ],
)  # fmt: skip
def test_outgoing(allowed, excluded, found):
    assert outgoing(Node("phone", allowed_ips=allowed, excluded_ips=excluded)) == found


_prefixes = st.lists(
    st.builds(lambda ip, n: str(ipaddress.ip_network((ip, n), strict=False)), st.ip_addresses(v=4), st.integers(0, 32)),
    max_size=4,
)


@given(_prefixes, _prefixes, st.ip_addresses(v=4))
def test_an_address_goes_out_if_it_is_allowed_and_not_excluded(allowed, excluded, address):
    def inside(prefixes):
        return any(address in ipaddress.ip_network(prefix) for prefix in prefixes)

    found = outgoing(Node("phone", allowed_ips=tuple(allowed), excluded_ips=tuple(excluded)))
    assert inside(found) == (inside(allowed) and not inside(excluded))


def network(phone, topology="star", **nodes):
    return {
        "prefixes": ["10.8.0.0/24"],
        "topology": topology,
        "nodes": {
            "hub": {"public_key": key("hub"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True},
            "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.2"], "endpoint": "203.0.113.2"},
            "phone": {"public_key": key("phone"), "addresses": ["10.8.0.9"], "managed": False, **phone},
            **nodes,
        },
    }


def allowed(document, name="phone"):
    return {peer.name: peer.allowed_ips for peer in peers_of(network_from_dict(document), name)}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (network({}), {"hub": ("10.8.0.0/24",)}),
        (network({"allowed_ips": list(ALL)}), {"hub": ("0.0.0.0/0", "10.8.0.0/24", "::/0")}),
        (network({"allowed_ips": ["10.8.0.0/16"], "excluded_ips": ["10.8.0.0/17"]}), {"hub": ("10.8.0.0/24", "10.8.128.0/17")}),
        (
            network({"allowed_ips": ["0.0.0.0/0", "10.8.0.2/32"], "exit": "hub"}, "mesh"),
            {"alpha": ("10.8.0.2/32",), "hub": ("0.0.0.0/0", "10.8.0.1/32")},
        ),
    ],
)
def test_allowed_ips(document, found):
    assert allowed(document) == found
    assert allowed(document, "hub")["phone"] == ("10.8.0.9/32",)
    assert [finding.code for finding in lint([document]) if finding.code != "no-effect"] == ["no-endpoint"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            network({"allowed_ips": ["0.0.0.0/0"]}, "custom", hub={}, alpha={}),
            "node phone: its allowed_ips need an exit, one of its peers (none); set wireguard_exit to one of them",
        ),
        (
            network({"excluded_ips": ["10.0.0.0/8"]}),
            (
                "node phone: has excluded_ips, but no allowed_ips to exclude them from; set wireguard_allowed_ips; "
                "['0.0.0.0/0', '::/0'] means all traffic"
            ),
        ),
    ],
)
def test_what_is_not_clear(document, message):
    assert message in [str(finding) for finding in lint([document])]
