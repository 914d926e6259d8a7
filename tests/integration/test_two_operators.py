# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people apply two halves of one inventory at the same moment."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

HOSTS = ("alpha", "beta", "gamma", "delta")
HALVES = ("alpha:gamma", "beta:delta")


@pytest.fixture(scope="module")
def fleet(make_fleet):
    return make_fleet(dict.fromkeys(HOSTS))


def at_once(fleet):
    """Both runs, begun together."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda half: fleet.play("--limit", half), HALVES))


@pytest.mark.long
def test_on_a_fresh_fleet_no_entry_is_lost_and_one_more_run_completes_it(fleet):
    for run, half in zip(at_once(fleet), HALVES, strict=True):
        assert (run.status, run.changed()) == (0, set(half.split(":"))), run.output

    entries = json.loads(fleet.registry.read_text(encoding="utf-8"))["nodes"]
    keys = {name: fleet.run(name, "wg", "show", "wg0", "public-key").strip() for name in HOSTS}
    assert {name: entry["public_key"] for name, entry in entries.items()} == keys
    addresses = [address for entry in entries.values() for address in entry["addresses"]]
    assert len(set(addresses)) == len(addresses) == 2 * len(HOSTS)
    for half in HALVES:
        for name in half.split(":"):
            live = fleet.run(name, "ip", "-o", "address", "show", "dev", "wg0")
            assert [address for address in entries[name]["addresses"] if f" {address}/" not in live] == []

    last = fleet.play()
    assert last.status == 0, last.output
    assert {name: fleet.peers(name) for name in HOSTS} == {name: sorted(set(HOSTS) - {name}) for name in HOSTS}
    assert fleet.unreachable_pairs(HOSTS) == []


@pytest.mark.long
def test_on_a_known_fleet_both_find_nothing_to_do(fleet):
    before = fleet.registry.read_bytes()
    for run, half in zip(at_once(fleet), HALVES, strict=True):
        assert (run.status, set(run.recap), run.changed()) == (0, set(half.split(":")), set()), run.output
    assert fleet.registry.read_bytes() == before
    assert {path.name for path in fleet.registry.parent.iterdir()} == {".lock", fleet.registry.name}
