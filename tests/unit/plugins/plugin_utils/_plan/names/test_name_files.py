# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import dns.rdatatype
import dns.reversename
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.names.name_files import (
    hosts_text,
    name_files,
    zone_names,
    zone_text,
)


def network(prefixes, nodes, **more):
    return network_from_dict({"prefixes": prefixes, "nodes": {name: {"addresses": at} for name, at in nodes.items()}, **more})


BOTH = network(["10.8.0.0/24", "fd00:8::/64"], {"alpha": ["10.8.0.10", "fd00:8::1"], "beta": ["10.8.0.9", "fd00:8::2"]})


def test_hosts():
    assert hosts_text(BOTH) == (
        "# Made by meshwork.wireguard from the plan of a network.\n"
        "10.8.0.9 beta.wireguard.internal\n"
        "10.8.0.10 alpha.wireguard.internal\n"
        "fd00:8::1 alpha.wireguard.internal\n"
        "fd00:8::2 beta.wireguard.internal\n"
    )


def test_zone():
    assert zone_text(BOTH, serial=7) == (
        "; Made by meshwork.wireguard from the plan of a network.\n"
        "$ORIGIN wireguard.internal.\n"
        "$TTL 300\n"
        "@ SOA localhost. nobody.invalid. 7 3600 600 604800 300\n"
        "@ NS localhost.\n"
        "alpha A 10.8.0.10\n"
        "alpha AAAA fd00:8::1\n"
        "beta A 10.8.0.9\n"
        "beta AAAA fd00:8::2\n"
    )


@pytest.mark.parametrize(
    ("prefix", "addresses", "zones"),
    [
        ("10.0.0.0/8", ["10.1.2.3", "10.9.9.9"], ["10.in-addr.arpa"]),
        ("10.0.0.0/12", ["10.1.2.3", "10.1.9.9", "10.15.0.1"], ["1.10.in-addr.arpa", "15.10.in-addr.arpa"]),
        ("10.8.0.0/24", ["10.8.0.1"], ["0.8.10.in-addr.arpa"]),
        ("10.8.0.128/25", ["10.8.0.129"], ["0.8.10.in-addr.arpa"]),
        ("10.8.0.1/32", ["10.8.0.1"], ["0.8.10.in-addr.arpa"]),
        ("fd00:8::/64", ["fd00:8::1"], ["0.0.0.0.0.0.0.0.8.0.0.0.0.0.d.f.ip6.arpa"]),
        ("fc00::/7", ["fd00::1"], ["d.f.ip6.arpa"]),
        ("fd00:8::1/128", ["fd00:8::1"], [".".join("0" * 23) + ".8.0.0.0.0.0.d.f.ip6.arpa"]),
    ],
)
def test_reverse_zones(prefix, addresses, zones):
    nodes = {f"n{number}": [address] for number, address in enumerate(addresses)}
    assert zone_names(network([prefix], nodes))[1:] == zones


@given(
    prefix=st.one_of(
        st.tuples(st.ip_addresses(v=4), st.integers(8, 30)), st.tuples(st.ip_addresses(v=6), st.integers(8, 126))
    ).map(lambda drawn: ipaddress.ip_network(drawn, strict=False)),
    data=st.data(),
)
def test_servers_read_every_name_back_in_both_directions(prefix, data):
    low, high = int(prefix.network_address) + 1, int(prefix.broadcast_address) - 1
    kind = type(prefix.network_address)
    drawn = data.draw(st.lists(st.integers(low, high), min_size=1, max_size=5, unique=True))
    nodes = {f"n{number}.site": [str(kind(value))] for number, value in enumerate(drawn)}
    net = network([str(prefix)], nodes)
    forward, reverse = {}, {}
    for zone in zone_names(net):
        read = dns.zone.from_text(zone_text(net, zone), origin=zone)
        for name, _ttl, record in read.iterate_rdatas():
            if record.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                forward[str(name.derelativize(read.origin))] = str(ipaddress.ip_address(record.address))
            elif record.rdtype == dns.rdatatype.PTR:
                address = ipaddress.ip_address(dns.reversename.to_address(name.derelativize(read.origin)))
                reverse[str(address)] = str(record.target.derelativize(read.origin))
    expected = {f"n{number}.wireguard.internal.": str(kind(value)) for number, value in enumerate(drawn)}
    assert (forward, reverse) == (expected, {address: name for name, address in expected.items()})


def test_files():
    assert [name for name, _text in name_files(BOTH)] == [
        "hosts",
        "wireguard.internal.zone",
        "0.0.0.0.0.0.0.0.8.0.0.0.0.0.d.f.ip6.arpa.zone",
        "0.8.10.in-addr.arpa.zone",
    ]


def test_a_network_without_a_domain_has_no_files():
    assert [*name_files(network(["10.8.0.0/24"], {"a": ["10.8.0.1"]}, name="my_net"))] == []
