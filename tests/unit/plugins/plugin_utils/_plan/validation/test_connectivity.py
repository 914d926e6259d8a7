# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import Finding
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.validation.connectivity import unreachable_pairs
from ansible_collections.meshwork.wireguard.tests.unit.graphs import graph_from, graphs, reachable


@given(graphs(most=9) | graphs(most=9, sparse=False))
def test_agrees_with_brute_force(graph):
    names = set(graph.network.nodes)
    expected = all(reachable(graph, name) == names - {name} for name in names)
    assert (not list(unreachable_pairs(graph))) is expected


@given(graphs(most=9))
def test_the_pairs_that_are_named_have_no_path(graph):
    for finding in unreachable_pairs(graph):
        first, second = finding.what.partition(" cannot ")[0][len("nodes ") :].split(" and ")
        assert second not in reachable(graph, first)


def no_path(pair):
    return Finding(
        "unreachable",
        tuple(pair),
        f"nodes {pair[0]} and {pair[1]} cannot reach each other: no path of links connects them",
        "give one of them an endpoint (wireguard_endpoint), or link both to a forwarding node (wireguard_forward: true)",
    )


def silent(pair, between):
    a, b = pair
    return Finding(
        "forwarding-off",
        tuple(sorted(pair + between)),
        f"nodes {a} and {b} cannot reach each other: {' and '.join(between)} between them does not forward",
        f"let it forward (wireguard_forward: true on {', '.join(between)}), or give {a} or {b} an endpoint that the other can "
        "dial (wireguard_endpoint)",
    )


@pytest.mark.parametrize(
    ("names", "links", "forwarders", "expected"),
    [
        ("ab", [], "", [no_path("ab")]),
        ("abc", ["ab", "ac"], "", [silent("bc", "a")]),
        ("abc", ["ab", "ac"], "b", [silent("bc", "a")]),
        ("abcd", ["ab", "cd"], "abcd", [no_path("ac")]),
        ("abcd", ["ab", "bc", "cd"], "b", [silent("ad", "c")]),
        ("abcd", ["ab", "bc", "cd"], "", [silent("ac", "b")]),
        ("", [], "", []),
        ("a", [], "", []),
        ("ab", ["ab"], "", []),
        ("abc", ["ab", "ac"], "a", []),
        ("abcd", ["ab", "bc", "cd"], "bc", []),
    ],
)
def test_findings(names, links, forwarders, expected):
    assert list(unreachable_pairs(graph_from(names, links, forwarders))) == expected
