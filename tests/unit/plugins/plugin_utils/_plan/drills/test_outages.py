# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.drills.outages import missed, outages


def entry(fault, phase, *outages):
    return {
        "fault": fault,
        "phase": phase,
        "outages": {f"h{index}": {"10.8.0.9": outage} for index, outage in enumerate(outages)},
    }


MEASURED = [
    entry("killed", "gone", 0.1, 0.41), entry("killed", "back", 0.05, 0.06),
    entry("killed", "gone", 0.33, 0.2), entry("killed", "back", 0.07, 0.05),
    entry("killed", "gone", 0.35, 0.3), entry("killed", "back", 0.05, 0.055),
    entry("link_down", "gone", 1.5, 0.1),
]  # fmt: skip


def test_median_and_worst_of_the_longest_outage_of_each_round():
    found = outages(MEASURED)
    assert found["faults"] == {
        "killed": {
            "gone": {"rounds": 3, "median": 0.35, "worst": 0.41, "between": "h1 - 10.8.0.9"},
            "back": {"rounds": 3, "median": 0.06, "worst": 0.07, "between": "h0 - 10.8.0.9"},
        },
        "link_down": {"gone": {"rounds": 1, "median": 1.5, "worst": 1.5, "between": "h0 - 10.8.0.9"}},
    }
    assert found["text"] == (
        "longest outage, seconds  rounds  gone: median  worst  back: median  worst  worst between\n"
        "killed                   3       0.35          0.41   0.06          0.07   h1 - 10.8.0.9\n"
        "link down                1       1.50          1.50   -             -      h0 - 10.8.0.9"
    )
    assert outages([]) == {
        "faults": {},
        "text": "longest outage, seconds  rounds  gone: median  worst  back: median  worst  worst between",
    }


def test_outages_longer_than_the_aims():
    faults = outages(MEASURED)["faults"]
    assert missed(faults, {}) == []
    assert missed(faults, {"median": 0.4, "worst": 2}) == ["link_down, gone: median 1.5 s, aim 0.4 s (h0 - 10.8.0.9)"]
    slow = outages([entry("killed", "gone", 0.4), entry("killed", "back", 0.9)])["faults"]
    assert missed(slow, {"worst": 1}) == ["killed: the hub's return costs 0.9 s, more than its loss, 0.4 s"]
