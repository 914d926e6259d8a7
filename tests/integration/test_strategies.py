# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run is enough for a fresh fleet, in whatever order its hosts are visited."""

from __future__ import annotations

import pytest

HOSTS = ("alpha", "beta", "gamma")


@pytest.mark.parametrize(
    ("words", "environment"),
    [(("-e", "wireguard_serial=1"), {}), pytest.param((), {"ANSIBLE_STRATEGY": "free"}, marks=pytest.mark.long)],
    ids=["serial 1", "free"],
)
def test_one_run_meshes_a_fresh_fleet(make_fleet, words, environment):
    fleet = make_fleet(dict.fromkeys(HOSTS))
    run = fleet.play(*words, environment=environment)
    assert run.status == 0, run.output
    assert {host: fleet.peers(host) for host in HOSTS} == {host: sorted(set(HOSTS) - {host}) for host in HOSTS}
    assert fleet.unreachable_pairs(HOSTS) == []
    again = fleet.play(*words, environment=environment)
    assert (again.status, again.changed()) == (0, set()), again.output
