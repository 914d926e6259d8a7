# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import (
    Endpoint,
    covers,
    parse_address,
    parse_endpoint,
    parse_port,
    parse_prefix,
    sort_prefixes,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

WHAT = "node beta"
FORM = "(host:port, IPv6 as [address]:port)"
BRACKETS = "write an IPv6 endpoint as [address]:port"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0),
        (51820, 51820),
        ("51820", 51820),
        ("65535", 65535),
        ("65536", "refused: node beta: '65536' is not a port (0 to 65535)"),
        ("-1", "refused: node beta: '-1' is not a port (0 to 65535)"),
        ("", "refused: node beta: '' is not a port (0 to 65535)"),
        ("80 ", "refused: node beta: '80 ' is not a port (0 to 65535)"),
        ("\u0665", "refused: node beta: '\u0665' is not a port (0 to 65535)"),
        (True, "refused: node beta: 'True' is not a port (0 to 65535)"),
        (1.5, "refused: node beta: '1.5' is not a port (0 to 65535)"),
        (None, "refused: node beta: 'None' is not a port (0 to 65535)"),
    ],
)
def test_port(text, expected):
    assert outcome(parse_port, text, WHAT) == expected


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("203.0.113.1:51820", None, Endpoint("203.0.113.1", 51820)),
        ("  203.0.113.1:51820\n", None, Endpoint("203.0.113.1", 51820)),
        ("203.0.113.1", 51820, Endpoint("203.0.113.1", 51820)),
        ("203.0.113.1:1", 51820, Endpoint("203.0.113.1", 1)),
        ("[2001:DB8:0::1]:51820", None, Endpoint("2001:db8::1", 51820)),
        ("[2001:db8::1]", 51820, Endpoint("2001:db8::1", 51820)),
        ("2001:db8::1", 51820, Endpoint("2001:db8::1", 51820)),
        ("[fe80::1%eth0]:51820", None, Endpoint("fe80::1%eth0", 51820)),
        ("fe80::1%eth0", 51820, Endpoint("fe80::1%eth0", 51820)),
        ("vpn.example.org:51820", None, Endpoint("vpn.example.org", 51820)),
        ("vpn.example.org.:51820", None, Endpoint("vpn.example.org.", 51820)),
        ("vpn", 51820, Endpoint("vpn", 51820)),
        ("my_host-2:51820", None, Endpoint("my_host-2", 51820)),
        ("vpn.example.org", None, "refused: node beta: 'vpn.example.org' has no port; write host:port"),
        ("vpn.example.org:", None, "refused: node beta: 'vpn.example.org:' has no port; write host:port"),
        ("203.0.113.1", None, "refused: node beta: '203.0.113.1' has no port; write host:port"),
        ("2001:db8::1", None, "refused: node beta: '2001:db8::1' has no port; write [2001:db8::1]:port"),
        ("[2001:db8::1]", None, "refused: node beta: '[2001:db8::1]' has no port; write host:port"),
        ("203.0.113.1:0", None, "refused: node beta: '203.0.113.1:0': port 0 cannot be dialled"),
        ("203.0.113.1:70000", None, "refused: node beta: '70000' is not a port (0 to 65535)"),
        ("203.0.113.1:x", None, "refused: node beta: 'x' is not a port (0 to 65535)"),
        (
            "2001:db8::1:2:3:4:5:6:51820",
            51820,
            f"refused: node beta: '2001:db8::1:2:3:4:5:6:51820' is not an endpoint {FORM}",
        ),
        # with one digit less it would be an address
        ("2001:db8::1:51820", None, "refused: node beta: '2001:db8::1:51820' is not an endpoint; write [2001:db8::1]:51820"),
        ("[203.0.113.1]:1", None, f"refused: node beta: '[203.0.113.1]:1' is not an endpoint; {BRACKETS}"),
        ("[2001:db8::1", 1, f"refused: node beta: '[2001:db8::1' is not an endpoint; {BRACKETS}"),
        ("[2001:db8::1]51820", 1, f"refused: node beta: '[2001:db8::1]51820' is not an endpoint; {BRACKETS}"),
        ("203.0.113.256:1", None, f"refused: node beta: '203.0.113.256:1' is not an endpoint {FORM}"),
        ("1.2.3:1", None, f"refused: node beta: '1.2.3:1' is not an endpoint {FORM}"),
        ("", 51820, f"refused: node beta: '' is not an endpoint {FORM}"),
        (":51820", None, f"refused: node beta: ':51820' is not an endpoint {FORM}"),
        ("-x:51820", None, f"refused: node beta: '-x:51820' is not an endpoint {FORM}"),
        ("a b:51820", None, f"refused: node beta: 'a b:51820' is not an endpoint {FORM}"),
        ("a..b:51820", None, f"refused: node beta: 'a..b:51820' is not an endpoint {FORM}"),
        ("https://vpn:1", None, f"refused: node beta: 'https://vpn:1' is not an endpoint {FORM}"),
    ],
)
def test_endpoint(text, default, expected):
    assert outcome(parse_endpoint, text, WHAT, default) == expected


