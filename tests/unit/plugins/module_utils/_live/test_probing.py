# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._live import probing
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.probing import probe
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

ADDRESSES = {"a": "10.8.0.2", "b": "10.8.0.3", "c": "fd00::4"}


@pytest.mark.parametrize(
    ("times", "silent", "asked", "expected"),
    [
        pytest.param(
            {"10.8.0.2": 0.01, "10.8.0.3": 0.02, "fd00::4": 0.03},
            [],
            None,
            {
                "a": {"answers": True, "round_trip": 0.01, "largest": None, "source": "10.8.0.1"},
                "b": {"answers": True, "round_trip": 0.02, "largest": None, "source": "10.8.0.1"},
                "c": {"answers": True, "round_trip": 0.03, "largest": None, "source": "10.8.0.1"},
            },
            id="all echo",
        ),
        pytest.param(
            {"10.8.0.2": 0.01, "10.8.0.3": None, "fd00::4": None},
            ["c"],
            {"b": "10.8.0.3", "c": "fd00::4"},
            {
                "a": {"answers": True, "round_trip": 0.01, "largest": None, "source": "10.8.0.1"},
                "b": {"answers": True, "round_trip": None, "largest": None, "source": "10.8.0.1"},
                "c": {"answers": False, "round_trip": None, "largest": None, "source": "10.8.0.1"},
            },
            id="a packet filter, and silence",
        ),
    ],
)
def test_wireguard_itself_answers_where_the_system_does_not(monkeypatch, times, silent, asked, expected):
    seen = []

    def silent_peers(_host, name, peers, patience):
        seen.append((name, {peer["public_key"]: peer["address"] for peer in peers}, patience))
        return silent

    monkeypatch.setattr(probing, "silent_peers", silent_peers)
    host = FakeHost({(sys.executable,): json.dumps({"times": times, "sources": dict.fromkeys(times, "10.8.0.1")})})
    assert probe(host, "wg0", ADDRESSES, patience=7) == expected
    assert seen == ([] if asked is None else [("wg0", asked, 7)])
    assert host.calls[0][:3] == [sys.executable, "-I", "-c"]


def test_the_largest_packets_that_are_answered():
    """One peer gets all, another one no packet of more than 1392 bytes."""

    def answer(stdin):
        asked = json.loads(stdin)
        size = asked.get("size", 8) + 28
        times = {to: 0.01 if to == "10.8.0.2" or size <= 1392 else None for to in asked["targets"]}
        return json.dumps({"times": times, "sources": {}})

    found = probe(FakeHost({(sys.executable,): answer}), "wg0", {"a": "10.8.0.2", "b": "10.8.0.3"}, 1420)
    assert {key: entry["largest"] for key, entry in found.items()} == {"a": 1420, "b": 1392}
