# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Known, due, memory_in, memory_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MeasuredInterface,
    MeasuredPeer,
    MetricsSettings,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

KNOWN = Known("203.0.113.2:51820", 3, 1700000000.5, True, 0.025)
MEMORY = {("office", "beta"): KNOWN, ("office", "gamma"): Known(), ("lab", "beta"): Known("[2001:db8::1]:7", 0, 1.0, False)}


def test_round_trip():
    assert memory_in(memory_text(MEMORY)) == MEMORY
    assert memory_in(None) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"office": []}',
        '{"a b": {"beta": {}}}',
        '{"office": {"a b": {}}}',
        *(
            json.dumps({"office": {"beta": entry}})
            for entry in (
                1,
                {"endpoint": "x"},
                {"endpoint": 7},
                {"changes": -1},
                {"changes": 1.5},
                {"changes": True},
                {"changes": 2**60},
                {"probed": "now"},
                {"answers": 1},
                {"round_trip": -0.1},
                {"round_trip": float("nan")},
                {"probed": float("inf")},
                {"other": 1},
            )
        ),
    ],
)
def test_what_is_damaged_is_refused(text):
    assert outcome(memory_in, text).startswith("refused: ")


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (None, KNOWN),
        ("203.0.113.2:51820", KNOWN),
        ("203.0.113.3:51820", Known("203.0.113.3:51820", 4, 1700000000.5, True, 0.025)),
    ],
)
def test_changes_of_the_endpoint_are_counted(endpoint, expected):
    assert KNOWN.at(endpoint) == expected


def test_the_first_endpoint_is_no_change():
    assert Known().at("203.0.113.2:51820") == Known("203.0.113.2:51820", 0)


def settings(*names):
    peers = {name: MeasuredPeer((key(name),), f"10.8.0.{number}") for number, name in enumerate(names, 2)}
    return MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0", False, peers)})


def test_whoever_has_waited_longest_is_next():
    asked, memory = settings("b", "c", "d", "e", "f"), {}
    rounds = []
    for now in (10.0, 20.0, 30.0, 40.0, 50.0):
        addresses = due(asked, memory, 2)["wg0"].values()
        rounds.append(sorted(addresses))
        memory |= {
            ("office", name): Known(probed=now)
            for name, peer in asked.interfaces["wg0"].peers.items()
            if peer.address in addresses
        }
    assert rounds == [
        ["10.8.0.2", "10.8.0.3"],
        ["10.8.0.4", "10.8.0.5"],
        ["10.8.0.2", "10.8.0.6"],
        ["10.8.0.3", "10.8.0.4"],
        ["10.8.0.2", "10.8.0.5"],
    ]


def test_both_keys_of_a_node_and_nobody_without_an_address():
    peers = {"beta": MeasuredPeer((key("beta"), key("next")), "10.8.0.2"), "phone": MeasuredPeer((key("phone"),))}
    asked = MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0", False, peers)})
    assert due(asked, {}, 10) == {"wg0": {key("beta"): "10.8.0.2", key("next"): "10.8.0.2"}}
    assert due(asked, {}, 0) == {}
