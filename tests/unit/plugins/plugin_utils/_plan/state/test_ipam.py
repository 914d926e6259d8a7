# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.ipam import assign, needs_addresses
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, merge


def network(prefixes, **addresses):
    nodes = {name: Node(name, addresses=tuple(given)) for name, given in sorted(addresses.items())}
    return Network(nodes=nodes, prefixes=tuple(prefixes))


@pytest.mark.parametrize(
    ("prefixes", "given_addresses", "remembered", "reserved", "expected"),
    [
        pytest.param(["10.8.0.0/24"], {"a": [], "b": []}, {}, [], {"a": ["10.8.0.1"], "b": ["10.8.0.2"]}, id="in order"),
        pytest.param(
            ["10.8.0.0/24", "fd00:8::/64"],
            {"a": [], "b": []},
            {},
            [],
            {"a": ["10.8.0.1", "fd00:8::1"], "b": ["10.8.0.2", "fd00:8::2"]},
            id="one in each prefix, not the anycast address",
        ),
        pytest.param(
            ["10.8.0.0/24"],
            {"a": [], "b": ["10.8.0.1"], "c": []},
            {},
            [],
            {"a": ["10.8.0.2"], "b": ["10.8.0.1"], "c": ["10.8.0.3"]},
            id="given addresses win",
        ),
        pytest.param(
            ["10.8.0.0/24", "fd00:8::/64"],
            {"a": ["fd00:8::77"], "b": ["10.8.0.77"]},
            {},
            [],
            {"a": ["fd00:8::77", "10.8.0.1"], "b": ["10.8.0.77", "fd00:8::1"]},
            id="what is missing is added",
        ),
        pytest.param(
            ["10.8.0.0/24"],
            {"a": [], "b": [], "c": []},
            {"c": ("10.8.0.1",), "b": ("10.8.0.200",)},
            [],
            {"a": ["10.8.0.2"], "b": ["10.8.0.200"], "c": ["10.8.0.1"]},
            id="remembered addresses stay",
        ),
        pytest.param(
            ["10.8.0.0/24"],
            {"a": [], "b": ["10.8.0.1"]},
            {"a": ("10.8.0.1", "10.9.0.1")},
            [],
            {"a": ["10.8.0.2"], "b": ["10.8.0.1"]},
            id="a remembered address that is given to another, or lies in no prefix any more",
        ),
        pytest.param(
            ["10.8.0.0/24"],
            {"a": []},
            {},
            ["10.8.0.1", "10.8.0.2"],
            {"a": ["10.8.0.3"]},
            id="addresses of removed nodes are not reused",
        ),
        pytest.param(["10.8.0.0/31"], {"a": [], "b": []}, {}, [], {"a": ["10.8.0.0"], "b": ["10.8.0.1"]}, id="/31"),
        pytest.param(["10.8.0.7/32"], {"a": []}, {}, [], {"a": ["10.8.0.7"]}, id="/32"),
        pytest.param(["10.8.0.0/30"], {"a": [], "b": []}, {}, [], {"a": ["10.8.0.1"], "b": ["10.8.0.2"]}, id="/30"),
        pytest.param(["fd00::/127"], {"a": [], "b": []}, {}, [], {"a": ["fd00::"], "b": ["fd00::1"]}, id="/127"),
        pytest.param(["fd00::7/128"], {"a": []}, {}, [], {"a": ["fd00::7"]}, id="/128"),
        pytest.param([], {"a": []}, {}, [], {"a": []}, id="no prefix, no address"),
    ],
)
def test_assign(prefixes, given_addresses, remembered, reserved, expected):
    found = assign(network(prefixes, **given_addresses), remembered, frozenset(reserved))
    assert {name: list(node.addresses) for name, node in found.nodes.items()} == expected


@pytest.mark.parametrize(
    ("prefix", "names", "reserved", "message"),
    [
        (
            "10.8.0.0/30",
            "abc",
            [],
            "network wireguard: prefix 10.8.0.0/30 has no free address for node c; widen the prefix or remove nodes",
        ),
        (
            "10.8.0.0/30",
            "ab",
            ["10.8.0.1"],
            "network wireguard: prefix 10.8.0.0/30 has no free address for node b; widen the prefix or remove nodes",
        ),
        (
            "fd00::7/128",
            "ab",
            [],
            "network wireguard: prefix fd00::7/128 has no free address for node b; widen the prefix or remove nodes",
        ),
    ],
)
def test_exhaustion_is_named(prefix, names, reserved, message):
    with pytest.raises(PlanError) as caught:
        assign(network([prefix], **{name: [] for name in names}), {}, frozenset(reserved))
    assert str(caught.value) == message


def test_who_needs_addresses():
    given_addresses = {"a": ["10.8.0.1"], "b": ["10.8.0.2", "fd00:8::2"], "c": []}
    assert needs_addresses(network(["10.8.0.0/24", "fd00:8::/64"], **given_addresses)) == ("a", "c")


names = st.sampled_from([f"n{number}" for number in range(12)])


@given(st.lists(st.tuples(st.sets(names, min_size=1), st.booleans()), min_size=1, max_size=8))
def test_no_assigned_address_ever_moves(runs):
    """Nodes come, go, are pruned and return; through the registry each keeps its addresses, and nobody gets another's."""
    registry, ever = Registry(), {}
    for members, prune in runs:
        inventory = network(["10.8.0.0/27", "fd00:8::/120"], **{name: [] for name in members})
        merged = merge(inventory, registry, {}, prune=prune, remember=True)
        registry = merged.registry
        for name, node in merged.network.nodes.items():
            assert len(node.addresses) == 2
            assert ever.setdefault(name, node.addresses) == node.addresses
        everyone = [address for addresses in ever.values() for address in addresses]
        assert len(set(everyone)) == len(everyone)
        assert not {"10.8.0.0", "10.8.0.31", "fd00:8::"} & set(everyone)


@pytest.mark.parametrize(
    ("prefix", "route", "address"),
    [
        ("10.8.0.0/24", "10.8.0.0/28", "10.8.0.16"),
        ("10.8.0.0/24", "10.8.0.0/24", "10.8.0.1"),
        ("10.8.0.0/24", "10.0.0.0/8", "10.8.0.1"),
        ("fd00:8::/64", "fd00:8::/80", "fd00:8:0:0:1::"),
    ],
)
def test_nothing_is_given_out_of_a_route_inside_the_prefix(prefix, route, address):
    nodes = {"a": Node("a"), "b": Node("b", routes=(route,))}
    given_out = assign(Network(nodes=nodes, prefixes=(prefix,)), {}, frozenset())
    assert given_out.nodes["a"].addresses == (address,)