@given(
    st.one_of(st.ip_addresses().map(str), st.sampled_from(["vpn.example.org", "hub", "fe80::1%eth0"])),
    st.integers(1, 65535),
)
def test_endpoint_reads_what_it_writes(host, port):
    endpoint = Endpoint(host, port)
    assert parse_endpoint(str(endpoint), WHAT) == endpoint
    assert ("[" in str(endpoint)) == (":" in host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("vpn.example.org", True), ("203.0.113.1", False), ("2001:db8::1", False), ("fe80::1%eth0", False)],
)
def test_is_name(host, expected):
    assert Endpoint(host, 1).is_name is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.8.0.1/24", "10.8.0.1/24"),
        (" 10.8.0.1/255.255.255.0 ", "10.8.0.1/24"),
        ("10.8.0.1", "10.8.0.1/32"),
        ("FD00:8:0::1/64", "fd00:8::1/64"),
        ("fd00:8::1", "fd00:8::1/128"),
        ("10.8.0.1/33", "refused: node beta: '10.8.0.1/33' is not an address"),
        ("010.8.0.1/24", "refused: node beta: '010.8.0.1/24' is not an address"),
        ("alpha", "refused: node beta: 'alpha' is not an address"),
        ("", "refused: node beta: '' is not an address"),
    ],
)
def test_address(text, expected):
    assert outcome(parse_address, text, WHAT) == expected


@pytest.mark.parametrize(
    ("text", "strict", "expected"),
    [
        ("10.8.0.0/24", True, "10.8.0.0/24"),
        ("10.8.0.7", True, "10.8.0.7/32"),
        ("10.8.0.7/24", False, "10.8.0.0/24"),
        ("10.8.0.7/24", True, "refused: node beta: '10.8.0.7/24' has host bits set; write 10.8.0.0/24"),
        ("FD00:8::7/64", False, "fd00:8::/64"),
        ("fd00:8::7/64", True, "refused: node beta: 'fd00:8::7/64' has host bits set; write fd00:8::/64"),
        ("fd00:8::7", True, "fd00:8::7/128"),
        ("0.0.0.0/0", True, "0.0.0.0/0"),
        ("::/0", True, "::/0"),
        ("10.8.0.0/24/24", False, "refused: node beta: '10.8.0.0/24/24' is not a prefix"),
        ("all", False, "refused: node beta: 'all' is not a prefix"),
    ],
)
def test_prefix(text, strict, expected):
    assert outcome(parse_prefix, text, WHAT, strict) == expected


def test_sorted_by_version_number_and_length():
    mixed = ["fd00::/8", "10.10.0.0/16", "9.0.0.0/8", "10.8.0.2/32", "10.8.0.0/16", "10.8.0.10/32", "9.0.0.0/8", "::/0"]
    expected = ("9.0.0.0/8", "10.8.0.0/16", "10.8.0.2/32", "10.8.0.10/32", "10.10.0.0/16", "::/0", "fd00::/8")
    assert sort_prefixes(mixed) == expected
    assert sort_prefixes([]) == ()


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("10.0.0.0/8", "10.8.0.0/24", True),
        ("10.8.0.0/24", "10.8.0.0/24", True),
        ("10.8.0.0/24", "10.0.0.0/8", False),
        ("10.8.0.0/24", "10.8.1.0/32", False),
        ("0.0.0.0/0", "fd00::/8", False),
        ("::/0", "fd00::/8", True),
    ],
)
def test_covers(outer, inner, expected):
    assert covers(outer, inner) is expected
