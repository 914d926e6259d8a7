# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import (
    LINK,
    InvalidInterfaceName,
    InvalidName,
    nft_table_of,
    parse_host,
    parse_identifier,
    parse_interface,
    parse_link,
    parse_name,
)

FORM = "is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . @ -, the first one of A-Z a-z 0-9 _"
OF_LINK = "is not a valid interface name; use 1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"
WORD = "has another meaning for wg, ip, systemd or Linux; choose another name"


@pytest.mark.parametrize("name", ["a", "_x", "0", "node-01.rack-7.eu-west-1.compute.example.com", "alice@phone", "n" * 253])
def test_names(name):
    assert parse_name(name, "x") == parse_host(name, "x") == name
    assert "@" in name or parse_identifier(name, "x") == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""), ("-x", "-x"), (".x", ".x"), ("@x", "@x"), ("a b", "a b"), (" a", " a"), ("a\n", "a\\n"), ("a/b", "a/b"),
        ('a"', 'a"'), ("a\\", "a\\"), ("a<b>", "a<b>"), ("zz\u2028AllowedIPs = 10.8.0.2/32", "zz\\u2028AllowedIPs = 10.8.0.2/32"),
        ("a\u202eb", "a\\u202eb"), ("\u00e4", "\u00e4"), ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"), ("n" * 254, "n" * 60),
        (None, "None"), (7, "7"), (["a"], "['a']"),
    ],
)  # fmt: skip
def test_refused_names(name, shown):
    for parse, form in ((parse_name, FORM), (parse_host, FORM), (parse_identifier, FORM.replace("@ ", ""))):
        with pytest.raises(InvalidName) as caught:
            parse(name, "node a.home")
        assert str(caught.value) == f"node a.home: '{shown}' {form}"


def test_hosts_are_also_called_by_their_addresses():
    assert [parse_host(text, "x") for text in ("192.0.2.1", "2001:db8::1")] == ["192.0.2.1", "2001:db8::1"]
    with pytest.raises(InvalidName):
        parse_host("fe80::1%eth0", "x")


@pytest.mark.parametrize("name", ["wg0", "w", "fifteen-letters", "wg.0", "_", "0x", "All", "alls", "mesh", "txt"])
def test_interfaces(name):
    assert parse_interface(name, "x") == parse_link(name, "x") == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((name, OF_LINK) for name in ("", "-x", "--help", ".", "..", ".x", "sixteen-letters-", "wg+0", "wg=0", "a b", "%i")),
        *((name, WORD) for name in ("all", "interfaces", "default", "lo", "123", "dev", "type", "t", "a", "link", "li", "help")),
    ],
)
def test_refused_interfaces(name, reason):
    with pytest.raises(InvalidInterfaceName) as caught:
        parse_interface(name, "network.interface")
    assert str(caught.value) == f"network.interface: '{name}' {reason}"
    assert reason == OF_LINK or parse_link(name, "x") == name


@pytest.mark.parametrize(
    ("interface", "table"),
    [
        ("wg0", "wg0"), ("wg_0", "wg_0"), ("wg-0", "wg_0_d7b1dd13b8709273"), ("wg.0", "wg_0_89f1e56a2cc88e4e"),
        ("wg0_containers", "wg0_cont_3c9d867954adb8bf"), ("isolation_wg0", "isolatio_3ed8d8246befca13"),
    ],
)  # fmt: skip
def test_tables(interface, table):
    assert nft_table_of(interface) == table


@given(st.from_regex(LINK, fullmatch=True), st.from_regex(LINK, fullmatch=True))
def test_different_interfaces_have_different_tables(one, other):
    def tables(interface):
        return {nft_table_of(interface), nft_table_of(interface) + "_containers", "isolation_" + nft_table_of(interface)}

    assert (tables(one) & tables(other) == set()) is (one != other)
    assert all(re.fullmatch("[A-Za-z0-9_]{1,40}", table) for table in tables(one))
