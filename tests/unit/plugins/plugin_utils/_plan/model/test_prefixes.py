# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.prefixes import (
    PrefixTable,
    aggregate,
    code,
    is_nested,
    text,
)
from ansible_collections.meshwork.wireguard.tests.unit.walking import Table, number_of

# In a small world, so that prefixes meet: 16 addresses of IPv4 and of IPv6 each.
FIRST = {4: ipaddress.IPv4Address("10.0.0.0"), 6: ipaddress.IPv6Address("fd00::")}


def _small(version, cut, number):
    first = FIRST[version]
    return str(ipaddress.ip_network(f"{first + number}/{first.max_prefixlen - cut}", strict=False))


small = st.builds(_small, st.sampled_from([4, 6]), st.integers(0, 4), st.integers(0, 15))
tables = st.dictionaries(small, st.sampled_from(["a", "b", "c", None]), max_size=14)
WORLD = [number_of(str(ipaddress.ip_address(first) + i))[:2] for first in ("10.0.0.0", "fd00::") for i in range(16)]


def aggregated(table):
    return {text(coded): owner for coded, owner in aggregate({code(p): o for p, o in table.items()}, None).items()}


def meaning(table):
    whole = Table([(prefix, owner or "own") for prefix, owner in table.items()])
    return [whole.match(*address) for address in WORLD]


@given(tables)
def test_the_meaning_stays(table):
    assert meaning(aggregated(table)) == meaning(table)


@given(tables)
def test_no_prefix_is_left_that_is_not_needed(table):
    found = aggregated(table)
    for prefix, owner in found.items():
        others = {p: o for p, o in found.items() if p != prefix}
        assert owner is None or meaning(others) != meaning(found), prefix


@given(tables)
def test_own_prefixes_stay(table):
    own = {prefix for prefix, owner in table.items() if owner is None}
    found = {prefix for prefix, owner in aggregated(table).items() if owner is None}
    assert found <= own


@given(tables)
def test_it_is_done_in_one_go(table):
    assert aggregated(aggregated(table)) == aggregated(table)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, {}),
        ({"10.0.0.2/32": "a", "10.0.0.3/32": "a"}, {"10.0.0.2/31": "a"}),
        ({"10.0.0.1/32": "a", "10.0.0.2/32": "a"}, {"10.0.0.1/32": "a", "10.0.0.2/32": "a"}),
        ({"10.0.0.2/32": "a", "10.0.0.3/32": "b"}, {"10.0.0.2/32": "a", "10.0.0.3/32": "b"}),
        ({f"10.0.0.{i}/32": "a" for i in range(16)}, {"10.0.0.0/28": "a"}),
        ({"10.0.0.0/24": "a", "10.0.0.5/32": "a"}, {"10.0.0.0/24": "a"}),
        ({"10.0.0.0/24": "a", "10.0.0.5/32": "b"}, {"10.0.0.0/24": "a", "10.0.0.5/32": "b"}),
        ({"0.0.0.0/0": "a", "::/0": "a"}, {"0.0.0.0/0": "a", "::/0": "a"}),
        # The halves are b's: what was a's there is reached by nobody.
        ({"10.0.0.0/24": "a", "10.0.0.0/25": "b", "10.0.0.128/25": "b"}, {"10.0.0.0/24": "b"}),
        # Joined, the halves would be as long as the node's own.
        (
            {"10.0.0.0/24": None, "10.0.0.0/25": "b", "10.0.0.128/25": "b"},
            {"10.0.0.0/24": None, "10.0.0.0/25": "b", "10.0.0.128/25": "b"},
        ),
    ],
)
def test_aggregate(table, expected):
    assert aggregated(table) == expected


@given(st.sets(small))
def test_nested_agrees_with_ipaddress(prefixes):
    found = [ipaddress.ip_network(prefix) for prefix in prefixes]
    expected = any(a != b and a.version == b.version and a.subnet_of(b) for a in found for b in found)
    assert is_nested(map(code, prefixes)) is expected


@given(small)
def test_code_round_trip(prefix):
    assert text(code(prefix)) == prefix


def test_table():
    table = PrefixTable([("10.0.0.0/8", "a"), ("10.1.0.0/16", "b"), ("10.1.2.3/32", "c"), ("::/0", "d"), ("10.0.0.0/8", "x")])
    assert list(table.holding("10.1.2.3")) == [("10.1.2.3/32", "c"), ("10.1.0.0/16", "b"), ("10.0.0.0/8", "a")]
    assert table.longest("10.1.2.0/24") == ("10.1.0.0/16", "b")
    assert table.longest("10.0.0.0/7") is None
    assert table.longest("fe80::1") == ("::/0", "d")
    assert table.longest("vpn.example.org") is None
